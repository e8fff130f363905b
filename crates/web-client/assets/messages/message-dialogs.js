// Dialogs about one message: its former words, its readers, its deletion.

import { html } from '../vendor.js';
import { Avatar } from '../ui/avatar.js';
import { Confirm } from '../ui/confirm.js';
import { Dialog } from '../ui/dialog.js';
import { Empty, Problem, Skeleton } from '../ui/states.js';
import { useLoad } from '../ui/task.js';
import { oneLine } from './text.js';
import { fullTime } from '../ui/time.js';

const MOST = 100;

/** @param {{view: import('./view.js').RoomView, message: any, onClose: () => void}} props */
export function HistoryDialog({ view, message, onClose }) {
  const { data, error, loading, retry } = useLoad(() => view.parlor.messages.history(view.roomId, message.id, { limit: MOST }).then((page) => page.data), [message.id]);
  return html`<${Dialog} title="Edit history" onClose=${onClose}>
    ${error ? html`<${Problem} error=${error} onRetry=${retry} />` : loading && !data ? html`<${Skeleton} rows=${2} />`
      : html`<ol class="versions">
        ${[...data].reverse().map((version, index) => html`<li key=${version.changedAt} class="version">
          <p class="version-time">${index === 0 ? 'Now, since ' : ''}<time datetime=${version.changedAt}>${fullTime(version.changedAt)}</time></p>
          <p class="version-words" dir="auto">${version.content || 'Without words'}</p>
        </li>`)}
      </ol>`}
  <//>`;
}

/** @param {{view: import('./view.js').RoomView, message: any, onClose: () => void}} props */
export function ReadersDialog({ view, message, onClose }) {
  const { data, error, loading, retry } = useLoad(() => view.parlor.messages.readers(view.roomId, message.id, { limit: MOST }), [message.id]);
  const more = data ? data.pagination.total - data.data.length : 0;
  return html`<${Dialog} title="Read by" onClose=${onClose}>
    ${error ? html`<${Problem} error=${error} onRetry=${retry} />` : loading && !data ? html`<${Skeleton} rows=${3} />`
      : data.data.length === 0 ? html`<${Empty} icon="check" title="Nobody has read this yet" />`
      : html`<ul class="readers">
        ${data.data.map(({ user }) => html`<li key=${user.id}><${Avatar} name=${user.username} size="small" /><span>${user.username}</span></li>`)}
        ${more > 0 && html`<li>${more} more</li>`}
      </ul>`}
  <//>`;
}

/** @param {{view: import('./view.js').RoomView, message: any, onClose: () => void}} props */
export function DeleteDialog({ view, message, onClose }) {
  const own = message.sender.id === view.me.id;
  return html`<${Confirm} title=${own ? 'Delete your message?' : `Delete the message of ${message.sender.username}?`} act="Delete"
    run=${() => view.remove(message)} onClose=${onClose}>
    <blockquote class="quoted" dir="auto">${oneLine(message.content) || message.file?.name}</blockquote>
    <p>It disappears for everybody. A note that it was deleted stays in its place.</p>
  <//>`;
}
