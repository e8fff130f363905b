// A list of messages with all that belongs to it: ways to what is unread and to the latest, who types, the composer.

import { html, useEffect, useState } from '../vendor.js';
import { Icon } from '../ui/icon.js';
import { Problem, Skeleton } from '../ui/states.js';
import { counted } from '../ui/words.js';
import { Composer } from './composer.js';
import { MessageDialog } from './dialog.js';
import { dropTarget } from './drop.js';
import { Status } from './status.js';
import { Timeline } from './timeline.js';

/**
 * @param {{view: import('./view.js').RoomView, label: string, listLabel: string, start: any}} props `label` names the
 *   field for a message, `start` stands before the first one
 */
export function MessageView({ view, label, listLabel, start }) {
  const [dropping, setDropping] = useState(false);
  useEffect(() => view.show(), [view]);
  const messages = view.conversation.messages.value;
  const failure = view.conversation.failure.value;
  return html`<div class=${dropping ? 'messages dropping' : 'messages'} ...${dropTarget(view.composing, setDropping)}>
    <${UnreadBar} view=${view} />
    ${messages ? html`<${Timeline} view=${view} label=${listLabel} start=${start} />`
      : html`<div class="timeline-wait">${failure ? '' : html`<${Skeleton} rows=${7} label="Loading messages" />`}</div>`}
    ${failure && html`<${Problem} error=${failure} onRetry=${() => view.conversation.load()} />`}
    <${Jumps} view=${view} />
    <${Status} view=${view} />
    <${Composer} view=${view} label=${label} />
    <${MessageDialog} view=${view} />
  </div>`;
}

/** Says how much is unread above the view, and leads there. */
function UnreadBar({ view }) {
  const from = view.marks.unreadFrom.value;
  const count = view.marks.above.value;
  if (from === null || !count) return null;
  return html`<div class="unread-bar" role="region" aria-label="Unread messages">
    <button type="button" onClick=${() => view.places.toUnread()}>${counted(count, 'unread message')}</button>
    <button type="button" aria-label="Mark as read" title="Mark as read" onClick=${() => view.marks.readAll()}><${Icon} name="check" size=${18} /></button>
  </div>`;
}

function Jumps({ view }) {
  const hasNewer = view.conversation.hasNewer.value;
  const below = view.marks.below.value;
  if (view.scroller.atEnd.value && !hasNewer) return null;
  const words = below > 0 ? counted(below, 'new message') : 'Latest messages';
  return html`<div class="jumps"><button type="button" class="jump down" onClick=${() => view.places.toLatest()}>
    <${Icon} name="down" size=${18} />${words}
  </button></div>`;
}
