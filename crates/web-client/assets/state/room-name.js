// Names of rooms as they are shown.

/**
 * The name of a room. That of a direct room is made of the others in it.
 *
 * @param {{name: string, direct: boolean}} room
 * @param {string} [username] whose view it is
 */
export function roomName(room, username) {
  if (!room.direct) return room.name;
  const others = room.name.split(', ').map((name) => name.replace(/^@/, '')).filter((name) => name !== username);
  return others.join(', ') || room.name;
}

/** Says whether a room fits what was typed. */
export function matches(room, query, username) {
  const wanted = fold(query.trim());
  return wanted === '' || fold(roomName(room, username)).includes(wanted);
}

/** @param {string} text */
function fold(text) {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
