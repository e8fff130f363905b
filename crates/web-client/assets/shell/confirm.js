// Dialogs that ask before something about a room that can't be undone.

import { html } from '../vendor.js';
import { client } from '../state/client.js';
import { closeDialog } from '../state/view.js';
import { Confirm } from '../ui/confirm.js';
import { notify } from '../ui/toast.js';
import { depart } from './departures.js';

export function Leave({ room }) {
  const leave = async () => {
    try {
      await depart(room, () => client.rooms.leave(room.id));
    } catch (error) {
      if (error.code !== 'LAST_ADMIN') throw error;
      throw new Error('You are the only admin. Make somebody else admin first, or delete the room.', { cause: error });
    }
    notify(`You left ${room.name}.`);
  };
  return html`<${Confirm} title=${`Leave ${room.name}?`} act="Leave room" run=${leave} onClose=${closeDialog}>
    <p>${room.visibility === 'public' ? 'You may join it again at any time.' : 'To come back you need another invitation.'}</p>
  <//>`;
}

export function Delete({ room }) {
  const remove = async () => {
    await depart(room, () => client.rooms.delete(room.id));
    notify(`${room.name} is deleted.`);
  };
  return html`<${Confirm} title=${`Delete ${room.name}?`} act="Delete room" run=${remove} onClose=${closeDialog}>
    <p>The room and all its messages are gone for everybody. This can't be undone.</p>
  <//>`;
}

export function Remove({ room, user }) {
  const remove = async () => {
    await client.members.remove(room.id, user.id);
    notify(`${user.username} is removed.`);
  };
  return html`<${Confirm} title=${`Remove ${user.username}?`} act="Remove" run=${remove} onClose=${closeDialog}>
    <p>${user.username} no longer sees ${room.name}${room.visibility === 'public' ? ', and may join again, since it is public.' : '.'}</p>
  <//>`;
}
