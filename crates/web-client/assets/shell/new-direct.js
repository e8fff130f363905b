// The dialog that opens a direct room with one or more people.

import { html, useState } from '../vendor.js';
import { client } from '../state/client.js';
import { go, to } from '../state/route.js';
import { closeDialog } from '../state/view.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { useTask } from '../ui/task.js';
import { PeoplePicker } from './people-picker.js';
import { FormError } from './welcome.js';

export function NewDirect() {
  const [people, setPeople] = useState(/** @type {any[]} */ ([]));
  const { run, busy, error } = useTask(async () => {
    const room = await client.rooms.direct({ userIds: people.map(({ id }) => id) });
    closeDialog();
    go(to.room(room.id));
  });
  return html`<${Dialog} title="New message" onClose=${closeDialog} footer=${html`
    <${Button} onClick=${closeDialog}>Cancel<//>
    <${Button} kind="primary" disabled=${people.length === 0} busy=${busy} onClick=${() => run()}>Open conversation<//>`}>
    <${PeoplePicker} label="To" chosen=${people} onChange=${setPeople} onDone=${run} />
    ${error && html`<${FormError} error=${error} />`}
  <//>`;
}
