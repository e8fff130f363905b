// What `onRequest` is told of requests and frames.

/**
 * @typedef {object} Observation A request with its answer, a frame, or the opening or closing of a socket.
 * @property {"request" | "sent" | "received" | "socket"} kind A REST call, a frame in either direction, or a socket that opens or closes.
 * @property {number} at The time at which it began, in milliseconds since 1970.
 * @property {string} [url]
 * @property {string} [method]
 * @property {unknown} [body] The body that was sent.
 * @property {number} [status] The status of the answer, 0 where there was none.
 * @property {any} [answer] The body of the answer.
 * @property {number} [duration] Milliseconds until the answer.
 * @property {any} [frame] The frame, parsed.
 * @property {"opened" | "closed"} [state] The new state of the socket.
 * @property {number} [code] The code with which it closed.
 * @property {string} [reason]
 */

const SECRETS = new Set(["password", "currentPassword", "accessToken", "token", "ticket"]);

/**
 * Returns the value with a placeholder for each password and token, for what is shown or logged.
 * @param {any} value
 * @returns {any}
 */
export function withoutSecrets(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => {
    if (SECRETS.has(name)) return [name, "…"];
    return [name, name === "data" ? withoutSecrets(inner) : inner];
  });
  return Object.fromEntries(entries);
}
