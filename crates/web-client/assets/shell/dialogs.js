// The dialogs by name.

import { html } from '../vendor.js';
import { closeDialog, dialog } from '../state/view.js';
import { Delete, Leave, Remove } from './confirm.js';
import { Invite } from './invite.js';
import { NewDirect } from './new-direct.js';
import { NewRoom } from './new-room.js';
import { Password } from './password.js';
import { Settings } from './settings.js';
import { Shortcuts } from './shortcuts.js';

const DIALOGS = {
  'new-room': NewRoom,
  'new-direct': NewDirect,
  invite: Invite,
  leave: Leave,
  delete: Delete,
  remove: Remove,
  password: Password,
  settings: Settings,
  shortcuts: Shortcuts,
};

export function Dialogs() {
  const { name, ...about } = dialog.value ?? { name: '' };
  const Shown = DIALOGS[name];
  if (!Shown) return void closeDialog();
  return html`<${Shown} key=${name} ...${about} />`;
}
