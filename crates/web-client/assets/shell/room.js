// A room: its header, its messages, and the panel beside them.

import { html, useLayoutEffect, useRef } from '../vendor.js';
import { MessagePane } from '../messages/pane.js';
import { messagePanels } from '../messages/panels.js';
import { rooms, useRoom } from '../state/rooms.js';
import { closePanel, route } from '../state/route.js';
import { IconButton } from '../ui/button.js';
import { Skeleton } from '../ui/states.js';
import { departing } from './departures.js';
import { useFocusKept } from './focus.js';
import { MembersPanel } from './members.js';
import { Preview } from './preview.js';
import { RoomHeader } from './room-header.js';
import { SettingsPanel } from './room-settings.js';

const PANELS = {
  members: { title: 'Members', Panel: MembersPanel },
  settings: { title: 'About this room', Panel: SettingsPanel },
};

export function RoomView({ roomId }) {
  const room = useRoom(roomId);
  useFocusKept(roomId, [Boolean(room)]);
  const { panel, argument } = route.value;
  if (!room) {
    // Until the rooms are known nobody can say if this is one of the person's own.
    return rooms.value && departing.value !== roomId
      ? html`<${Preview} roomId=${roomId} />`
      : html`<main class="room" id="main" tabindex="-1"><${Skeleton} rows=${7} label="Loading the room" /></main>`;
  }
  const shown = panel && (PANELS[panel] ?? messagePanels[panel]);
  return html`<div class=${`room-and-panel${shown ? ' has-panel' : ''}`}>
    <main class="room" id="main" tabindex="-1" aria-labelledby="room-title">
      <${RoomHeader} room=${room} panel=${shown ? panel : null} />
      <${MessagePane} roomId=${roomId} />
    </main>
    ${shown && html`<${SidePanel} key=${panel} title=${shown.title}>
      <${shown.Panel} roomId=${roomId} room=${room} argument=${argument} />
    <//>`}
  </div>`;
}

/** The panel takes the focus, and gives it back when it closes. */
function SidePanel({ title, children }) {
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    const before = document.activeElement;
    const panel = element.current;
    if (!panel.contains(before)) panel.focus();
    return () => {
      if (!panel.contains(document.activeElement)) return;
      if (before instanceof HTMLElement && before.isConnected && before !== document.body) before.focus();
      else document.getElementById('main')?.focus();
    };
  }, []);
  const keys = (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    closePanel();
  };
  return html`<aside ref=${element} class="panel" tabindex="-1" aria-labelledby="panel-title" onKeyDown=${keys}>
    <header class="panel-head">
      <${IconButton} class="only-phone" label="Back to the room" icon="back" onClick=${closePanel} />
      <h2 id="panel-title">${title}</h2>
      <${IconButton} class="not-phone" label="Close panel" icon="close" onClick=${closePanel} />
    </header>
    <div class="panel-body">${children}</div>
  </aside>`;
}
