// Lists that are read in parts: the first at once, others when the person asks for them.

import { html, useCallback, useEffect, useRef, useState } from '../vendor.js';
import { Button } from './button.js';
import { useRoving } from './roving.js';
import { Empty, Problem, Skeleton } from './states.js';

/**
 * Reads a list from its start whenever `inputs` change.
 *
 * @param {(place: any, signal: AbortSignal) => Promise<{data: any[], next: any}>} read Reads the part at a place, which is
 *   undefined for the first; `next` is the place of the following one, or undefined.
 * @param {any[]} inputs
 */
export function useParts(read, inputs) {
  const [state, setState] = useState({ items: undefined, next: undefined, error: undefined, busy: true });
  const [attempt, setAttempt] = useState(0);
  const current = useRef(/** @type {AbortController | null} */ (null));
  const load = async (place, before) => {
    const controller = new AbortController();
    current.current?.abort();
    current.current = controller;
    setState((known) => ({ ...known, busy: true, error: undefined }));
    try {
      const { data, next } = await read(place, controller.signal);
      if (controller.signal.aborted) return;
      const known = new Set(before.map((item) => item.id));
      setState({ items: [...before, ...data.filter((item) => !known.has(item.id))], next, error: undefined, busy: false });
    } catch (error) {
      if (!controller.signal.aborted) setState((known) => ({ ...known, error, busy: false }));
    }
  };
  useEffect(() => {
    load(undefined, []);
    return () => current.current?.abort();
  }, [...inputs, attempt]);
  return {
    ...state,
    more: () => load(state.next, state.items ?? []),
    reload: useCallback(() => setAttempt((count) => count + 1), []),
    /** Changes the items that are shown. @param {(items: any[]) => any[]} change */
    update: useCallback((change) => setState((known) => known.items ? { ...known, items: change(known.items) } : known), []),
  };
}

/**
 * A list in its state: loading, failed, empty, or its items and a button for more.
 *
 * @param {{parts: any, label: string, row: (item: any) => any, empty: {icon: string, title: string, text?: any}, kind?: string}} props
 *   `row` returns the `li` of an item; what has `data-roving` in it is reached by the arrow keys; `kind` is the class of the list
 */
export function Parts({ parts, label, row, empty, kind = 'rows' }) {
  const { items, next, error, busy } = parts;
  const roving = useRoving({ letters: false });
  if (!items) {
    return error ? html`<${Problem} error=${error} onRetry=${parts.reload} />` : html`<${Skeleton} rows=${5} label=${`Loading: ${label}`} />`;
  }
  return html`
    ${error && html`<${Problem} error=${error} onRetry=${next === undefined ? parts.reload : parts.more} />`}
    ${items.length === 0 && !error && !busy
      ? html`<${Empty} icon=${empty.icon} title=${empty.title}>${empty.text}<//>`
      : html`<ul class=${kind} aria-label=${label} aria-busy=${busy ? 'true' : 'false'} ref=${roving.ref} onKeyDown=${roving.onKeyDown}
        onFocusIn=${roving.onFocusIn}>${items.map(row)}</ul>`}
    ${next !== undefined && html`<p class="more"><${Button} busy=${busy} onClick=${parts.more}>Show more<//></p>`}`;
}
