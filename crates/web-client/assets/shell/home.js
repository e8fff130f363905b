// The middle while no room is chosen.

import { html } from '../vendor.js';
import { me } from '../state/client.js';
import { rooms } from '../state/rooms.js';
import { go, to } from '../state/route.js';
import { openDialog } from '../state/view.js';
import { Button } from '../ui/button.js';
import { Logo } from '../ui/icon.js';

export function Home() {
  const isNew = rooms.value?.length === 0;
  return html`<main class="home" id="main" tabindex="-1">
    <div class="home-box">
      <${Logo} size=${64} />
      <h1>${isNew ? `Welcome, ${me.value.username}` : 'Choose a room'}</h1>
      <p>${isNew ? 'Join a public room, make one of your own, or write to somebody you know.'
        : 'Your conversations are at the left. Or begin another one.'}</p>
      <div class="home-actions">
        <${Button} kind="primary" icon="globe" onClick=${() => go(to.browse())}>Browse rooms<//>
        <${Button} icon="add" onClick=${() => openDialog('new-room')}>New room<//>
        <${Button} icon="message" onClick=${() => openDialog('new-direct')}>New message<//>
      </div>
      <p class="home-hint">Press <kbd>?</kbd> for the keyboard shortcuts.</p>
    </div>
  </main>`;
}
