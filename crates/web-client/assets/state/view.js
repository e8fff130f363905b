// What is open beside the places that have an address: dialogs and the developer drawer.

import { signal } from '../vendor.js';

/** @type {{value: null | {name: string, [argument: string]: any}}} The open dialog, with what it is about. */
export const dialog = signal(null);

/** Opens a dialog. @param {string} name @param {Record<string, any>} [about] */
export function openDialog(name, about = {}) {
  dialog.value = { name, ...about };
}

export function closeDialog() {
  dialog.value = null;
}

/** True while the developer drawer is open. */
export const developer = signal(false);
