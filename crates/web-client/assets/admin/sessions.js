// The sessions of a user.

import { html } from '../vendor.js';
import { me } from '../state/client.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Parts, useParts } from '../ui/parts.js';
import { Problem } from '../ui/states.js';
import { useTask } from '../ui/task.js';
import { announce } from '../ui/toast.js';
import { api } from './api.js';
import { dateAndTime } from '../ui/time.js';

/** @param {{user: any, onClose: () => void}} props */
export function Sessions({ user, onClose }) {
  const own = user.id === me.value?.id;
  const parts = useParts(async (after, abort) => {
    const { data, pagination } = await api.sessions(user.id, { after, signal: abort });
    return { data, next: pagination.hasMore ? pagination.after : undefined };
  }, [user.id]);
  const end = useTask(async (session) => {
    await api.endSession(user.id, session.id);
    parts.update((items) => items.filter((item) => item.id !== session.id));
    announce('The session has ended.');
  });
  const endAll = useTask(async () => {
    await api.endSessions(user.id);
    parts.update(() => []);
    announce('All sessions have ended.');
  });
  const error = end.error ?? endAll.error;
  const row = (session) => html`<li class="row" key=${session.id}>
    <div class="row-words">
      <p class="row-title">Logged in ${dateAndTime(session.createdAt)}</p>
      <p class="row-text">until ${dateAndTime(session.expiresAt)}</p>
    </div>
    ${!own && html`<${Button} small busy=${end.busy} aria-label=${`End the session of ${dateAndTime(session.createdAt)}`}
      onClick=${() => end.run(session)}>End<//>`}
  </li>`;
  const footer = html`
    ${!own && parts.items?.length > 0
      && html`<${Button} kind="danger" busy=${endAll.busy} onClick=${() => endAll.run()}>End all<//>`}
    <${Button} onClick=${onClose}>Close<//>`;
  return html`<${Dialog} title=${`Sessions of ${user.username}`} onClose=${onClose} footer=${footer}>
    ${error && html`<${Problem} error=${error} />`}
    <${Parts} parts=${parts} label="Sessions" row=${row} empty=${{ icon: 'history', title: 'Not logged in anywhere' }} />
  <//>`;
}
