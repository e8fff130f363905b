// Shows a message outside of its place, in a list of pins or results, with a way to it.

import { html } from '../vendor.js';
import { Avatar } from '../ui/avatar.js';
import { oneLine } from './text.js';
import { fullTime, listTime } from '../ui/time.js';

/**
 * @param {{message: any, place?: string, words?: string[], isNew?: boolean, onOpen: () => void, children?: any}} props `words` are
 *   marked
 */
export function MessageCard({ message, place, words = [], isNew = false, onOpen, children }) {
  const { sender, createdAt, content, file } = message;
  const text = oneLine(content, 300) || file?.name || '';
  return html`<li class="found">
    <button type="button" class="found-open" data-roving onClick=${onOpen}>
      <${Avatar} name=${sender.username} size="small" />
      <span class="found-head">
        <strong>${sender.username}</strong>${place && html`<span class="found-place" dir="auto">${place}</span>`}
        ${isNew && html`<span class="tag tag-new">new</span>`}
        <time datetime=${createdAt} title=${fullTime(createdAt)}>${listTime(createdAt)}</time>
      </span>
      <span class="found-words" dir="auto">${marked(text, words)}</span>
    </button>
    ${children}
  </li>`;
}

/** Marks what was searched for. @param {string} text @param {string[]} words */
function marked(text, words) {
  if (words.length === 0) return text;
  const pattern = new RegExp(`(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`, 'giu');
  return text.split(pattern).map((part, index) => (index % 2 === 1 ? html`<mark>${part}</mark>` : part));
}
