// The link that the start of the server printed: it makes whoever follows it the first server admin.

import { html, useState } from '../vendor.js';
import { FormError, SignInForm, fieldErrors } from '../shell/welcome.js';
import { me, signIn } from '../state/client.js';
import { Button } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { Logo } from '../ui/icon.js';
import { Empty } from '../ui/states.js';
import { useTask } from '../ui/task.js';
import { notify } from '../ui/toast.js';
import { api } from './api.js';
import { forgetKept } from './first-link.js';

/** @param {{secret: string, onDone: () => void}} props */
export function FirstAdmin({ secret, onDone }) {
  const [spent, setSpent] = useState(false);
  const [known, setKnown] = useState(me.value !== null);
  if (spent) {
    return html`<main class="alone" id="main"><h1 class="visually-hidden">First admin</h1>
      <${Empty} icon="link" title="This link is not good any more">
        It was used, another start of the server printed a new one, or its hour is over. If the server has no admin yet, its
        next start prints a new link.
        <p class="actions"><${Button} onClick=${onDone}>Go to administration<//></p>
      <//></main>`;
  }
  const done = () => {
    notify('You are the first admin of this server.');
    onDone();
  };
  const failed = (error) => {
    if (error?.code !== 'NOT_FOUND') return;
    setSpent(true);
    forgetKept();
  };
  return html`<main class="alone" id="main">
    <header class="alone-head"><${Logo} size=${48} /><h1>Become the first admin</h1>
      <p>${me.value
        ? `You are signed in as ${me.value.username}.`
        : known ? 'Sign in with your account first.' : 'Choose a name and a password. You will administer this server.'}</p>
    </header>
    ${me.value
      ? html`<${Claim} secret=${secret} onDone=${done} onError=${failed} />`
      : known ? html`<${SignInForm} />` : html`<${Create} secret=${secret} onDone=${done} onError=${failed} />`}
    ${!me.value && html`<p class="alone-switch">
      <${Button} kind="quiet" small onClick=${() => setKnown(!known)}>
        ${known ? 'Make a new account instead' : 'Use an account that I have'}<//>
    </p>`}
  </main>`;
}

/** Runs a call; whoever asked is told why it failed. */
function useReported(call, onError) {
  return useTask(async (...args) => {
    try {
      await call(...args);
    } catch (error) {
      onError(error);
      throw error;
    }
  });
}

function Claim({ secret, onDone, onError }) {
  const { run, busy, error } = useReported(() => api.claim(secret), onError);
  return html`<div class="form">
    ${error && html`<${FormError} error=${error} />`}
    <${Button} kind="primary" wide busy=${busy} autofocus onClick=${async () => (await run()) && onDone()}>
      Make me the server admin<//>
  </div>`;
}

function Create({ secret, onDone, onError }) {
  const [account, setAccount] = useState({ username: '', email: '', password: '' });
  const set = (name) => (value) => setAccount((before) => ({ ...before, [name]: value }));
  const { run, busy, error } = useReported(async ({ username, email, password }) => {
    await api.createFirst({ secret, username: username.trim(), email: email.trim(), password });
    await signIn({ username, password });
  }, onError);
  const bad = fieldErrors(error);
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (await run(account)) onDone();
    else requestAnimationFrame(() => form.querySelector('[aria-invalid]')?.focus());
  };
  return html`<form class="form" onSubmit=${submit} aria-label="First admin">
    <${Field} label="Username" name="username" value=${account.username} onInput=${set('username')} required autofocus
      minlength="3" maxlength="32" autocomplete="username" autocapitalize="none" spellcheck=${false}
      hint="3 to 32 letters, digits, and _ . -" error=${bad.username} />
    <${Field} label="E-mail" name="email" type="email" value=${account.email} onInput=${set('email')} required
      maxlength="254" autocomplete="email" hint="Server admins can see it" error=${bad.email} />
    <${Field} label="Password" name="password" type="password" value=${account.password} onInput=${set('password')} required
      minlength="8" maxlength="128" autocomplete="new-password" hint="At least 8 characters" error=${bad.password} />
    ${error && Object.keys(bad).length === 0 && html`<${FormError} error=${error} />`}
    <${Button} kind="primary" type="submit" wide busy=${busy}>Create the admin account<//>
  </form>`;
}
