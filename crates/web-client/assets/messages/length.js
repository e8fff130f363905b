// The length of a message, which the server limits.

import { html } from '../vendor.js';
import { counted } from '../ui/words.js';

/** The longest message that the server takes, in characters. */
export const LONGEST = 1000;

/** The number of remaining characters from which on they are counted. */
const COUNTED = 100;

/** The number of characters as the server counts them. @param {string} text */
export function lengthOf(text) {
  return [...text.trim()].length;
}

/**
 * Says how much may still be written, once that is little. Screen readers are told of the limit, not of each letter.
 *
 * @param {{length: number}} props
 */
export function LengthCount({ length }) {
  const left = LONGEST - length;
  const isShown = left < COUNTED;
  const words = left < 0 ? 'The message is too long to be sent.' : `Fewer than ${counted(COUNTED, 'character')} are left.`;
  return html`
    ${isShown && html`<span class=${left < 0 ? 'length-count too-long' : 'length-count'} aria-hidden="true">
      ${left < 0 ? `${counted(-left, 'character')} too many` : `${counted(left, 'character')} left`}</span>`}
    <span class="visually-hidden" role="status">${isShown ? words : ''}</span>`;
}
