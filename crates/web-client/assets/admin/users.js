// Users: finding them, their rights, passwords and sessions.

import { html, useState } from '../vendor.js';
import { me } from '../state/client.js';
import { Avatar } from '../ui/avatar.js';
import { Confirm } from '../ui/confirm.js';
import { Field } from '../ui/field.js';
import { Menu } from '../ui/menu.js';
import { Parts, useParts } from '../ui/parts.js';
import { useSettled } from '../ui/task.js';
import { longDate } from '../ui/time.js';
import { notify } from '../ui/toast.js';
import { api } from './api.js';
import { ResetPassword } from './reset-password.js';
import { Sessions } from './sessions.js';

export function Users() {
  const [search, setSearch] = useState('');
  const wanted = useSettled(search.trim());
  const [asked, setAsked] = useState(/** @type {null | {what: string, user: any}} */ (null));
  const parts = useParts(async (after, abort) => {
    const { data, pagination } = await api.users({ search: wanted || undefined, after, signal: abort });
    return { data, next: pagination.hasMore ? pagination.after : undefined };
  }, [wanted]);
  // What no account can be called finds nobody.
  const bad = parts.error?.fields?.search && 'No account can be called so.';
  const shown = bad ? { ...parts, items: [], next: undefined, error: undefined } : parts;
  /** Closes the dialog, says what was done, and shows it. */
  const done = (text, change = {}) => {
    const { id } = asked.user;
    setAsked(null);
    notify(text);
    parts.update((items) => items.map((item) => (item.id === id ? { ...item, ...change } : item)));
  };
  return html`<h1>Users</h1>
    <${Field} label="Find users" type="search" value=${search} onInput=${setSearch} autocomplete="off"
      autocapitalize="none" spellcheck=${false} error=${bad}
      hint="The beginning of a username, or a whole e-mail address" />
    <${Parts} parts=${shown} label="Users" empty=${{ icon: 'members', title: wanted ? 'Nobody is called so' : 'Nobody yet' }}
      row=${(user) => html`<${UserRow} key=${user.id} user=${user} ask=${(what) => setAsked({ what, user })} />`} />
    ${asked && html`<${Act} ...${asked} onDone=${done} onClose=${() => setAsked(null)} />`}`;
}

function UserRow({ user, ask }) {
  const own = user.id === me.value?.id;
  const granted = user.admin === 'grant';
  const items = [
    { label: 'Sessions', icon: 'history', onSelect: () => ask('sessions') },
    !own && { label: 'Set a new password', icon: 'lock', onSelect: () => ask('password') },
    !own && user.admin === null && { label: 'Make server admin', icon: 'user', onSelect: () => ask('grant') },
    !own && granted && { label: 'Withdraw admin rights', icon: 'user', danger: true, onSelect: () => ask('withdraw') },
    !own && user.disabledAt && { label: 'Enable', icon: 'check', onSelect: () => ask('enable') },
    !own && !user.disabledAt && { label: 'Disable', icon: 'close', danger: true, onSelect: () => ask('disable') },
  ];
  return html`<li class=${`row${user.disabledAt ? ' row-off' : ''}`}>
    <${Avatar} name=${user.username} />
    <div class="row-words">
      <p class="row-title">${user.username}
        ${own && html` <span class="tag">you</span>`}
        ${user.admin && html` <span class="tag" title=${user.admin === 'configuration' ? 'Named in PARLOR_ADMINS' : undefined}>
          admin</span>`}
        ${user.disabledAt && html` <span class="tag tag-off">disabled</span>`}
      </p>
      <p class="row-text">${user.email} · since ${longDate(user.createdAt)}</p>
    </div>
    <${Menu} label=${`Actions for ${user.username}`} items=${items} />
  </li>`;
}

/** The dialog of an act upon a user. */
function Act({ what, user, onDone, onClose }) {
  const name = user.username;
  switch (what) {
    case 'sessions':
      return html`<${Sessions} user=${user} onClose=${onClose} />`;
    case 'password':
      return html`<${ResetPassword} user=${user} onClose=${onClose}
        onDone=${() => onDone(`${name} has a new password; all their sessions have ended.`)} />`;
    case 'disable':
      return html`<${Confirm} title=${`Disable ${name}?`} act="Disable" onClose=${onClose}
        run=${() => api.setDisabled(user.id, true)}
        onDone=${() => onDone(`${name} is disabled.`, { disabledAt: new Date().toISOString() })}>
        <p>All their sessions end at once, and nobody can log in to the account. Their messages and rooms stay.</p>
        <p>You can enable the account again.</p><//>`;
    case 'enable':
      return html`<${Confirm} title=${`Enable ${name}?`} act="Enable" danger=${false} onClose=${onClose}
        run=${() => api.setDisabled(user.id, false)} onDone=${() => onDone(`${name} can log in again.`, { disabledAt: null })}>
        <p>They log in with the password that they have.</p><//>`;
    case 'grant':
      return html`<${Confirm} title=${`Make ${name} a server admin?`} act="Make server admin" danger=${false} onClose=${onClose}
        run=${() => api.setAdmin(user.id, true)} onDone=${() => onDone(`${name} is a server admin.`, { admin: 'grant' })}>
        <p>They can use this page, as you do: reset passwords, disable accounts, and delete public rooms.</p><//>`;
    default:
      return html`<${Confirm} title=${`Withdraw the admin rights of ${name}?`} act="Withdraw" onClose=${onClose}
        run=${() => api.setAdmin(user.id, false)}
        onDone=${() => onDone(`${name} is no server admin any more.`, { admin: null })}>
        <p>They stay a user of this server.</p><//>`;
  }
}
