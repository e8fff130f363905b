// What a person sees who is not signed in: sign in, or make an account.

import { html, useLayoutEffect, useRef, useState } from '../vendor.js';
import { signIn, signUp, signedOutBecause } from '../state/client.js';
import { docs } from '../state/links.js';
import { Button } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { Logo } from '../ui/icon.js';
import { useTask } from '../ui/task.js';

/** @param {{onBegin: () => void}} props `onBegin` is called when the person begins to write */
export function Welcome({ onBegin }) {
  const [isNew, setNew] = useState(false);
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  // The browser minds `autofocus` once for a page; this form comes again after a sign-out.
  useLayoutEffect(() => element.current.querySelector('[autofocus]').focus(), [isNew]);
  return html`<main ref=${element} class="welcome" id="main" tabindex="-1" onInput=${onBegin}>
    <div class="welcome-card">
      <header class="welcome-head">
        <${Logo} size=${48} />
        <h1>${isNew ? 'Create your account' : 'Welcome to Parlor'}</h1>
        <p>${isNew ? 'A name, an e-mail address and a password, and you are in.' : 'Sign in to go on talking.'}</p>
      </header>
      ${signedOutBecause.value && !isNew && html`<p class="note" role="status">${signedOutBecause.value}</p>`}
      ${isNew ? html`<${SignUp} key="up" />` : html`<${SignInForm} key="in" />`}
      <p class="welcome-switch">
        ${isNew ? 'You have an account?' : 'New here?'}
        <${Button} kind="quiet" small onClick=${() => setNew(!isNew)}>${isNew ? 'Sign in' : 'Create an account'}<//>
      </p>
    </div>
    <footer class="welcome-foot"><a href=${docs()}>API documentation</a></footer>
  </main>`;
}

/** Asks for the name and the password of an account. */
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

function SignUp() {
  const [account, setAccount] = useState({ username: '', email: '', password: '' });
  const { run, busy, error } = useTask(signUp);
  const set = (name) => (value) => setAccount((before) => ({ ...before, [name]: value }));
  const bad = fieldErrors(error);
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(await run(account))) requestAnimationFrame(() => form.querySelector('[aria-invalid]')?.focus());
  };
  return html`<form class="form" onSubmit=${submit} aria-label="Create an account">
    <${Field} label="Username" name="username" value=${account.username} onInput=${set('username')} required autofocus
      minlength="3" maxlength="32" autocomplete="username" autocapitalize="none" spellcheck=${false}
      hint="3 to 32 letters, digits, and _ . -" error=${bad.username} />
    <${Field} label="E-mail" name="email" type="email" value=${account.email} onInput=${set('email')} required maxlength="254"
      autocomplete="email" hint="Only you and server admins see it" error=${bad.email} />
    <${Field} label="Password" name="password" type="password" value=${account.password} onInput=${set('password')} required
      minlength="8" maxlength="128" autocomplete="new-password" hint="At least 8 characters" error=${bad.password} />
    ${error && Object.keys(bad).length === 0 && html`<${FormError} error=${error} />`}
    <${Button} kind="primary" type="submit" wide busy=${busy}>Create account<//>
  </form>`;
}

/** Says what went wrong with a form as a whole. */
export function FormError({ error }) {
  const limited = error.code === 'RATE_LIMITED' && error.retryAfter;
  return html`<p class="form-error" role="alert">
    ${limited ? `Too many attempts. Try again in ${error.retryAfter} seconds.` : error.message}
  </p>`;
}

/** The reasons of an error by the field that each belongs to. @param {any} error @returns {Record<string, string>} */
export function fieldErrors(error) {
  if (!error) return {};
  if (error.code === 'USERNAME_TAKEN') return { username: 'This name is taken. Choose another one.' };
  if (error.code === 'EMAIL_TAKEN') return { email: 'There is an account with this address. Sign in instead?' };
  return error.fields ?? {};
}
