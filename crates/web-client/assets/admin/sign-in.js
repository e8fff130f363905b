// Signing in to the admin page, by the ordinary login.

import { html } from '../vendor.js';
import { SignInForm } from '../shell/welcome.js';
import { signedOutBecause } from '../state/client.js';
import { Logo } from '../ui/icon.js';

export function SignIn() {
  return html`<main class="alone" id="main">
    <header class="alone-head"><${Logo} size=${48} /><h1>Administration</h1><p>Sign in as a server admin.</p></header>
    ${signedOutBecause.value && html`<p role="status">${signedOutBecause.value}</p>`}
    <${SignInForm} />
  </main>`;
}
