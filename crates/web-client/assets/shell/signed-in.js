// The frame: rooms at the left, the room in the middle, a panel at the right; on a phone one of them at a time.

import { html, useEffect } from '../vendor.js';
import { loadPartsSoon } from '../messages/lazy.js';
import '../state/notifications.js';
import { route } from '../state/route.js';
import { closeDialog, developer, dialog } from '../state/view.js';
import { clearNotices } from '../ui/toast.js';
import { Browse } from './browse.js';
import { Connection } from './connection.js';
import { Developer } from './developer.js';
import { Dialogs } from './dialogs.js';
import { useFocusKept } from './focus.js';
import { Home } from './home.js';
import { MentionsView } from './mentions.js';
import { RoomView } from './room.js';
import { listenForShortcuts } from './shortcuts.js';
import { Sidebar } from './sidebar.js';

export function SignedIn() {
  useEffect(() => listenForShortcuts(), []);
  useEffect(() => loadPartsSoon(), []);
  useEffect(() => leaveNothingOpen, []);
  const { view, roomId, panel } = route.value;
  useFocusKept(roomId, [view, roomId, panel]);
  const at = view === 'home' ? 'list' : panel ? 'panel' : 'main';
  return html`<div class=${`shell at-${at}${developer.value ? ' with-developer' : ''}`}>
    <a class="skip-link" href="#main" onClick=${skip}>Skip to the ${view === 'room' ? 'messages' : 'content'}</a>
    <${Sidebar} />
    <div class="column">
      <${Connection} />
      ${view === 'room' ? html`<${RoomView} key=${roomId} roomId=${roomId} />`
        : view === 'browse' ? html`<${Browse} />` : view === 'mentions' ? html`<${MentionsView} />` : html`<${Home} />`}
    </div>
    ${developer.value && html`<${Developer} />`}
    ${dialog.value && html`<${Dialogs} />`}
  </div>`;
}

/** After a sign-out the next person, or the same one, finds no dialog and no notice of before. */
function leaveNothingOpen() {
  closeDialog();
  clearNotices();
}

/** The fragment of the address is the place in the client, so the link moves the focus itself. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
