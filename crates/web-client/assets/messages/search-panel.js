// Searches messages, in one room or in all of one's rooms.

import { html, useEffect, useRef, useState } from '../vendor.js';
import { Parts, useParts } from '../ui/parts.js';
import { Empty } from '../ui/states.js';
import { useSettled } from '../ui/task.js';
import { counted } from '../ui/words.js';
import { MessageCard } from './card.js';
import { viewOf } from './views.js';

/** @param {{roomId: string}} props */
export function SearchPanel({ roomId }) {
  const view = viewOf(roomId);
  const [query, setQuery] = useState('');
  const [everywhere, setEverywhere] = useState(false);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const q = useSettled(query.trim(), 250);
  useEffect(() => field.current.focus(), []);
  return html`<div class="search">
    <form class="search-form" role="search" onSubmit=${(event) => event.preventDefault()}>
      <input ref=${field} class="input" type="search" aria-label="Search messages" placeholder="Search messages" maxlength="200" value=${query}
        onInput=${(event) => setQuery(event.currentTarget.value)} />
      <label class="check"><input type="checkbox" checked=${everywhere} onChange=${(event) => setEverywhere(event.currentTarget.checked)} /> In all my rooms</label>
    </form>
    ${isSearchable(q) ? html`<${Found} view=${view} q=${q} everywhere=${everywhere} />`
      : html`<${Empty} icon="search" title="Find what was said">All words must occur. End a word with * to find those that begin with it.<//>`}
  </div>`;
}

function Found({ view, q, everywhere }) {
  const parts = useParts(async (before, signal) => {
    try {
      const { data, pagination } = await view.parlor.messages.search({ q, roomId: everywhere ? undefined : view.roomId, before, signal });
      return { data, next: pagination.hasMore ? pagination.before : undefined };
    } catch (error) {
      throw error.fields?.q ? new Error(`The search is not understood: ${error.fields.q}`, { cause: error }) : error;
    }
  }, [q, view, everywhere]);
  const { items, next, busy } = parts;
  const words = q.split(/\s+/).map((word) => word.replace(/[*＊]$/, '')).filter(Boolean);
  return html`
    <div class="visually-hidden" role="status">${items && !busy ? `${counted(items.length, 'message')}${next ? ' or more' : ''} found` : ''}</div>
    <${Parts} parts=${parts} label="Messages found" kind="found-list"
      empty=${{ icon: 'search', title: 'Nothing found', text: 'Try fewer words, or the beginning of one with a * at its end.' }}
      row=${(message) => html`<${MessageCard} key=${message.id} message=${message} words=${words}
        place=${everywhere ? view.roomName(message.roomId) : undefined} onOpen=${() => view.jumpTo(message.id, message.roomId)} />`} />`;
}

/** The server takes two characters, or one emoji or letter of Chinese, Japanese or Korean. @param {string} q */
function isSearchable(q) {
  return [...q].length >= 2 || /\p{RGI_Emoji}|[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/v.test(q);
}
