// Dialogs: the browser's own, which keeps the focus inside and ends at Escape.

import { html, useEffect, useId, useLayoutEffect, useRef } from '../vendor.js';
import { IconButton } from './button.js';

/** Closes what is open over a place of the client when the browser goes to another place. @param {() => void} onClose */
export function useClosedElsewhere(onClose) {
  const latest = useRef(onClose);
  latest.current = onClose;
  useEffect(() => {
    const moved = () => latest.current();
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
}

/**
 * A modal dialog. The focus goes to the element with `autofocus`, or the first that takes it, and back to where it was at
 * the end.
 *
 * @param {{title: any, onClose: () => void, children?: any, footer?: any, size?: 'normal' | 'wide'}} props
 */
export function Dialog({ title, onClose, children, footer, size = 'normal' }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const id = useId();
  useLayoutEffect(() => {
    const before = document.activeElement;
    const dialog = element.current;
    dialog.showModal();
    dialog.querySelector('[autofocus]')?.focus();
    return () => {
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  useClosedElsewhere(onClose);
  const pressed = useRef(/** @type {EventTarget | null} */ (null));
  return html`<dialog ref=${element} class=${`dialog dialog-${size}`} aria-labelledby=${id}
    onCancel=${(event) => {
      event.preventDefault();
      onClose();
    }}
    onPointerDown=${(event) => (pressed.current = event.target)}
    onClick=${(event) => event.target === element.current && pressed.current === element.current && onClose()}>
    <div class="dialog-box">
      <header class="dialog-head">
        <h2 id=${id}>${title}</h2>
        <${IconButton} label="Close" icon="close" onClick=${onClose} />
      </header>
      <div class="dialog-body">${children}</div>
      ${footer && html`<footer class="dialog-foot">${footer}</footer>`}
    </div>
  </dialog>`;
}
