// A room that the person is not in: join it, accept an invitation to it, or learn that it is gone.

import { html } from '../vendor.js';
import { client, me } from '../state/client.js';
import { invitations } from '../state/rooms.js';
import { go, to } from '../state/route.js';
import { Button } from '../ui/button.js';
import { RoomSign } from '../ui/avatar.js';
import { Empty, Problem, Skeleton } from '../ui/states.js';
import { useLoad, useTask } from '../ui/task.js';
import { notify } from '../ui/toast.js';
import { counted } from '../ui/words.js';
import { Back } from './back.js';

/** @param {{roomId: string}} props */
export function Preview({ roomId }) {
  const isInvited = invitations.value.some((invitation) => invitation.roomId === roomId);
  const { data: room, error, loading, retry } = useLoad(() => client.rooms.get(roomId), [roomId, isInvited]);
  const absent = error && (error.status === 404 || error.status === 400);
  return html`<main class="room room-preview" id="main" tabindex="-1">
    <${Back} />
    ${absent ? html`<${Empty} icon="hash" title="This room is not here">
        It was deleted, or it is private and you are not in it.<br />
        <${Button} onClick=${() => go(to.browse())}>Browse public rooms<//>
      <//>`
      : error ? html`<${Problem} error=${error} onRetry=${retry} />`
      : loading || !room ? html`<${Skeleton} rows=${3} label="Loading the room" />`
      : html`<${Offer} room=${room} isInvited=${isInvited} />`}
  </main>`;
}

function Offer({ room, isInvited }) {
  const join = useTask(() => client.rooms.join(room.id));
  const decline = useTask(async () => {
    await client.invitations.delete(room.id, me.value.id);
    notify(`You declined the invitation to ${room.name}.`);
    go(to.home(), { replace: true });
  });
  const error = join.error ?? decline.error;
  return html`<div class="offer">
    <${RoomSign} room=${room} name=${room.name} size="large" />
    <h1 dir="auto">${room.name}</h1>
    <p class="offer-facts">${room.visibility === 'public' ? 'Public room' : 'Private room'} ·
      ${' '}${counted(room.memberCount, 'member')}</p>
    ${room.description && html`<p class="offer-description" dir="auto">${room.description}</p>`}
    ${error && html`<${Problem} error=${error} />`}
    <div class="home-actions">
      <${Button} kind="primary" busy=${join.busy} onClick=${() => join.run()}>${isInvited ? 'Accept and join' : 'Join room'}<//>
      ${isInvited && html`<${Button} busy=${decline.busy} onClick=${() => decline.run()}>Decline<//>`}
    </div>
  </div>`;
}
