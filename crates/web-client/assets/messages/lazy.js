// Components that are loaded when they are first shown.

import { html } from '../vendor.js';
import { Problem, Skeleton } from '../ui/states.js';
import { useLoad } from '../ui/task.js';

/** @type {Promise<void> | undefined} */
let styled;

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
  return function Lazy(props) {
    const { data, error, retry } = useLoad(async () => (await Promise.all([load(), style()]))[0], []);
    if (error) return html`<${Problem} error=${{ message: 'This part of the client could not be loaded.' }} onRetry=${retry} />`;
    if (!data) return quiet ? null : html`<${Skeleton} rows=${4} />`;
    return html`<${data[name]} ...${props} />`;
  };
}
