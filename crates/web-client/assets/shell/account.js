// The foot of the list of rooms: who is signed in, and their menu.

import { html } from '../vendor.js';
import { me, signOut } from '../state/client.js';
import { developer, openDialog } from '../state/view.js';
import { Avatar } from '../ui/avatar.js';
import { IconButton } from '../ui/button.js';
import { Icon } from '../ui/icon.js';
import { Menu } from '../ui/menu.js';
import { ConnectionSign } from './connection.js';

export function Account() {
  const { username } = me.value;
  const trigger = (attributes) => html`<button type="button" class="account-button" ...${attributes}>
    <${Avatar} name=${username} />
    <span class="account-words"><span class="account-name">${username}</span><${ConnectionSign} /></span>
    <${Icon} name="down" size=${16} />
  </button>`;
  return html`<footer class="account">
    <${Menu} label="Your account" trigger=${trigger} items=${[
      { label: 'Settings', icon: 'settings', onSelect: () => openDialog('settings') },
      { label: 'Change password', icon: 'lock', onSelect: () => openDialog('password') },
      { label: 'Keyboard shortcuts', icon: 'keyboard', detail: '?', onSelect: () => openDialog('shortcuts') },
      { label: 'Sign out', icon: 'leave', danger: true, onSelect: signOut },
    ]} />
    <${IconButton} label="Developer drawer" icon="code" aria-pressed=${developer.value ? 'true' : 'false'}
      onClick=${() => (developer.value = !developer.value)} />
  </footer>`;
}
