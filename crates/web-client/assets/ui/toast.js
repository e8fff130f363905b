// Short notices at the edge of the window, and words for screen readers alone.

import { html, signal } from '../vendor.js';
import { Button, IconButton } from './button.js';

const SHOWN_MS = 6000;

/** @type {import('../vendor.js').Signal} */
const toasts = signal([]);
const spoken = signal('');
let count = 0;

/**
 * Shows a notice. Those with an action and those of errors stay until they are closed.
 *
 * @param {string} text
 * @param {{kind?: 'note' | 'error', action?: {label: string, run: () => void}}} [options]
 */
export function notify(text, { kind = 'note', action } = {}) {
  const id = (count += 1);
  // The same words twice are one notice.
  toasts.value = [...toasts.value.filter((toast) => toast.text !== text), { id, text, kind, action }].slice(-3);
  if (kind === 'note' && !action) setTimeout(() => dismiss(id), SHOWN_MS);
}

/** Shows why a call failed, unless it was ended on purpose. @param {any} error */
export function notifyError(error) {
  if (error?.name !== 'AbortError') notify(error?.message ?? String(error), { kind: 'error' });
}

/** Says something to screen readers. @param {string} text */
export function announce(text) {
  // A changed text is read; the same one again would not be.
  spoken.value = spoken.value === text ? `${text}\u00a0` : text;
}

function dismiss(id) {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** Closes every notice. */
export function clearNotices() {
  toasts.value = [];
}

/** The places of notices; in the page once. */
export function Toasts() {
  return html`<div class="toasts">
    <div class="visually-hidden" role="status" aria-live="polite">${spoken}</div>
    <div role="status" aria-live="polite" aria-label="Notices">
      ${toasts.value.map((toast) => html`<div key=${toast.id} class=${`toast toast-${toast.kind}`}>
        <span>${toast.text}</span>
        ${toast.action && html`<${Button} kind="quiet" small onClick=${() => {
          dismiss(toast.id);
          toast.action.run();
        }}>${toast.action.label}<//>`}
        <${IconButton} label="Dismiss" icon="close" size=${16} onClick=${() => dismiss(toast.id)} />
      </div>`)}
    </div>
  </div>`;
}
