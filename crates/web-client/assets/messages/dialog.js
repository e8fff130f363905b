// The dialog that is open over a list of messages; each kind is loaded when it is first opened.

import { html } from '../vendor.js';
import { lazy } from './lazy.js';

const dialogs = {
  delete: lazy(() => import('./message-dialogs.js'), 'DeleteDialog', { quiet: true }),
  history: lazy(() => import('./message-dialogs.js'), 'HistoryDialog', { quiet: true }),
  readers: lazy(() => import('./message-dialogs.js'), 'ReadersDialog', { quiet: true }),
  viewer: lazy(() => import('./viewer.js'), 'Viewer', { quiet: true }),
  picker: lazy(() => import('./picker.js'), 'EmojiPicker', { quiet: true }),
};

/** @param {{view: import('./view.js').RoomView}} props */
export function MessageDialog({ view }) {
  const open = view.dialog.value;
  if (!open) return null;
  const { name, ...about } = open;
  return html`<${dialogs[name]} key=${name} view=${view} ...${about} onClose=${() => view.closeDialog()} />`;
}
