// The open invitations of a room, for its admins.

import { html } from '../vendor.js';
import { client } from '../state/client.js';
import { dialog } from '../state/view.js';
import { Avatar } from '../ui/avatar.js';
import { Button } from '../ui/button.js';
import { useLoad } from '../ui/task.js';
import { notifyError } from '../ui/toast.js';

export function OpenInvitations({ room }) {
  // Inviting happens in a dialog; when it closes, or somebody joins, the list is another one.
  const { data, retry } = useLoad(
    async () => (await client.invitations.ofRoom(room.id, { limit: 100 })).data,
    [room.id, dialog.value, room.memberCount],
  );
  if (!data?.length) return null;
  const withdraw = async (user) => {
    try {
      await client.invitations.delete(room.id, user.id);
    } catch (error) {
      notifyError(error);
    }
    retry();
  };
  return html`<section>
    <h3 class="list-title">Invited <span class="count">${data.length}</span></h3>
    <ul class="members">
      ${data.map(({ user }) => html`<li key=${user.id} class="member">
        <${Avatar} name=${user.username} />
        <span class="member-name">${user.username}</span>
        <${Button} small onClick=${() => withdraw(user)} aria-label=${`Withdraw the invitation of ${user.username}`}>Withdraw<//>
      </li>`)}
    </ul>
  </section>`;
}
