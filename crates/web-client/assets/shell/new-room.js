// The dialog that makes a room.

import { html, useId, useState } from '../vendor.js';
import { client } from '../state/client.js';
import { go, to } from '../state/route.js';
import { closeDialog } from '../state/view.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Choice, Field } from '../ui/field.js';
import { useTask } from '../ui/task.js';
import { fieldErrors, FormError } from './welcome.js';

export const VISIBILITIES = [
  { value: 'public', label: 'Public', hint: 'Everybody finds it and may join' },
  { value: 'private', label: 'Private', hint: 'Only those who are invited see it' },
];

export function NewRoom() {
  const id = useId();
  const [room, setRoom] = useState({ name: '', description: '', visibility: 'public' });
  // One key for one dialog: a repeat after a lost answer makes no second room.
  const [idempotencyKey] = useState(() => crypto.randomUUID());
  const { run, busy, error } = useTask(async () => {
    const { name, description, visibility } = room;
    const made = await client.rooms.create({ name, description: description.trim() || null, visibility }, {
      idempotencyKey: `${idempotencyKey.slice(0, 18)}-${hash(JSON.stringify(room))}`,
    });
    closeDialog();
    go(to.room(made.id));
  });
  const bad = fieldErrors(error);
  const set = (key) => (value) => setRoom((before) => ({ ...before, [key]: value }));
  const submit = (event) => {
    event.preventDefault();
    run();
  };
  return html`<${Dialog} title="New room" onClose=${closeDialog} footer=${html`
    <${Button} onClick=${closeDialog}>Cancel<//>
    <${Button} kind="primary" type="submit" form=${id} busy=${busy}>Create room<//>`}>
    <form id=${id} onSubmit=${submit}>
      <${Field} label="Name" name="name" value=${room.name} onInput=${set('name')} required minlength="3" maxlength="100" autofocus
        placeholder="Such as Film club" autocomplete="off" error=${bad.name} />
      <${Field} label="Description" name="description" value=${room.description} onInput=${set('description')} maxlength="500"
        hint="Optional: what it is about" autocomplete="off" error=${bad.description} />
      <${Choice} label="Who may join" name="visibility" value=${room.visibility} onChange=${set('visibility')} options=${VISIBILITIES} />
      ${error && Object.keys(bad).length === 0 && html`<${FormError} error=${error} />`}
    </form>
  <//>`;
}

/** A short digest: another room under the same key would be refused. @param {string} text */
function hash(text) {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + /** @type {number} */ (letter.codePointAt(0))) >>> 0;
  return sum.toString(36);
}
