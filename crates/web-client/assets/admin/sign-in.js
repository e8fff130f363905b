// Signing in to the admin page, by the ordinary login.

import { html, useState } from '../vendor.js';
import { FormError } from '../shell/welcome.js';
import { signIn, signedOutBecause } from '../state/client.js';
import { Button } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { Logo } from '../ui/icon.js';
import { useTask } from '../ui/task.js';

export function SignIn() {
  return html`<main class="alone" id="main">
    <header class="alone-head"><${Logo} size=${48} /><h1>Administration</h1><p>Sign in as a server admin.</p></header>
    ${signedOutBecause.value && html`<p role="status">${signedOutBecause.value}</p>`}
    <${SignInForm} />
  </main>`;
}

export function SignInForm() {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const { run, busy, error } = useTask(signIn);
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(await run({ username, password }))) form.querySelector('[name=password]')?.select();
  };
  const wrong = error?.code === 'INVALID_CREDENTIALS';
  return html`<form class="form" onSubmit=${submit} aria-label="Sign in">
    <${Field} label="Username or e-mail" name="username" value=${username} onInput=${setUsername} required autofocus
      autocomplete="username" autocapitalize="none" spellcheck=${false} />
    <${Field} label="Password" name="password" type="password" value=${password} onInput=${setPassword} required
      autocomplete="current-password" error=${wrong ? 'This name and password do not belong together.' : undefined} />
    ${error && !wrong && html`<${FormError} error=${error} />`}
    <${Button} kind="primary" type="submit" wide busy=${busy}>Sign in<//>
  </form>`;
}
