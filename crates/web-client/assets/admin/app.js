// The admin page: who may see it, and its parts.

import { html, signal, useEffect } from '../vendor.js';
import { me, signOut } from '../state/client.js';
import { docs } from '../state/links.js';
import { Button } from '../ui/button.js';
import { Icon, Logo } from '../ui/icon.js';
import { Empty, Problem, Skeleton } from '../ui/states.js';
import { useLoad } from '../ui/task.js';
import { Toasts } from '../ui/toast.js';
import { api } from './api.js';
import { FirstAdmin } from './first.js';
import { Files } from './files.js';
import { forget, secret } from './first-link.js';
import { Health } from './health.js';
import { Rooms } from './rooms.js';
import { SignIn } from './sign-in.js';
import { Users } from './users.js';

const PARTS = [
  { name: 'users', title: 'Users', icon: 'members', view: Users },
  { name: 'rooms', title: 'Rooms', icon: 'hash', view: Rooms },
  { name: 'files', title: 'Files', icon: 'file', view: Files },
  { name: 'health', title: 'Health', icon: 'info', view: Health },
];

const hash = signal(location.hash);
addEventListener('hashchange', () => (hash.value = location.hash));

export function Admin() {
  const content = secret.value !== null
    ? html`<${FirstAdmin} secret=${secret.value} onDone=${forget} />`
    : me.value ? html`<${Gate} key=${me.value.id} />` : html`<${SignIn} />`;
  return html`${content}<${Toasts} />`;
}

/** Lets server admins in. */
function Gate() {
  const { data, error, retry } = useLoad((abort) => api.users({ limit: 1, signal: abort }), []);
  if (data) return html`<${Console} />`;
  return html`<main class="alone" id="main">
    <h1 class="visually-hidden">Administration</h1>
    ${error?.code === 'ADMIN_REQUIRED'
      ? html`<${Empty} icon="lock" title="You are no admin of this server">
          You are signed in as ${me.value.username}. A server admin can make you one, and so can whoever runs the server:
          <code>parlor user promote ${me.value.username}</code>
          <p class="actions"><${Button} onClick=${signOut}>Sign in as somebody else<//></p>
        <//>`
      : error ? html`<${Problem} error=${error} onRetry=${retry} />` : html`<${Skeleton} rows=${4} />`}
  </main>`;
}

function Console() {
  const open = PARTS.find((part) => hash.value === `#/${part.name}`) ?? PARTS[0];
  useEffect(() => {
    document.title = `${open.title} · Administration · Parlor`;
  }, [open]);
  return html`<div class="console">
    <a class="skip-link" href="#main" onClick=${(event) => {
      event.preventDefault();
      document.getElementById('main')?.focus();
    }}>Skip to content</a>
    <header class="top">
      <${Logo} size=${32} />
      <p class="top-title">Administration</p>
      <p class="top-user">${me.value.username}</p>
      <a class="button button-quiet button-small" href=".">Chat</a>
      <a class="button button-quiet button-small top-docs" href=${docs()}>API</a>
      <${Button} kind="quiet" small onClick=${signOut}>Sign out<//>
    </header>
    <nav class="tabs" aria-label="Parts of administration">
      ${PARTS.map((part) => html`<a key=${part.name} href=${`#/${part.name}`} class="tab"
        aria-current=${part === open ? 'page' : undefined}><${Icon} name=${part.icon} size=${18} />${part.title}</a>`)}
    </nav>
    <main class="content" id="main" tabindex="-1"><${open.view} key=${open.name} /></main>
  </div>`;
}
