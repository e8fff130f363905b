// Round signs of people and rooms: initials on one of eight colours.

import { html } from '../vendor.js';
import { Icon } from './icon.js';

/**
 * @param {{name: string, online?: boolean, size?: 'small' | 'normal' | 'large'}} props
 */
export function Avatar({ name, online, size = 'normal' }) {
  return html`<span class=${`avatar avatar-${size} hue-${hue(name)}`} aria-hidden="true">
    ${initials(name)}${online && html`<span class="presence" />`}
  </span>`;
}

/** The sign of a room: of its kind, or of the other person of a direct room. */
export function RoomSign({ room, name, online, size = 'normal' }) {
  if (room.direct) return html`<${Avatar} name=${name} online=${online} size=${size} />`;
  const icon = room.visibility === 'private' ? 'lock' : 'hash';
  return html`<span class=${`avatar avatar-room avatar-${size} hue-${hue(room.id)}`} aria-hidden="true">
    <${Icon} name=${icon} size=${18} />
  </span>`;
}

/** @param {string} name */
export function initials(name) {
  const words = name.replace(/^@/, '').split(/[\s_.-]+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[1]].map(first) : [...(words[0] ?? '?')].slice(0, 2);
  return letters.join('').toUpperCase();
}

/** @param {string} word */
function first(word) {
  return [...word][0];
}

/** One of eight hues, always the same for the same name. @param {string} name */
export function hue(name) {
  let sum = 7;
  for (const letter of name.toLowerCase()) sum = (sum * 31 + /** @type {number} */ (letter.codePointAt(0))) % 65521;
  return sum % 8;
}
