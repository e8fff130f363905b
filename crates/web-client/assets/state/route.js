// Where the person is, kept in the fragment of the address, so that links and the browser's buttons work.
//
//   #/                                  the list of rooms
//   #/browse                            public rooms
//   #/mentions                          messages that mention the person
//   #/rooms/<id>                        a room
//   #/rooms/<id>/messages/<messageId>   a message in it
//   #/rooms/<id>/<panel>[/<argument>]   a room with a panel beside it: members, settings, threads/<messageId>, pins, search …

import { computed, signal } from '../vendor.js';

/** @typedef {{view: 'home' | 'browse' | 'mentions' | 'room', roomId: string | null, messageId: string | null, panel: string | null, argument: string | null}} Route */

/** @type {{value: Route}} */
export const route = signal(parse(location.hash));

export const roomId = computed(() => route.value.roomId);

addEventListener('hashchange', () => (route.value = parse(location.hash)));

/** @param {string} hash @returns {Route} */
export function parse(hash) {
  const [first, id, second, argument] = hash.replace(/^#?\/?/, '').split('/').map(decode);
  const none = { view: 'home', roomId: null, messageId: null, panel: null, argument: null };
  if (first === 'browse' || first === 'mentions') return { ...none, view: first };
  if (first !== 'rooms' || !id) return none;
  const room = { ...none, view: 'room', roomId: id };
  if (second === 'messages') return { ...room, messageId: argument ?? null };
  return { ...room, panel: second || null, argument: argument ?? null };
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a room, of a message in it, or of a panel beside it. */
export const to = {
  home: () => '#/',
  browse: () => '#/browse',
  mentions: () => '#/mentions',
  /** @param {string} id */
  room: (id) => `#/rooms/${id}`,
  /** @param {string} id @param {string} messageId */
  message: (id, messageId) => `#/rooms/${id}/messages/${messageId}`,
  /** @param {string} id @param {string} panel @param {string} [argument] */
  panel: (id, panel, argument) =>
    `#/rooms/${id}/${panel}${argument === undefined ? '' : `/${encodeURIComponent(argument)}`}`,
};

/** Goes to an address made by `to`. `replace` leaves no step for the back button. */
export function go(hash, { replace = false } = {}) {
  if (location.hash === hash) {
    // The same message again: whoever shows it jumps to it once more.
    route.value = parse(hash);
  } else if (replace) {
    history.replaceState(null, '', hash);
    route.value = parse(hash);
  } else {
    location.hash = hash;
  }
}

/** Closes the panel beside the room. */
export function closePanel() {
  if (route.value.roomId && route.value.panel) go(to.room(route.value.roomId), { replace: true });
}

/** Opens a panel, or closes it where it is open. @param {string} panel */
export function togglePanel(panel) {
  const { roomId: id, panel: open } = route.value;
  if (!id) return;
  if (open === panel) closePanel();
  // From one panel to the next the back button leads to the room.
  else go(to.panel(id, panel), { replace: open !== null });
}

/** A whole link to a message, to be shared. @param {string} id @param {string} messageId */
export function linkTo(id, messageId) {
  return new URL(to.message(id, messageId), location.href).href;
}
