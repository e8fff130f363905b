// The dialog of what a person may choose for this browser.

import { html, useState } from '../vendor.js';
import { docs } from '../state/links.js';
import { allowNotifications, notificationState } from '../state/notifications.js';
import { notifications, theme } from '../state/settings.js';
import { closeDialog } from '../state/view.js';
import { Dialog } from '../ui/dialog.js';
import { Choice } from '../ui/field.js';

const THEMES = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

export function Settings() {
  return html`<${Dialog} title="Settings" onClose=${closeDialog}>
    <${Choice} label="Colours" name="theme" value=${theme.value} onChange=${(value) => (theme.value = value)} options=${THEMES} />
    <${Notifications} />
    <p class="field-note settings-links">Parlor has an open API: <a href=${docs()} target="_blank" rel="noreferrer">documentation</a></p>
  <//>`;
}

const NOTES = {
  unsupported: 'This browser shows no notifications.',
  denied: 'The browser blocks them. Allow notifications for this address in the settings of the browser.',
};

function Notifications() {
  const [state, setState] = useState(notificationState());
  const change = async (event) => {
    const box = event.currentTarget;
    if (!box.checked) return (notifications.value = false);
    const now = await allowNotifications();
    setState(now);
    notifications.value = now === 'granted';
    box.checked = notifications.value;
    return undefined;
  };
  const blocked = state in NOTES;
  return html`<fieldset class="choice">
    <legend>Notifications</legend>
    <label class="choice-option">
      <input type="checkbox" checked=${notifications.value && !blocked} disabled=${blocked} onChange=${change} />
      <span><strong>Tell me about new messages</strong>
        <small>${NOTES[state] ?? 'Direct messages and mentions, while this page is in the background'}</small></span>
    </label>
  </fieldset>`;
}
