// Shows the reactions to a message: one's own stand out, a press adds or takes back.

import { html } from '../vendor.js';

/** The server names the first ten people of a reaction. */
const NAMED = 10;

/** @param {{view: import('./view.js').RoomView, message: any, active: boolean}} props */
export function Reactions({ view, message, active }) {
  return html`<div class="reactions" role="group" aria-label="Reactions" aria-live="off">
    ${message.reactions.map(({ emoji, count, users }) => {
      const mine = view.hasReacted(message, emoji);
      const names = who(users, count, view.me.id);
      return html`<button type="button" class="reaction" key=${emoji} aria-pressed=${mine ? 'true' : 'false'} tabindex=${active ? 0 : -1}
        title=${names} aria-label=${`${emoji} ${count}: ${names}`} onClick=${() => view.react(message, emoji)}>
        <span class="reaction-emoji">${emoji}</span><span class="reaction-count">${count}</span>
      </button>`;
    })}
  </div>`;
}

/** @param {{id: string, username: string}[]} users @param {number} count @param {string} me */
function who(users, count, me) {
  const names = users.slice(0, NAMED).map((user) => (user.id === me ? 'you' : user.username));
  const others = count - names.length;
  if (others > 0) names.push(`${others} more`);
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}` : names.join('');
}
