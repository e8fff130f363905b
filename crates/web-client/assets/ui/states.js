// What stands where content is absent: nothing yet, not there yet, or failed.

import { html } from '../vendor.js';
import { Button } from './button.js';
import { Icon } from './icon.js';

/** Says that there is nothing, and what to do. */
export function Empty({ icon = 'message', title, children }) {
  return html`<div class="empty">
    <span class="empty-sign"><${Icon} name=${icon} size=${28} /></span>
    <p class="empty-title">${title}</p>
    ${children && html`<div class="empty-text">${children}</div>`}
  </div>`;
}

/** Grey rows in the place of a list that loads. */
export function Skeleton({ rows = 4, label = 'Loading' }) {
  return html`<div class="skeleton" role="status" aria-label=${label}>
    ${Array.from({ length: rows }, (_, index) => html`<div key=${index} class="skeleton-row"><i /><b /></div>`)}
  </div>`;
}

/** Says what failed, and offers to try it again. */
export function Problem({ error, onRetry }) {
  return html`<div class="problem" role="alert">
    <${Icon} name="warning" />
    <p>${error?.message ?? String(error)}</p>
    ${onRetry && html`<${Button} small onClick=${onRetry}>Try again<//>`}
  </div>`;
}
