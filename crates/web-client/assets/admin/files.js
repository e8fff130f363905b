// Files: who takes how much.

import { html } from '../vendor.js';
import { Avatar } from '../ui/avatar.js';
import { Parts, useParts } from '../ui/parts.js';
import { counted, fileSize } from '../ui/words.js';
import { api } from './api.js';

export function Files() {
  const parts = useParts(async (after, abort) => {
    const { data, pagination } = await api.files({ after, signal: abort });
    const items = data.map((usage) => ({ ...usage, id: usage.user.id }));
    return { data: items, next: pagination.hasMore ? pagination.after : undefined };
  }, []);
  return html`<h1>Files</h1>
    <p class="lead">What users' files take, the most first. The files themselves show to those who share a room with them.</p>
    <${Parts} parts=${parts} label="Files by user" empty=${{ icon: 'file', title: 'Nobody has uploaded a file' }}
      row=${({ user, files, bytes }) => html`<li class="row" key=${user.id}>
        <${Avatar} name=${user.username} />
        <div class="row-words">
          <p class="row-title">${user.username}</p>
          <p class="row-text">${counted(files, 'file')}</p>
        </div>
        <p class="row-figure">${fileSize(bytes)}</p>
      </li>`} />`;
}
