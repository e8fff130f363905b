// The one client of the SDK, and who is signed in.

import { signal } from '../vendor.js';
// Not the whole package: the store is loaded once somebody is signed in.
import { Parlor } from '../sdk/parlor.js';
import { forgetCalls, record } from './calls.js';

const KEY = 'parlor.session';

/** The address of the server: the folder of the page, which may be below a prefix. */
export const server = new URL('.', location.href).href.replace(/\/$/, '');

/** The session outlives a reload and ends with the tab. */
const storage = {
  load: () => {
    try {
      return JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    } catch {
      return null;
    }
  },
  /** @param {any} session */
  save: (session) => {
    try {
      if (session) sessionStorage.setItem(KEY, JSON.stringify(session));
      else sessionStorage.removeItem(KEY);
    } catch {
      // It stays in memory.
    }
  },
};

export const client = new Parlor({ url: server, storage, onRequest: record });

/** The account that is signed in, or null. @type {{value: any}} */
export const me = signal(client.auth.user ?? null);

/** Why the person has to sign in again, or empty. */
export const signedOutBecause = signal('');

client.auth.onChange((user) => (me.value = user ?? null));
client.auth.onEnded(() => (signedOutBecause.value = 'Your session has ended. Sign in again to go on.'));

/** @param {{username: string, password: string}} credentials The username may be an e-mail address. */
export async function signIn({ username, password }) {
  const name = username.trim();
  await client.auth.login(name.includes('@') ? { email: name, password } : { username: name, password });
  signedOutBecause.value = '';
}

/** Makes an account and signs in. @param {{username: string, email: string, password: string}} account */
export async function signUp(account) {
  const { username, email, password } = account;
  await client.auth.signup({ username: username.trim(), email: email.trim(), password });
  await signIn({ username, password });
}

/** Signs out here even where the server cannot be reached. */
export async function signOut() {
  try {
    await client.auth.logout();
  } catch {
    // The token is forgotten all the same.
  }
  forgetCalls();
}
