// Makes a text field as high as its text, up to what its style allows.

/** @param {HTMLTextAreaElement} field */
export function fitHeight(field) {
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
}
