// Dialogs that ask before something that can't be undone.

import { html } from '../vendor.js';
import { client } from '../state/client.js';
import { departing } from '../state/rooms.js';
import { go, route, to } from '../state/route.js';
import { closeDialog } from '../state/view.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { useTask } from '../ui/task.js';
import { notify } from '../ui/toast.js';
import { FormError } from './welcome.js';

/** @param {{title: string, action: string, onConfirm: () => Promise<any>, children?: any}} props */
function Confirm({ title, action, onConfirm, children }) {
  const { run, busy, error } = useTask(async () => {
    await onConfirm();
    closeDialog();
  });
  return html`<${Dialog} title=${title} onClose=${closeDialog} footer=${html`
    <${Button} onClick=${closeDialog} autofocus>Cancel<//>
    <${Button} kind="danger" busy=${busy} onClick=${() => run()}>${action}<//>`}>
    <p>${children}</p>
    ${error && html`<${FormError} error=${error} />`}
  <//>`;
}

/** Leaves or deletes a room, and leads away from it. */
async function depart(room, call) {
  departing.value = room.id;
  try {
    await call();
    if (route.value.roomId === room.id) go(to.home(), { replace: true });
  } finally {
    departing.value = undefined;
  }
}

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
  return html`<${Confirm} title=${`Leave ${room.name}?`} action="Leave room" onConfirm=${leave}>
    ${room.visibility === 'public' ? 'You may join it again at any time.' : 'To come back you need another invitation.'}
  <//>`;
}

export function Delete({ room }) {
  const remove = async () => {
    await depart(room, () => client.rooms.delete(room.id));
    notify(`${room.name} is deleted.`);
  };
  return html`<${Confirm} title=${`Delete ${room.name}?`} action="Delete room" onConfirm=${remove}>
    The room and all its messages are gone for everybody. This can't be undone.
  <//>`;
}

export function Remove({ room, user }) {
  const remove = async () => {
    await client.members.remove(room.id, user.id);
    notify(`${user.username} is removed.`);
  };
  return html`<${Confirm} title=${`Remove ${user.username}?`} action="Remove" onConfirm=${remove}>
    ${user.username} no longer sees ${room.name}${room.visibility === 'public' ? ', and may join again, since it is public.' : '.'}
  <//>`;
}
