// The operations of the API, from its description, so that a call finds its place in the documentation.

import { server } from './client.js';
import { docsOf } from './links.js';

/** @type {Promise<{method: string, pattern: RegExp, link: string}[]> | null} */
let known = null;

/** Fetches the description once; where it cannot be had there are no links. */
export function operations() {
  known ??= fetch(`${server}/api/openapi.json`)
    .then((response) => response.json())
    .then(({ paths }) => Object.entries(paths).flatMap(([path, methods]) => entries(path, methods)))
    .catch(() => {
      known = null;
      return [];
    });
  return known;
}

/** @param {string} path @param {Record<string, any>} methods */
function entries(path, methods) {
  const pattern = new RegExp(`^${path.replace(/[.*+?^$()[\]\\|]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`);
  // Fixed paths are before those that vary.
  return Object.entries(methods)
    .filter(([, operation]) => operation?.operationId)
    .map(([method, { tags, operationId }]) => ({ method: method.toUpperCase(), pattern, link: docsOf(tags?.[0] ?? 'default', operationId) }));
}

/** The link of a call, if its operation is known. @param {any[]} all @param {string} method @param {string} path */
export function linkOf(all, method, path) {
  const plain = path.split('?')[0];
  return all.find((operation) => operation.method === method && operation.pattern.test(plain))?.link;
}
