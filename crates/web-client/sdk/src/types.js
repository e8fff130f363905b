// The shapes of the API under short names, from the types that are generated from its description.

/** @typedef {import("../types/openapi.js").components["schemas"]} Schemas */
/** @typedef {Schemas["Account"]} Account */
/** @typedef {Schemas["AuditEvent"]} AuditEvent */
/** @typedef {Schemas["File"]} FileInfo */
/** @typedef {Schemas["Invitation"]} Invitation */
/** @typedef {Schemas["Member"]} Member */
/** @typedef {Schemas["Membership"]} Membership */
/** @typedef {Schemas["Message"]} Message */
/** @typedef {Schemas["MessageVersion"]} MessageVersion */
/** @typedef {Schemas["PresentUser"]} PresentUser */
/** @typedef {Schemas["Profile"]} Profile */
/** @typedef {Schemas["Reader"]} Reader */
/** @typedef {Schemas["Role"]} Role */
/** @typedef {Schemas["Room"]} Room */
/** @typedef {Schemas["RoomSummary"]} RoomSummary */
/** @typedef {Schemas["UserRef"]} UserRef */
/** @typedef {Schemas["PageInfo"]} PageInfo */
/** @typedef {Schemas["CursorInfo"]} CursorInfo */
/** @typedef {Schemas["SubscriptionEvent"] | Schemas["RoomEvent"]} LiveEvent An event of the socket. */
/** @typedef {Schemas["Change"]} Change An event that lasts. */

/**
 * @template Item, Info
 * @typedef {{data: Item[], pagination: Info}} Page A page of a list.
 */

/**
 * @typedef {object} Draft A message to send: a text, or a file with an optional caption.
 * @property {string} [content]
 * @property {"text" | "file" | "image"} [type] By default `text`.
 * @property {string} [fileId] The id of an uploaded file.
 * @property {string} [replyTo] The id of the message that it answers.
 * @property {string} [threadId] The id of the first message of its thread.
 * @property {Record<string, unknown>} [metadata]
 * @property {string} [clientId] The key under which repeats are the same message; made up where it is absent.
 */

export {};
