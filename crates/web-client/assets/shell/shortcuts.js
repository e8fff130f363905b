// Keys that work everywhere, and the dialog that lists them.

import { html } from '../vendor.js';
import { me } from '../state/client.js';
import { rooms } from '../state/rooms.js';
import { go, route, to, togglePanel } from '../state/route.js';
import { closeDialog, developer, dialog, openDialog } from '../state/view.js';
import { Dialog } from '../ui/dialog.js';

const ALL = [
  ['Everywhere', [
    [['?'], 'Show these shortcuts'],
    [['Ctrl', 'K'], 'Find a room'],
    [['Alt', '↑'], 'Previous room'],
    [['Alt', '↓'], 'Next room'],
    [['Alt', 'Shift', '↓'], 'Next room with unread messages'],
    [['Alt', 'N'], 'New message to somebody'],
    [['Alt', 'R'], 'New room'],
    [['Alt', 'J'], 'Messages that mention you'],
    [['Alt', 'A'], 'Developer drawer'],
  ]],
  ['In a room', [
    [['Alt', 'M'], 'Members'],
    [['Alt', 'I'], 'About the room'],
    [['Ctrl', 'F'], 'Search messages'],
    [['Esc'], 'Close the panel'],
    [['↑'], 'In an empty field: edit your last message'],
    [['Enter'], 'Send'],
    [['Shift', 'Enter'], 'New line'],
    [['Shift', 'Tab'], 'From the field to the messages'],
  ]],
  ['On a message', [
    [['↑', '↓'], 'Previous, next message'],
    [['Home', 'End'], 'First, last message'],
    [['Enter'], 'Menu of the message'],
    [['R'], 'Reply'],
    [['T'], 'Open its thread'],
    [['+'], 'React'],
    [['E'], 'Edit'],
    [['C'], 'Copy its text'],
    [['Del'], 'Delete'],
    [['Esc'], 'From a button back to its message'],
  ]],
  ['In lists', [
    [['↑', '↓'], 'Move'],
    [['Home', 'End'], 'First, last'],
    [['Enter'], 'Open'],
  ]],
];

/** The signs of keys where keyboards have those of Apple. @type {Record<string, string>} */
const SIGNS = /Mac|iPhone|iPad/.test(navigator.platform) ? { Ctrl: '⌘', Alt: '⌥', Shift: '⇧', Del: '⌫' } : {};

export function Shortcuts() {
  return html`<${Dialog} title="Keyboard shortcuts" onClose=${closeDialog} size="wide">
    <div class="shortcuts" tabindex="0" role="group" aria-label="All keys">
      ${ALL.map(([title, keys]) => html`<section key=${title}><h3>${title}</h3>
        <dl>${keys.map(([names, what]) => html`<div key=${what}><dt>${what}</dt>
          <dd>${names.map((name) => html`<kbd key=${name}>${SIGNS[name] ?? name}</kbd>`)}</dd></div>`)}</dl></section>`)}
    </div>
  <//>`;
}

/** Acts on the keys until the returned function is called. */
export function listenForShortcuts() {
  document.addEventListener('keydown', onKeyDown);
  return () => document.removeEventListener('keydown', onKeyDown);
}

/** @param {KeyboardEvent} event */
function onKeyDown(event) {
  if (event.defaultPrevented || event.isComposing || dialog.value || !me.value) return;
  const run = actionOf(event);
  if (!run) return;
  event.preventDefault();
  run();
}

/** @param {KeyboardEvent} event @returns {(() => void) | undefined} */
function actionOf(event) {
  const { key, code, altKey, shiftKey } = event;
  const command = (event.ctrlKey || event.metaKey) && !altKey;
  if (command && key.toLowerCase() === 'k') return findRoom;
  // The browser finds only what is drawn, and a list draws what is near; pressed again, it is the browser's turn.
  if (command && key.toLowerCase() === 'f' && route.value.roomId && route.value.panel !== 'search') {
    return () => go(to.panel(route.value.roomId, 'search'));
  }
  if (key === '?' && !isWriting(event.target)) return () => openDialog('shortcuts');
  if (!altKey || event.ctrlKey || event.metaKey) return undefined;
  if (key === 'ArrowUp') return () => step(-1, false);
  if (key === 'ArrowDown') return () => step(1, shiftKey);
  // Not `key`: with Alt some keyboards write other letters.
  return {
    KeyN: () => openDialog('new-direct'),
    KeyR: () => openDialog('new-room'),
    KeyJ: () => goTo(to.mentions()),
    KeyA: () => (developer.value = !developer.value),
    KeyM: () => togglePanel('members'),
    KeyI: () => togglePanel('settings'),
  }[code];
}

/** @param {EventTarget | null} target */
function isWriting(target) {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
}

/** Goes to a view, with the focus. @param {string} hash */
function goTo(hash) {
  go(hash);
  requestAnimationFrame(() => document.getElementById('main')?.focus());
}

function findRoom() {
  if (matchMedia('(max-width: 47.9375rem)').matches) go(to.home());
  requestAnimationFrame(() => document.getElementById('room-search')?.focus());
}

/** @param {1 | -1} by @param {boolean} unreadOnly */
function step(by, unreadOnly) {
  const all = rooms.value ?? [];
  if (all.length === 0) return;
  const at = all.findIndex(({ id }) => id === route.value.roomId);
  for (let count = 1; count <= all.length; count += 1) {
    const room = all[(((at < 0 && by < 0 ? 0 : at) + by * count) % all.length + all.length) % all.length];
    if (!unreadOnly || room.membership?.unreadCount > 0) return go(to.room(room.id));
  }
}
