// The view of messages that mention the person, of all rooms.

import { html } from '../vendor.js';
import { lazy } from '../messages/lazy.js';
import { Back } from './back.js';

const Mentions = lazy(() => import('../messages/mentions.js'), 'Mentions');

export function MentionsView() {
  return html`<main class="browse" id="main" tabindex="-1" aria-labelledby="mentions-title">
    <header class="room-head">
      <${Back} />
      <div class="room-title"><h1 id="mentions-title">Mentions</h1></div>
    </header>
    <div class="browse-body"><${Mentions} /></div>
  </main>`;
}
