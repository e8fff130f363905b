// Invitations to the person, above the list of rooms.

import { html } from '../vendor.js';
import { client, me } from '../state/client.js';
import { invitations } from '../state/rooms.js';
import { go, to } from '../state/route.js';
import { Button } from '../ui/button.js';
import { Icon } from '../ui/icon.js';
import { useTask } from '../ui/task.js';
import { notify, notifyError } from '../ui/toast.js';

export function Invitations() {
  return html`<section class="invitations" aria-labelledby="invitations-title">
    <h2 id="invitations-title" class="list-title">Invitations <span class="badge badge-mention">${invitations.value.length}</span></h2>
    <ul>${invitations.value.map((invitation) => html`<${Item} key=${invitation.roomId} invitation=${invitation} />`)}</ul>
  </section>`;
}

function Item({ invitation }) {
  const { roomId, roomName, invitedBy } = invitation;
  const accept = useTask(async () => {
    await client.rooms.join(roomId).catch(report);
    go(to.room(roomId));
  });
  const decline = useTask(async () => {
    await client.invitations.delete(roomId, me.value.id).catch(report);
    notify(`You declined the invitation to ${roomName}.`);
  });
  return html`<li class="invitation">
    <span class="avatar avatar-room hue-4" aria-hidden="true"><${Icon} name="mail" size=${18} /></span>
    <div>
      <p class="room-name" dir="auto">${roomName}</p>
      <p class="room-last">${invitedBy ? `from ${invitedBy.username}` : 'You are invited'}</p>
      <div class="invitation-actions">
        <${Button} kind="primary" small busy=${accept.busy} aria-label=${`Accept the invitation to ${roomName}`}
          onClick=${() => accept.run()}>Accept<//>
        <${Button} small busy=${decline.busy} aria-label=${`Decline the invitation to ${roomName}`}
          onClick=${() => decline.run()}>Decline<//>
      </div>
    </div>
  </li>`;
}

/** @param {any} error */
function report(error) {
  notifyError(error);
  throw error;
}
