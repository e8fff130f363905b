// The store of the SDK for the person who is signed in: rooms, messages and people as they are now.

import { effect, signal, useLayoutEffect, useReducer } from '../vendor.js';
import { Store } from '../sdk/store/store.js';
import { client, me } from './client.js';

/** The store, or null while nobody is signed in. @type {{value: Store | null, peek: () => Store | null}} */
export const store = signal(null);

/** The connection, or null. */
export const connection = {
  get value() {
    return store.value?.connection ?? null;
  },
};

/** @type {{value: {name: 'connecting' | 'live' | 'waiting' | 'closed', until?: number}}} */
export const connectionState = signal({ name: 'connecting' });

let owner = '';
effect(() => {
  const id = me.value?.id ?? '';
  if (id === owner) return;
  owner = id;
  store.peek()?.close();
  store.value = id ? new Store(client) : null;
});

follow('connection', (current) => (connectionState.value = current?.state ?? { name: 'closed' }));

/**
 * Calls a function at once and after each change of a key of the store, also of the next person's store.
 *
 * @param {string} key
 * @param {(store: Store | null) => void} apply
 */
export function follow(key, apply) {
  effect(() => {
    const current = store.value;
    apply(current);
    return current?.subscribe(key, () => apply(current));
  });
}

/**
 * Renders the component again after each change of a key of the store, and returns what `read` reads from it.
 *
 * @template T
 * @param {string} key
 * @param {(store: Store) => T} read
 * @returns {T | undefined}
 */
export function useStore(key, read) {
  const current = store.value;
  const [, render] = useReducer((count) => count + 1, 0);
  useLayoutEffect(() => current?.subscribe(key, () => render(undefined)), [current, key]);
  return current ? read(current) : undefined;
}
