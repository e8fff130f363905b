// The secret of a link for the first admin. It leaves the address at once, so that no bookmark and no history has it, and is kept
// in the tab until it is used, so that a reload does not lose it.

import { signal } from '../vendor.js';

const KEY = 'parlor.first';

/** @type {{value: string | null}} The secret, or null where there is none. */
export const secret = signal(taken() ?? kept());

addEventListener('hashchange', () => (secret.value = taken() ?? secret.value));

/** Forgets a secret that was used, or is not good any more, for later loads of the page. */
export function forgetKept() {
  write(null);
}

/** Forgets the secret. */
export function forget() {
  write(null);
  secret.value = null;
}

/** Takes the secret out of the address. */
function taken() {
  const found = new URLSearchParams(location.hash.slice(1)).get('first');
  if (found === null) return null;
  history.replaceState(null, '', location.pathname);
  write(found);
  return found;
}

function kept() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** @param {string | null} found */
function write(found) {
  try {
    if (found === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, found);
  } catch {
    // Without a storage a reload asks for the link again.
  }
}
