// Buttons.

import { html } from '../vendor.js';
import { Icon } from './icon.js';

/**
 * A button with words. While `busy` it keeps its focus and does nothing.
 *
 * @param {{kind?: 'primary' | 'plain' | 'quiet' | 'danger', icon?: string, busy?: boolean, wide?: boolean, small?: boolean,
 *   children?: any, onClick?: (event: Event) => void, [attribute: string]: any}} props
 */
export function Button({ kind = 'plain', icon, busy = false, wide, small, children, onClick, ...rest }) {
  const classes = `button button-${kind}${wide ? ' button-wide' : ''}${small ? ' button-small' : ''}`;
  return html`<button type="button" class=${classes} aria-busy=${busy ? 'true' : undefined}
    onClick=${(event) => (busy ? event.preventDefault() : onClick?.(event))} ...${rest}>
    ${icon && html`<${Icon} name=${icon} size=${18} />`}<span>${children}</span>
    ${busy && html`<span class="spinner" aria-hidden="true" />`}
  </button>`;
}

/**
 * A button with an icon, whose `label` is read by screen readers and shown as a hint.
 *
 * @param {{label: string, icon: string, size?: number, [attribute: string]: any}} props
 */
export function IconButton({ label, icon, size = 20, ...rest }) {
  const { class: more = '', ...others } = rest;
  return html`<button type="button" class=${`icon-button ${more}`} aria-label=${label} title=${label} ...${others}>
    <${Icon} name=${icon} size=${size} />
  </button>`;
}
