// Menus that open from a button.

import { html, useId, useLayoutEffect, useRef, useState } from '../vendor.js';
import { IconButton } from './button.js';
import { Icon } from './icon.js';
import { useRoving } from './roving.js';

/**
 * A button that opens a menu. Absent items (null, false) are left out.
 *
 * @param {{label: string, icon?: string, trigger?: (attributes: any) => any,
 *   items: ({label: string, icon?: string, danger?: boolean, detail?: string, onSelect: () => void} | null | false)[]}} props
 *   `trigger` makes another button than one with an icon from its attributes.
 */
export function Menu({ label, icon = 'more', trigger, items }) {
  const [open, setOpen] = useState(false);
  const button = useRef(/** @type {HTMLElement | null} */ (null));
  const id = useId();
  const attributes = {
    'aria-haspopup': 'menu',
    'aria-expanded': open ? 'true' : 'false',
    'aria-controls': open ? id : undefined,
    onClick: (event) => {
      button.current = event.currentTarget;
      setOpen(!open);
    },
    onKeyDown: (event) => {
      if (event.key !== 'ArrowDown' || open) return;
      event.preventDefault();
      event.stopPropagation();
      button.current = event.currentTarget;
      setOpen(true);
    },
  };
  const close = (focus) => {
    setOpen(false);
    if (focus) button.current?.focus();
  };
  return html`
    ${trigger ? trigger(attributes) : html`<${IconButton} label=${label} icon=${icon} ...${attributes} />`}
    ${open && html`<${MenuList} id=${id} label=${label} items=${items} anchor=${button} onClose=${close} />`}`;
}

function MenuList({ id, label, items, anchor, onClose }) {
  const roving = useRoving();
  useLayoutEffect(() => {
    const menu = roving.ref.current;
    menu.showPopover();
    place(menu, anchor.current);
    menu.querySelector('[data-roving]')?.focus();
    const toggled = (event) => event.newState === 'closed' && onClose(menu.contains(document.activeElement));
    menu.addEventListener('toggle', toggled);
    return () => menu.removeEventListener('toggle', toggled);
  }, []);
  const keys = (event) => {
    roving.onKeyDown(event);
    if (event.key === 'Tab') onClose(true);
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    onClose(true);
  };
  return html`<div ref=${roving.ref} id=${id} class="menu" role="menu" aria-label=${label} popover="auto"
    onKeyDown=${keys} onFocusIn=${roving.onFocusIn}>
    ${items.filter(Boolean).map((item) => html`<button type="button" role="menuitem" data-roving key=${item.label}
      class=${`menu-item${item.danger ? ' menu-danger' : ''}`}
      onClick=${() => {
        onClose(true);
        item.onSelect();
      }}>
      ${item.icon && html`<${Icon} name=${item.icon} size=${18} />`}<span>${item.label}</span>
      ${item.detail && html`<kbd aria-hidden="true">${item.detail}</kbd>`}
    </button>`)}
  </div>`;
}

const GAP = 6;

/** Places a menu below its button, or above where there is more space, and within the window. */
export function place(menu, anchor) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = at.bottom + GAP + height <= window.innerHeight || at.top < height + GAP;
  const top = below ? at.bottom + GAP : at.top - GAP - height;
  const left = at.left + width <= window.innerWidth - GAP ? at.left : at.right - width;
  menu.style.top = `${Math.max(GAP, Math.min(top, window.innerHeight - height - GAP))}px`;
  menu.style.left = `${Math.max(GAP, left)}px`;
}
