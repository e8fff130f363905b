// Shows the files that are about to be sent, with their progress.

import { html } from '../vendor.js';
import { IconButton } from '../ui/button.js';
import { Icon } from '../ui/icon.js';
import { fileSize } from '../ui/words.js';

/** @param {{composing: import('./composing.js').Composing}} props */
export function UploadList({ composing }) {
  const uploads = composing.uploads.value;
  if (uploads.length === 0) return null;
  return html`<ul class="uploads" aria-label="Files to send">
    ${uploads.map((upload, index) => html`<${Item} key=${`${index} ${upload.file.name}`} upload=${upload} composing=${composing} />`)}
  </ul>`;
}

function Item({ upload, composing }) {
  const { file, preview } = upload;
  const state = upload.state.value;
  const percent = Math.floor(upload.progress.value * 100);
  return html`<li class=${`upload upload-${state}`}>
    ${preview ? html`<img class="upload-preview" src=${preview} alt="" />` : html`<span class="upload-sign"><${Icon} name="file" /></span>`}
    <div class="upload-text">
      <span class="upload-name" dir="auto">${file.name}</span>
      ${state === 'failed' ? html`<span class="upload-failure" role="alert">${upload.failure.value}</span>`
        : state === 'running' ? html`<progress max="100" value=${percent} aria-label=${`Uploading ${file.name}`}>${percent} %</progress>`
        : html`<span class="upload-size">${fileSize(file.size)}</span>`}
    </div>
    ${state === 'failed' && html`<button type="button" class="link" onClick=${() => upload.start()}>Retry</button>`}
    <${IconButton} label=${state === 'running' ? `Cancel upload of ${file.name}` : `Remove ${file.name}`} icon="close" size=${16}
      onClick=${() => composing.detach(upload)} />
  </li>`;
}
