// Shows an image as large as the window allows, with the next and the former image of the messages that are loaded.

import { html, useEffect, useLayoutEffect, useRef, useSignal } from '../vendor.js';
import { IconButton } from '../ui/button.js';
import { useClosedElsewhere } from '../ui/dialog.js';
import { fullTime } from '../ui/time.js';

/** @param {{view: import('./view.js').RoomView, message: any, onClose: () => void}} props */
export function Viewer({ view, message, onClose }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const shown = useSignal(message);
  const url = useSignal('');
  const images = view.conversation.messages.value.filter((other) => other.type === 'image' && other.file);
  const at = images.findIndex((other) => other.id === shown.value.id);
  const { file, sender, createdAt } = shown.value;
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current.showModal();
    return () => {
      element.current?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  useClosedElsewhere(onClose);
  useEffect(() => {
    let wanted = true;
    url.value = '';
    view.blobs.use(file.id).then((found) => wanted && (url.value = found), () => wanted && onClose());
    return () => {
      wanted = false;
      view.blobs.release(file.id);
    };
  }, [file.id]);
  const step = (by) => images[at + by] && (shown.value = images[at + by]);
  const onKeyDown = (event) => {
    if (event.key === 'ArrowLeft') step(-1);
    if (event.key === 'ArrowRight') step(1);
  };
  return html`<dialog ref=${element} class="viewer" aria-label=${`Image ${file.name}`} onKeyDown=${onKeyDown}
    onCancel=${(event) => { event.preventDefault(); onClose(); }}
    onClick=${(event) => event.target.classList.contains('viewer-stage') && onClose()}>
    <header class="viewer-head">
      <div class="viewer-title"><strong dir="auto">${file.name}</strong><span>${sender.username}, ${fullTime(createdAt)}</span></div>
      <${IconButton} label="Download" icon="download" onClick=${() => view.saveFile(file)} />
      <${IconButton} label="Close" icon="close" onClick=${onClose} />
    </header>
    <div class="viewer-stage">
      ${url.value ? html`<img src=${url.value} alt=${shown.value.content || file.name} />` : html`<span class="spinner" role="status" aria-label="Loading" />`}
    </div>
    ${images.length > 1 && html`<nav class="viewer-steps" aria-label="Images">
      <${IconButton} label="Previous image" icon="back" disabled=${at <= 0} onClick=${() => step(-1)} />
      <span>${at + 1} of ${images.length}</span>
      <${IconButton} label="Next image" icon="forward" disabled=${at >= images.length - 1} onClick=${() => step(1)} />
    </nav>`}
  </dialog>`;
}
