// Lists the pinned messages of a room, latest pin first.

import { html } from '../vendor.js';
import { useStore } from '../state/live.js';
import { IconButton } from '../ui/button.js';
import { useRoving } from '../ui/roving.js';
import { Empty, Problem, Skeleton } from '../ui/states.js';
import { useLoad } from '../ui/task.js';
import { MessageCard } from './card.js';
import { viewOf } from './views.js';

/** @param {{roomId: string}} props */
export function PinsPanel({ roomId }) {
  const view = viewOf(roomId);
  const { error, retry } = useLoad(() => view.store.loadPins(roomId), [roomId]);
  const roving = useRoving({ letters: false });
  const pins = useStore(`pins:${roomId}`, (store) => store.pins(roomId));
  if (error && !pins) return html`<${Problem} error=${error} onRetry=${retry} />`;
  if (!pins) return html`<${Skeleton} rows=${3} />`;
  if (pins.length === 0) {
    return html`<${Empty} icon="pin" title="Nothing is pinned">
      ${view.mayPin() ? 'Pin a message from its menu to keep it at hand for everybody.' : 'Admins of this room can pin messages.'}
    <//>`;
  }
  return html`<ul class="found-list" aria-label="Pinned messages" ref=${roving.ref} onKeyDown=${roving.onKeyDown} onFocusIn=${roving.onFocusIn}>
    ${pins.map((message) => html`<${MessageCard} key=${message.id} message=${message} onOpen=${() => view.jumpTo(message.id)}>
      ${view.mayPin() && html`<${IconButton} label="Unpin" icon="close" size=${16} onClick=${() => view.pin(message, false)} />`}
    <//>`)}
  </ul>`;
}
