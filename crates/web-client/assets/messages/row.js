// Shows one message: who wrote it and when, what it answers, its words and file, and what people added to it.

import { html, useComputed, useEffect, useState } from '../vendor.js';
import { Avatar } from '../ui/avatar.js';
import { Attachment } from './attachment.js';
import { Content } from './content.js';
import { Editor } from './editor.js';
import { Reactions } from './reactions.js';
import { Toolbar } from './toolbar.js';
import { oneLine } from './text.js';
import { fullTime, listTime, timeOfDay } from '../ui/time.js';
import { counted } from '../ui/words.js';

/**
 * @param {{view: import('./view.js').RoomView, rowKey: string, message: any, first: boolean, isStop: boolean}} props
 *   `first` is true for the first message of a group, which names the author; `isStop` for the one in the order of Tab
 */
export function MessageRow({ view, rowKey, message, first, isStop }) {
  const active = useComputed(() => view.focus.activeKey.value === rowKey).value;
  const hasTools = useComputed(() => (view.hoveredKey.value ?? view.focus.focusedKey.value) === rowKey || view.menuKey.value === rowKey).value;
  const flashed = useComputed(() => view.flashKey.value === rowKey).value;
  const editing = useComputed(() => view.editingKey.value === rowKey).value;
  const state = message.state ?? 'sent';
  const isGone = Boolean(message.deletedAt);
  const isForMe = message.mentionsRoom || message.mentions?.some((user) => user.id === view.me.id);
  const classes = ['row', 'message', first && 'first', state !== 'sent' && state, isGone && 'gone', isForMe && 'for-me',
    flashed && 'flashed', message.pinnedAt && 'pinned'].filter(Boolean).join(' ');
  return html`
    <div class=${classes} role="listitem" data-key=${rowKey} data-message-id=${message.id ?? ''} tabindex=${isStop ? 0 : -1}
      aria-label=${spoken(message)} aria-live=${message.sender.id === view.me.id ? 'off' : undefined}>
      <div class="message-side" aria-hidden="true">
        ${first ? html`<${Avatar} name=${message.sender.username} />` : html`<time class="message-hour">${timeOfDay(message.createdAt)}</time>`}
      </div>
      <div class="message-body">
        ${first && html`<div class="message-head">
          <span class="message-author">${message.sender.username}</span>
          <time datetime=${message.createdAt} title=${fullTime(message.createdAt)}>${timeOfDay(message.createdAt)}</time>
          ${message.pinnedAt && html`<span class="message-mark">Pinned</span>`}
        </div>`}
        ${message.replyTo && html`<${Quote} view=${view} quoted=${message.replyTo} active=${active} />`}
        ${isGone ? html`<p class="message-gone">This message was deleted</p>`
          : editing ? html`<${Editor} view=${view} message=${message} />`
          : html`
            ${message.type !== 'text' && html`<${Attachment} view=${view} message=${message} active=${active} />`}
            <${Content} message=${message} me=${view.me.id} active=${active}>
              ${message.editedAt && html`<${Edited} view=${view} message=${message} active=${active} />`}
            <//>
          `}
        ${!isGone && message.reactions?.length > 0 && html`<${Reactions} view=${view} message=${message} active=${active} />`}
        ${message.thread && !view.threadId && html`<${ThreadSummary} view=${view} message=${message} active=${active} />`}
        ${state !== 'sent' && html`<${Unsent} view=${view} message=${message} />`}
      </div>
      ${hasTools && !editing && state === 'sent' && !isGone && html`<${Toolbar} view=${view} rowKey=${rowKey} message=${message} />`}
    </div>`;
}

/** Says a message in one line, for those who do not see it. @param {any} message */
function spoken(message) {
  const { sender, createdAt, deletedAt, editedAt, content, file, reactions, thread, state } = message;
  return [
    `${sender.username}, ${timeOfDay(createdAt)}`,
    state === 'failed' ? 'not sent' : state === 'pending' ? 'sending' : '',
    deletedAt ? 'deleted message' : [file && `${message.type === 'image' ? 'image' : 'file'} ${file.name}`, oneLine(content, 400)].filter(Boolean).join(', '),
    editedAt && !deletedAt ? 'edited' : '',
    reactions?.length ? `reactions: ${reactions.map(({ emoji, count }) => `${emoji} ${count}`).join(', ')}` : '',
    thread ? `${counted(thread.replyCount, 'reply', 'replies')} in thread` : '',
  ].filter(Boolean).join('; ');
}

function Quote({ view, quoted, active }) {
  const words = quoted.deletedAt ? 'Deleted message' : oneLine(quoted.content) || 'A file';
  return html`<button type="button" class="quote" tabindex=${active ? 0 : -1} onClick=${() => view.jumpTo(quoted.id)}
    title="Jump to the original message">
    <span class="quote-author">${quoted.sender.username}</span>
    <span class="quote-words" dir="auto">${words}</span>
  </button>`;
}

function Edited({ view, message, active }) {
  const mayOpen = view.mayReadHistory(message);
  const title = `Edited ${fullTime(message.editedAt)}`;
  return mayOpen
    ? html`<button type="button" class="edited" tabindex=${active ? 0 : -1} title=${title} onClick=${() => view.openHistory(message)}>edited</button>`
    : html`<span class="edited" title=${title}>edited</span>`;
}

function ThreadSummary({ view, message, active }) {
  const { replyCount, lastReplyAt } = message.thread;
  return html`<button type="button" class="thread-summary" tabindex=${active ? 0 : -1} onClick=${() => view.openThread(message.id)}>
    <strong>${counted(replyCount, 'reply', 'replies')}</strong>
    ${lastReplyAt && html`<span>${listTime(lastReplyAt)}</span>`}
  </button>`;
}

/** A message that the server does not answer for this long is offered to be sent again or discarded. */
const PATIENCE_MS = 4000;

function Unsent({ view, message }) {
  const { state, failure, createdAt } = message;
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), Math.max(0, Date.parse(createdAt) + PATIENCE_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [createdAt]);
  if (state === 'pending' && !isLate) return html`<p class="message-state">Sending…</p>`;
  const words = state === 'failed' ? `Not sent${failure ? `: ${failure}` : ''}` : 'Not sent yet. It is sent when the connection is back.';
  return html`<p class=${`message-state ${state}`} role="status">
    <span>${words}</span>
    <button type="button" class="link" onClick=${() => view.retry(message)}>Retry</button>
    <button type="button" class="link" onClick=${() => view.discard(message)}>Discard</button>
  </p>`;
}
