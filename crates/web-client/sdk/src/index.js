// Everything that the package offers.

/** @typedef {import("./types.js").Account} Account */
/** @typedef {import("./types.js").Draft} Draft */
/** @typedef {import("./types.js").FileInfo} FileInfo */
/** @typedef {import("./types.js").Invitation} Invitation */
/** @typedef {import("./types.js").Member} Member */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Profile} Profile */
/** @typedef {import("./types.js").Room} Room */
/** @typedef {import("./types.js").RoomSummary} RoomSummary */
/** @typedef {import("./types.js").UserRef} UserRef */
/** @typedef {import("./live/connection.js").ConnectionState} ConnectionState */
/** @typedef {import("./live/connection.js").Position} Position */
/** @typedef {import("./observe.js").Observation} Observation */
/** @typedef {import("./session.js").StoredSession} StoredSession */
/** @typedef {import("./session.js").TokenStorage} TokenStorage */
/** @typedef {import("./store/pending.js").Pending} Pending */
/** @typedef {import("./store/views.js").MessageView} MessageView */
/** @typedef {import("./store/views.js").ThreadView} ThreadView */

export { ParlorError } from "./errors.js";
export { Connection } from "./live/connection.js";
export { List } from "./pages.js";
export { Parlor } from "./parlor.js";
export { Store } from "./store/store.js";
