// What a person chose for this browser: colours and notifications.

import { effect, signal } from '../vendor.js';

const KEY = 'parlor.settings';

/** @type {{theme: 'system' | 'light' | 'dark', notifications: boolean}} */
const chosen = { theme: 'system', notifications: false, ...read() };

/** @type {{value: 'system' | 'light' | 'dark'}} */
export const theme = signal(chosen.theme);
export const notifications = signal(chosen.notifications);

effect(() => {
  const root = document.documentElement;
  if (theme.value === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme.value;
});

effect(() => write({ theme: theme.value, notifications: notifications.value }));

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}');
  } catch {
    return {};
  }
}

/** @param {any} settings */
function write(settings) {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A browser that keeps nothing starts with the usual settings each time.
  }
}
