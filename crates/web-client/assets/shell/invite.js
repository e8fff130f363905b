// The dialog that invites people to a room.

import { html, useState } from '../vendor.js';
import { client } from '../state/client.js';
import { useMembers } from '../state/rooms.js';
import { closeDialog } from '../state/view.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { useTask } from '../ui/task.js';
import { notify } from '../ui/toast.js';
import { PeoplePicker } from './people-picker.js';
import { FormError } from './welcome.js';

/** @param {{room: any}} props */
export function Invite({ room }) {
  const members = useMembers(room.id) ?? [];
  const [people, setPeople] = useState(/** @type {any[]} */ ([]));
  const { run, busy, error } = useTask(async () => {
    for (const person of people) {
      await client.invitations.create(room.id, { userId: person.id }).catch((failure) => {
        // Who came in meanwhile needs no invitation.
        if (failure.code !== 'ALREADY_MEMBER') throw failure;
      });
    }
    notify(`Invited: ${people.map(({ username }) => username).join(', ')}`);
    closeDialog();
  });
  return html`<${Dialog} title=${`Invite to ${room.name}`} onClose=${closeDialog} footer=${html`
    <${Button} onClick=${closeDialog}>Cancel<//>
    <${Button} kind="primary" disabled=${people.length === 0} busy=${busy} onClick=${() => run()}>Invite<//>`}>
    <${PeoplePicker} label="People" chosen=${people} onChange=${setPeople} onDone=${run} most=${20} except=${members.map(({ user }) => user.id)} />
    ${error && html`<${FormError} error=${error} />`}
  <//>`;
}
