// The calls and frames of the last while, for the developer drawer.

import { signal } from '../vendor.js';

const KEPT = 200;

/** @type {{value: any[]}} The observations of the SDK, oldest first, each with an `id`. */
export const calls = signal([]);
let count = 0;

/** Keeps an observation. @param {any} observation */
export function record(observation) {
  count += 1;
  calls.value = [...calls.value.slice(1 - KEPT), { ...observation, id: count }];
}

export function forgetCalls() {
  calls.value = [];
}
