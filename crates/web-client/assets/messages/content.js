// Shows what a person wrote: text, links, code and mentions, each as an element whose content is text.

import { html } from '../vendor.js';
import { isOnlyEmoji, segments } from './text.js';

/**
 * @param {{message: any, me: string, active: boolean, children?: any}} props `me` is the id of the reader, whose mentions
 *   stand out; the links of the `active` message take part in the order of Tab
 */
export function Content({ message, me, active, children }) {
  const { content, mentions, mentionsRoom } = message;
  if (!content) return children ? html`<div class="message-text">${children}</div>` : null;
  const large = isOnlyEmoji(content) ? 'message-text only-emoji' : 'message-text';
  const shown = segments(content, mentions ?? [], mentionsRoom).map((segment) => show(segment, me, active));
  return html`<div class=${large} dir="auto">${shown}${children}</div>`;
}

/** @param {import('./text.js').Segment} segment @param {string} me @param {boolean} active */
function show(segment, me, active) {
  switch (segment.kind) {
    case 'link':
      return html`<a href=${segment.href} target="_blank" rel="noopener noreferrer" tabindex=${active ? 0 : -1}>${segment.text}</a>`;
    case 'code':
      return html`<code>${segment.text}</code>`;
    case 'block':
      return html`<pre tabindex="-1"><code>${segment.text}</code></pre>`;
    case 'mention':
      return html`<span class=${segment.userId === null || segment.userId === me ? 'mention of-me' : 'mention'}>${segment.text}</span>`;
    default:
      return segment.text;
  }
}
