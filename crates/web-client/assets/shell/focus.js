// The focus when a view is replaced by another: it would fall to the page, and the keyboard would begin at its start.

import { useEffect, useRef } from '../vendor.js';

/**
 * Moves a focus that was lost with a former view: to the main part, or, where a phone shows the list of rooms alone, to the room
 * that was left.
 *
 * @param {string | null} roomId the room that is shown
 * @param {any[]} inputs what is shown
 */
export function useFocusKept(roomId, inputs) {
  const former = useRef(roomId);
  useEffect(() => {
    const left = former.current;
    former.current = roomId;
    if (!isLost()) return;
    const places = ['#main', left && `.rooms [data-room="${CSS.escape(left)}"]`, '.sidebar'];
    for (const place of places) {
      if (!place || !isLost()) continue;
      /** @type {HTMLElement | null} */ (document.querySelector(place))?.focus();
    }
  }, inputs);
}

function isLost() {
  const focused = document.activeElement;
  return !focused || focused === document.body || focused.getClientRects().length === 0;
}
