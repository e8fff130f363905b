// What is shown at all: the way in, or, once somebody is signed in, everything else, which is loaded then.

import { html, signal, useEffect } from '../vendor.js';
import { me } from '../state/client.js';
import { Problem, Skeleton } from '../ui/states.js';
import { Toasts } from '../ui/toast.js';
import { Welcome } from './welcome.js';

/** The component for those who are signed in: absent until it is loaded. */
const signedIn = signal(/** @type {any} */ (null));
const failure = signal(/** @type {any} */ (null));

/** Loads the rest of the client; called early, it is there when the person has signed in. */
export async function loadRest() {
  if (signedIn.value) return;
  failure.value = null;
  preload();
  try {
    const [module] = await Promise.all([import('./signed-in.js'), style('../messages/messages.css')]);
    signedIn.value = module.SignedIn;
  } catch (cause) {
    console.error(cause);
    failure.value = new Error('The rest of the page could not be loaded.');
  }
}

/** Asks for all modules at once that the page names for later: found by their imports they would come in many rounds. */
function preload() {
  for (const { href } of document.querySelectorAll('link[rel=later]')) {
    document.head.append(Object.assign(document.createElement('link'), { rel: 'modulepreload', href }));
  }
}

/** Adds a style that the first view does without. @param {string} path */
function style(path) {
  return new Promise((resolve, reject) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = new URL(path, import.meta.url).href;
    link.onload = resolve;
    link.onerror = reject;
    document.head.append(link);
  });
}

export function Shell() {
  const shown = me.value ? html`<${Rest} key=${me.value.id} />` : html`<${Welcome} onBegin=${loadRest} />`;
  return html`${shown}<${Toasts} />`;
}

function Rest() {
  useEffect(() => void loadRest(), []);
  const SignedIn = signedIn.value;
  if (SignedIn) return html`<${SignedIn} />`;
  return html`<main class="loading-rest" id="main" tabindex="-1">${failure.value
    // A module that failed to load stays failed until the page is loaded anew.
    ? html`<${Problem} error=${failure.value} onRetry=${() => location.reload()} />`
    : html`<${Skeleton} rows=${6} label="Loading Parlor" />`}</main>`;
}
