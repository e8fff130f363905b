// Lists of which one element takes part in the order of Tab: the arrow keys move within them.

import { useLayoutEffect, useRef } from '../vendor.js';

const NEXT = { vertical: 'ArrowDown', horizontal: 'ArrowRight' };
const PREVIOUS = { vertical: 'ArrowUp', horizontal: 'ArrowLeft' };

/**
 * Gives a container a roving focus over its elements with `data-roving`. Arrow keys, Home and End move it; letters go to the
 * next element whose text begins with them.
 *
 * @param {{orientation?: 'vertical' | 'horizontal', letters?: boolean}} [options]
 * @returns {{ref: any, onKeyDown: (event: KeyboardEvent) => void, onFocusIn: (event: FocusEvent) => void}} attributes of
 *   the container
 */
export function useRoving({ orientation = 'vertical', letters = true } = {}) {
  const container = useRef(/** @type {HTMLElement | null} */ (null));
  const items = () => /** @type {HTMLElement[]} */ ([...(container.current?.querySelectorAll('[data-roving]') ?? [])]);
  // After each rendering exactly one element is in the order of Tab: the focused, else the current, else the first.
  useLayoutEffect(() => {
    const all = items();
    const kept = all.find((item) => item === document.activeElement)
      ?? all.find((item) => item.tabIndex === 0 && item.dataset.visited)
      ?? all.find((item) => item.getAttribute('aria-current') === 'page') ?? all[0];
    for (const item of all) item.tabIndex = item === kept ? 0 : -1;
  });
  return {
    ref: container,
    onFocusIn: (event) => {
      const all = items();
      if (!all.includes(/** @type {HTMLElement} */ (event.target))) return;
      for (const item of all) {
        item.tabIndex = item === event.target ? 0 : -1;
        if (item === event.target) item.dataset.visited = 'true';
        else delete item.dataset.visited;
      }
    },
    onKeyDown: (event) => {
      const all = items();
      const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
      if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
      const to = target(event.key, at, all, orientation, letters);
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      all[to].focus();
    },
  };
}

/** @param {string} key @param {number} at @param {HTMLElement[]} all */
function target(key, at, all, orientation, letters) {
  const last = all.length - 1;
  if (key === NEXT[orientation]) return Math.min(at + 1, last);
  if (key === PREVIOUS[orientation]) return Math.max(at - 1, 0);
  if (key === 'Home') return 0;
  if (key === 'End') return last;
  if (!letters || key.length !== 1 || key === ' ' || key === '?' || key === '/') return undefined;
  const after = [...all.slice(at + 1), ...all.slice(0, at + 1)];
  const found = after.find((item) => item.textContent.trim().toLowerCase().startsWith(key.toLowerCase()));
  return found && all.indexOf(found);
}
