// Shows the file of a message: an image as a preview that opens the viewer, any other file as a card to download.

import { html, useEffect, useSignal } from '../vendor.js';
import { Icon } from '../ui/icon.js';
import { fileSize } from '../ui/words.js';

/** @param {{view: import('./view.js').RoomView, message: any, active: boolean}} props */
export function Attachment({ view, message, active }) {
  const { file, type } = message;
  if (!file) return null;
  return type === 'image'
    ? html`<${Preview} view=${view} message=${message} active=${active} />`
    : html`<${Card} view=${view} file=${file} active=${active} />`;
}

function Preview({ view, message, active }) {
  const { file } = message;
  const url = useSignal('');
  const failed = useSignal(false);
  const attempt = useSignal(0);
  useEffect(() => {
    let wanted = true;
    failed.value = false;
    view.blobs.use(file.id).then((found) => wanted && (url.value = found), () => wanted && (failed.value = true));
    return () => {
      wanted = false;
      view.blobs.release(file.id);
    };
  }, [file.id, attempt.value]);
  if (failed.value) {
    return html`<div class="preview preview-failed">
      <span>${file.name} could not be loaded</span>
      <button type="button" class="link" onClick=${() => (attempt.value += 1)}>Try again</button>
    </div>`;
  }
  return html`<button type="button" class="preview" tabindex=${active ? 0 : -1} aria-label=${`Open image ${file.name}`}
    onClick=${() => view.openViewer(message)}>
    ${url.value
      ? html`<img src=${url.value} alt=${message.content || file.name} decoding="async" draggable=${false} />`
      : html`<span class="preview-loading" aria-hidden="true"></span>`}
  </button>`;
}

function Card({ view, file, active }) {
  const busy = useSignal(false);
  const failure = useSignal('');
  const save = async () => {
    busy.value = true;
    failure.value = await view.saveFile(file);
    busy.value = false;
  };
  return html`<div class="file-card">
    <${Icon} name="file" />
    <div class="file-text">
      <span class="file-name" dir="auto">${file.name}</span>
      <span class="file-size">${failure.value || fileSize(file.size)}</span>
    </div>
    <button type="button" class="icon-button" tabindex=${active ? 0 : -1} disabled=${busy.value}
      aria-label=${`Download ${file.name}`} title="Download" onClick=${save}><${Icon} name="download" /></button>
  </div>`;
}
