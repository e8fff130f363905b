// The panel about a room: what it is, and, for its admins, what can be changed.

import { html, useEffect, useState } from '../vendor.js';
import { client, me } from '../state/client.js';
import { isAdmin } from '../state/rooms.js';
import { openDialog } from '../state/view.js';
import { RoomSign } from '../ui/avatar.js';
import { Button } from '../ui/button.js';
import { Choice, Field } from '../ui/field.js';
import { longDate } from '../ui/time.js';
import { useTask } from '../ui/task.js';
import { roomName } from '../state/room-name.js';
import { fieldErrors, FormError } from './welcome.js';
import { VISIBILITIES } from './new-room.js';

/** @param {{room: any}} props */
export function SettingsPanel({ room }) {
  const name = roomName(room, me.value.username);
  return html`<div class="about">
      <${RoomSign} room=${room} name=${name} size="large" />
      <p class="about-name" dir="auto">${name}</p>
      <p class="soft">${room.direct ? 'Direct message' : `${room.visibility === 'public' ? 'Public' : 'Private'} room`} ·
        ${' '}since ${longDate(room.createdAt)}${room.createdBy && !room.direct ? ` · made by ${room.createdBy.username}` : ''}</p>
      ${!isAdmin(room) && room.description && html`<p class="about-description" dir="auto">${room.description}</p>`}
    </div>
    ${isAdmin(room) && html`<${Change} key=${room.id} room=${room} />`}
    ${!room.direct && html`<section class="danger-zone">
      <${Button} icon="leave" wide onClick=${() => openDialog('leave', { room })}>Leave room<//>
      ${isAdmin(room) && html`<${Button} kind="danger" icon="trash" wide onClick=${() => openDialog('delete', { room })}>Delete room<//>`}
    </section>`}`;
}

function Change({ room }) {
  const [changes, setChanges] = useState(/** @type {Record<string, string>} */ ({}));
  const [isSaved, setSaved] = useState(false);
  const shown = { name: room.name, description: room.description ?? '', visibility: room.visibility, ...changes };
  const isChanged = Object.keys(changes).some((key) => shown[key].trim() !== (room[key] ?? ''));
  const { run, busy, error } = useTask(async () => {
    const { name, description, visibility } = changes;
    await client.rooms.update(room.id, { name, description: description?.trim() === '' ? null : description, visibility });
    setSaved(true);
  });
  // What was saved is shown until the room has it.
  useEffect(() => {
    if (isSaved && !isChanged) setChanges({});
  }, [isSaved, isChanged]);
  const bad = fieldErrors(error);
  const set = (key) => (value) => {
    setSaved(false);
    setChanges((before) => ({ ...before, [key]: value }));
  };
  const submit = (event) => {
    event.preventDefault();
    if (isChanged) run();
  };
  return html`<form class="form" onSubmit=${submit} aria-label="Room settings">
    <${Field} label="Name" value=${shown.name} onInput=${set('name')} required minlength="3" maxlength="100" error=${bad.name} />
    <${Field} label="Description" multiline value=${shown.description} onInput=${set('description')} maxlength="500"
      error=${bad.description} />
    <${Choice} label="Who may join" name="visibility" value=${shown.visibility} onChange=${set('visibility')} options=${VISIBILITIES} />
    ${error && Object.keys(bad).length === 0 && html`<${FormError} error=${error} />`}
    <${Button} kind="primary" type="submit" wide busy=${busy} disabled=${!isChanged && !isSaved}>Save changes<//>
    <p class="form-done" role="status">${isSaved ? 'The changes are saved.' : ''}</p>
  </form>`;
}
