// Setting the password of another user.

import { html, useId, useState } from '../vendor.js';
import { FormError } from '../shell/welcome.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { useTask } from '../ui/task.js';
import { api } from './api.js';

/** @param {{user: any, onDone: () => void, onClose: () => void}} props */
export function ResetPassword({ user, onDone, onClose }) {
  const [password, setPassword] = useState('');
  const { run, busy, error } = useTask(() => api.resetPassword(user.id, password));
  const id = useId();
  const submit = async (event) => {
    event.preventDefault();
    if (await run()) onDone();
  };
  const bad = error?.fields?.password;
  const footer = html`
    <${Button} onClick=${onClose}>Cancel<//>
    <${Button} kind="danger" type="submit" form=${id} busy=${busy}>Set password<//>`;
  return html`<${Dialog} title=${`Set a new password for ${user.username}`} onClose=${onClose} footer=${footer}>
    <form id=${id} class="form" onSubmit=${submit}>
      <input type="text" name="username" autocomplete="username" value=${user.username} readonly hidden />
      <p class="prose">All their sessions end. Tell them the password, and ask them to change it.</p>
      <${Field} label="New password" name="password" type="password" value=${password} onInput=${setPassword} required autofocus
        minlength="8" maxlength="128" autocomplete="new-password" hint="At least 8 characters" error=${bad} />
      ${error && !bad && html`<${FormError} error=${error} />`}
    </form>
  <//>`;
}
