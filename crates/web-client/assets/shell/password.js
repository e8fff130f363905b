// The dialog that changes the password.

import { html, useId, useState } from '../vendor.js';
import { client, me } from '../state/client.js';
import { closeDialog } from '../state/view.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { useTask } from '../ui/task.js';
import { notify } from '../ui/toast.js';
import { fieldErrors, FormError } from './welcome.js';

export function Password() {
  const id = useId();
  const [currentPassword, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const { run, busy, error } = useTask(async () => {
    await client.auth.changePassword({ currentPassword, password });
    closeDialog();
    notify('Your password is changed. Other sessions have ended.');
  });
  const wrong = error?.code === 'INVALID_CREDENTIALS' ? { currentPassword: 'This is not your password.' } : undefined;
  const bad = wrong ?? fieldErrors(error);
  const submit = (event) => {
    event.preventDefault();
    run();
  };
  return html`<${Dialog} title="Change password" onClose=${closeDialog} footer=${html`
    <${Button} onClick=${closeDialog}>Cancel<//>
    <${Button} kind="primary" type="submit" form=${id} busy=${busy}>Change password<//>`}>
    <form id=${id} onSubmit=${submit}>
      <input class="visually-hidden" type="text" autocomplete="username" value=${me.value.username} readonly tabindex="-1"
        aria-hidden="true" />
      <${Field} label="Current password" type="password" value=${currentPassword} onInput=${setCurrent} required autofocus
        autocomplete="current-password" error=${bad.currentPassword} />
      <${Field} label="New password" type="password" value=${password} onInput=${setPassword} required minlength="8" maxlength="128"
        autocomplete="new-password" hint="At least 8 characters. Your other sessions end." error=${bad.password} />
      ${error && Object.keys(bad).length === 0 && html`<${FormError} error=${error} />`}
    </form>
  <//>`;
}
