// Offers what can be done with a message: quick reactions, a reply, and a menu with the rest.

import { html, useLayoutEffect, useRef } from '../vendor.js';
import { IconButton } from '../ui/button.js';
import { Menu } from '../ui/menu.js';
import { recentEmoji } from './recent-emoji.js';

/** @param {{view: import('./view.js').RoomView, rowKey: string, message: any}} props */
export function Toolbar({ view, rowKey, message }) {
  const quick = recentEmoji().slice(0, 2);
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    // Above the first message in view there is no place for it.
    const top = element.current.closest('.timeline').getBoundingClientRect().top;
    element.current.classList.toggle('below', element.current.getBoundingClientRect().top < top);
  }, []);
  return html`<div ref=${element} class="toolbar" role="toolbar" aria-label="Message actions" aria-live="off">
    ${quick.map((emoji) => html`<button type="button" key=${emoji} class="icon-button quick-reaction"
      aria-label=${`React with ${emoji}`} title=${`React with ${emoji}`}
      onClick=${() => view.react(message, emoji)}>${emoji}</button>`)}
    <${IconButton} class="tool-react" label="Add reaction" icon="emoji" size=${18} onClick=${(event) => view.openPicker(rowKey, message, event.currentTarget)} />
    <${IconButton} label="Reply" icon="reply" size=${18} onClick=${() => view.replyTo(message)} />
    ${!view.threadId && !message.threadId && html`<${IconButton} label=${message.thread ? 'Open thread' : 'Reply in thread'} icon="thread" size=${18}
      onClick=${() => view.openThread(message.id)} />`}
    <${Menu} label="More actions" items=${items(view, message)} />
  </div>`;
}

/** @param {import('./view.js').RoomView} view @param {any} message */
function items(view, message) {
  const { content } = message;
  return [
    view.mayEdit(message) && { label: 'Edit', icon: 'edit', detail: 'E', onSelect: () => view.beginEdit(message) },
    { label: 'Reply', icon: 'reply', detail: 'R', onSelect: () => view.replyTo(message) },
    { label: 'Add reaction', icon: 'emoji', detail: '+', onSelect: () => view.openPicker(view.keyOf(message), message) },
    content && { label: 'Copy text', icon: 'copy', detail: 'C', onSelect: () => view.copy(content, 'Text copied') },
    { label: 'Copy link', icon: 'link', onSelect: () => view.copyLink(message) },
    view.mayPin() && { label: message.pinnedAt ? 'Unpin' : 'Pin', icon: 'pin', onSelect: () => view.pin(message, !message.pinnedAt) },
    { label: 'Read by', icon: 'check', onSelect: () => view.openReaders(message) },
    { label: 'Mark as unread', icon: 'mail', onSelect: () => view.markUnread(message) },
    message.editedAt && view.mayReadHistory(message)
      && { label: 'Edit history', icon: 'history', onSelect: () => view.openHistory(message) },
    view.mayDelete(message)
      && { label: 'Delete', icon: 'trash', detail: 'Del', danger: true, onSelect: () => view.confirmDelete(message) },
  ];
}
