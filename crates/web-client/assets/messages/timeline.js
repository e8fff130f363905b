// Shows the messages of a room or thread. Only rows near the view are in the document; the arrow keys move between them.
// While the reader is at the end, rows that are added are new messages, and are read to those who do not see them.

import { html, useLayoutEffect, useMemo, useRef, useState } from '../vendor.js';
import { MessageRow } from './row.js';
import { arrange } from './rows.js';
import { dayName } from '../ui/time.js';

/** @param {{view: import('./view.js').RoomView, label: string, start: any}} props `start` stands before the first message */
export function Timeline({ view, label, start }) {
  const { scroller, conversation } = view;
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  const [, setCount] = useState(0);
  const messages = conversation.messages.value ?? [];
  const hasOlder = conversation.hasOlder.value;
  const firstUnread = view.marks.unreadFrom.value;
  // Where older unread messages are still to be loaded, the line stands above them, not here.
  const isLoaded = firstUnread !== null && (!hasOlder || messages[0]?.seq <= firstUnread);
  const rows = useMemo(() => [
    { key: 'start', kind: hasOlder ? 'loading' : 'start' },
    ...arrange(messages, isLoaded ? firstUnread : null),
  ], [messages, firstUnread, isLoaded, hasOlder]);
  scroller.endsLatest = !conversation.hasNewer.value;
  scroller.onRange = () => setCount((count) => count + 1);
  scroller.onView = (first, last) => view.marks.lineIs(placeOf(rows.findIndex((row) => row.kind === 'unread'), first, last, firstUnread !== null && !isLoaded));
  scroller.onEdge = (edge) => view.places.nearEdge(edge);
  const { start: from, end } = scroller.arrange(rows);
  const shown = rows.slice(from, end);
  const stop = stopOf(shown, view.focus.activeKey.value);
  view.rows = rows;
  useLayoutEffect(() => {
    view.focus.attach(element.current);
    return scroller.attach(element.current);
  }, [scroller]);
  useLayoutEffect(() => {
    view.places.placeFirst();
    scroller.settle();
    view.focus.rendered();
  });

  return html`<div ref=${element} class="timeline" tabindex="-1" role="log" aria-label=${label} aria-relevant="additions"
    aria-live=${scroller.atEnd.value ? 'polite' : 'off'} onKeyDown=${(event) => onKeyDown(event, view, element.current)}
    onFocusIn=${(event) => view.focus.moved(rowOf(event.target)?.dataset.key ?? null)}
    onFocusOut=${(event) => view.focus.moved(rowOf(event.relatedTarget)?.dataset.key ?? null)}
    onPointerOver=${(event) => hover(event, view, rowOf(event.target)?.dataset.key ?? null)} onPointerLeave=${(event) => hover(event, view, null)}>
    <div class="timeline-space">
      <div class="timeline-rows" role="list">
        ${shown.map((row) => html`<${Row} key=${row.key} view=${view} row=${row} start=${start} isStop=${row.key === stop} />`)}
      </div>
    </div>
  </div>`;
}

/** @param {number} line @param {number} first @param {number} last @param {boolean} isOlder true if a line that is not there may be in older messages */
function placeOf(line, first, last, isOlder) {
  if (line < 0) return isOlder ? 'above' : 'nowhere';
  return line < first ? 'above' : line > last ? 'below' : 'in view';
}

/** The message in the order of Tab: the one that had the focus last, or else the last that is rendered. */
function stopOf(shown, activeKey) {
  return shown.some((row) => row.key === activeKey) ? activeKey : shown.findLast((row) => row.kind === 'message')?.key;
}

function Row({ view, row, start, isStop }) {
  switch (row.kind) {
    case 'message':
      return html`<${MessageRow} view=${view} rowKey=${row.key} message=${row.message} first=${row.first} isStop=${isStop} />`;
    case 'day':
      return html`<div class="row day" role="listitem" data-key=${row.key}><span>${dayName(row.date)}</span></div>`;
    case 'unread':
      return html`<div class="row unread-line" role="listitem" data-key=${row.key}><span>New</span></div>`;
    case 'loading':
      return html`<div class="row loading-row" role="listitem" data-key=${row.key}><span class="spinner" aria-hidden="true" />
        <span class="visually-hidden">Loading older messages</span></div>`;
    default:
      return html`<div class="row start-row" role="listitem" data-key=${row.key}>${start}</div>`;
  }
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
function rowOf(target) {
  return target instanceof Element ? target.closest('.message') : null;
}

/** Shows the tools of the message under the mouse, unless another one's menu is open. */
function hover(event, view, key) {
  if (event.pointerType !== 'mouse' || event.currentTarget.querySelector('.toolbar [aria-expanded="true"]')) return;
  view.hoveredKey.value = key;
}

/**
 * Moves between messages, and acts on the one that has the focus.
 *
 * @param {KeyboardEvent} event
 * @param {import('./view.js').RoomView} view
 * @param {HTMLElement} element
 */
function onKeyDown(event, view, element) {
  const row = rowOf(event.target);
  if (event.target !== row && event.target !== element) {
    // Inside a message Escape leads back to it.
    if (event.key === 'Escape' && row && !event.defaultPrevented) row.focus();
    return;
  }
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const moved = moveTo(event.key, view);
  const act = !moved && row && actOn(event.key, row.dataset.key, view);
  if (moved || act) {
    event.preventDefault();
    event.stopPropagation();
  }
}

/** @param {string} key @param {import('./view.js').RoomView} view */
function moveTo(key, view) {
  const messages = view.rows.filter((row) => row.kind === 'message');
  const at = messages.findIndex((row) => row.key === view.focus.activeKey.peek());
  const last = messages.length - 1;
  const steps = { ArrowUp: -1, ArrowDown: 1, PageUp: -8, PageDown: 8, Home: -Infinity, End: Infinity };
  if (!(key in steps) || last < 0) return false;
  const to = at < 0 ? last : Math.max(0, Math.min(last, at + steps[key]));
  if (at === last && steps[key] > 0) view.focusComposer();
  else view.focus.message(messages[to].key);
  return true;
}

/**
 * Does what a key stands for on a message.
 *
 * @param {string} pressed
 * @param {string} key
 * @param {import('./view.js').RoomView} view
 */
function actOn(pressed, key, view) {
  const message = view.rows.find((row) => row.key === key)?.message;
  if (!message || message.state || message.deletedAt) return false;
  switch (pressed) {
    case 'e':
      view.focus.cameFromComposer = false;
      return view.mayEdit(message) && (view.beginEdit(message), true);
    case 'r':
      return view.replyTo(message), true;
    case 't':
      return !view.threadId && (view.openThread(message.id), true);
    case 'c':
      return message.content && (view.copy(message.content, 'Text copied'), true);
    case '+':
      return view.openPicker(key, message), true;
    case 'Delete':
    case 'Backspace':
      return view.mayDelete(message) && (view.confirmDelete(message), true);
    case 'Enter':
    case 'm':
      return view.focus.element(key)?.querySelector('[aria-haspopup="menu"]')?.click(), true;
    default:
      return false;
  }
}
