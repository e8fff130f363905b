// The way back to the list of rooms, on a phone, with the number of rooms and invitations that wait there.

import { html } from '../vendor.js';
import { elsewhere } from '../state/rooms.js';
import { go, to } from '../state/route.js';
import { IconButton } from '../ui/button.js';
import { counted } from '../ui/words.js';

export function Back() {
  const { invitations, unread } = elsewhere.value;
  const words = [
    'Back to the rooms',
    unread > 0 && `${counted(unread, 'room')} with unread messages`,
    invitations > 0 && counted(invitations, 'invitation'),
  ].filter(Boolean).join(', ');
  const count = unread + invitations;
  return html`<span class="with-badge back only-phone">
    <${IconButton} label=${words} icon="back" onClick=${() => go(to.home())} />
    ${count > 0 && html`<span class="badge badge-mention" aria-hidden="true">${count > 99 ? '99+' : count}</span>`}
  </span>`;
}
