// The rights of a person over messages, as the server grants them; it decides in the end.

/** @param {any} me @param {any} message */
export function mayEdit(me, message) {
  return message.sender.id === me.id && !message.deletedAt && !message.state;
}

/** @param {any} me @param {any} room @param {any} message */
export function mayDelete(me, room, message) {
  return !message.deletedAt && !message.state && (message.sender.id === me.id || isAdmin(room));
}

/** @param {any} me @param {any} room @param {any} message */
export function mayReadHistory(me, room, message) {
  return !message.deletedAt && (message.sender.id === me.id || isAdmin(room));
}

/** In a direct room everybody pins. @param {any} room */
export function mayPin(room) {
  return Boolean(room?.direct || isAdmin(room));
}

/** @param {any} room */
export function mayMentionRoom(room) {
  return isAdmin(room);
}

/** @param {any} room */
function isAdmin(room) {
  return room?.membership?.role === 'admin' && !room.direct;
}
