// Components that are loaded when they are first shown, or before, when the browser has nothing else to do.

import { html } from '../vendor.js';
import { Problem, Skeleton } from '../ui/states.js';
import { useLoad } from '../ui/task.js';

/** @type {Set<() => Promise<any>>} Imports the module of each component. */
const parts = new Set();

/** @type {Promise<void> | undefined} */
let styled;

/** Loads all parts in a quiet moment, so that they are there when the connection is lost. Returns a function that calls it off. */
export function loadPartsSoon() {
  const load = () => {
    style();
    // One that does not come says so when it is shown.
    for (const part of parts) part().catch(() => {});
  };
  if (!('requestIdleCallback' in window)) {
    const timer = setTimeout(load, 2000);
    return () => clearTimeout(timer);
  }
  const request = requestIdleCallback(load);
  return () => cancelIdleCallback(request);
}

/** Loads the style of the parts that are not in the first view. */
function style() {
  styled ??= new Promise((resolve) => {
    const href = new URL('extras.css', import.meta.url).href;
    // Without its style a part looks plain and works.
    document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href, onload: resolve, onerror: resolve }));
  });
  return styled;
}

/**
 * Makes a component of one that a module exports.
 *
 * @param {() => Promise<any>} load imports the module
 * @param {string} name of the export
 * @param {{quiet?: boolean}} [options] `quiet` shows nothing while the module comes, as befits a dialog
 */
export function lazy(load, name, { quiet = false } = {}) {
  parts.add(load);
  return function Lazy(props) {
    const { data, error } = useLoad(async () => (await Promise.all([load(), style()]))[0], []);
    // A module that failed to load stays failed until the page is loaded anew.
    if (error) return html`<${Problem} error=${{ message: 'This part of the client could not be loaded.' }} onRetry=${() => location.reload()} />`;
    if (!data) return quiet ? null : html`<${Skeleton} rows=${4} />`;
    return html`<${data[name]} ...${props} />`;
  };
}
