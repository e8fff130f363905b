// Links out of the web client.

/** The documentation of the API; the server writes its address into the page. */
export function docs() {
  const link = /** @type {HTMLLinkElement | null} */ (document.querySelector('link[rel=help]'));
  return link?.href ?? 'docs/';
}

/** The place of an operation in the documentation. @param {string} tag @param {string} operation */
export function docsOf(tag, operation) {
  return `${docs()}#/${encodeURIComponent(tag)}/${encodeURIComponent(operation)}`;
}
