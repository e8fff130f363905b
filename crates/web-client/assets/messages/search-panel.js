// Searches messages, in one room or in all of one's rooms.

import { html, useEffect, useRef, useState } from '../vendor.js';
import { Button } from '../ui/button.js';
import { Empty, Problem, Skeleton } from '../ui/states.js';
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
  const { found, more, error, loading, loadMore, retry } = useSearch(view, q, everywhere ? undefined : roomId);
  useEffect(() => field.current.focus(), []);
  const words = q.split(/\s+/).map((word) => word.replace(/[*＊]$/, '')).filter(Boolean);
  return html`<div class="search">
    <form class="search-form" role="search" onSubmit=${(event) => event.preventDefault()}>
      <input ref=${field} class="input" type="search" aria-label="Search messages" placeholder="Search messages" maxlength="200" value=${query}
        onInput=${(event) => setQuery(event.currentTarget.value)} />
      <label class="check"><input type="checkbox" checked=${everywhere} onChange=${(event) => setEverywhere(event.currentTarget.checked)} /> In all my rooms</label>
    </form>
    <div class="visually-hidden" role="status">${found && !loading ? `${counted(found.length, 'message')}${more ? ' or more' : ''} found` : ''}</div>
    ${error ? html`<${Problem} error=${error} onRetry=${error.missing ? undefined : retry} />`
      : loading && !found ? html`<${Skeleton} rows=${4} label="Searching" />`
      : !found ? html`<${Empty} icon="search" title="Find what was said">All words must occur. End a word with * to find those that begin with it.<//>`
      : found.length === 0 ? html`<${Empty} icon="search" title="Nothing found">Try fewer words, or the beginning of one with a * at its end.<//>`
      : html`<ul class="found-list" aria-label="Messages found">
        ${found.map((message) => html`<${MessageCard} key=${message.id} message=${message} words=${words}
          place=${everywhere ? view.roomName(message.roomId) : undefined} onOpen=${() => view.jumpTo(message.id, message.roomId)} />`)}
      </ul>`}
    ${more && html`<${Button} wide busy=${loading} onClick=${loadMore}>Show more<//>`}
  </div>`;
}

/** Searches when the words or the place change. Answers to former words are dropped. */
function useSearch(view, q, roomId) {
  const nothing = { found: null, before: null, more: false, error: null, loading: false };
  const [state, setState] = useState(nothing);
  const [attempt, setAttempt] = useState(0);
  const abort = useRef(new AbortController());
  const load = async (former, before) => {
    abort.current.abort();
    const { signal } = (abort.current = new AbortController());
    setState((present) => ({ ...present, error: null, loading: true }));
    try {
      const { data, pagination } = await view.parlor.messages.search({ q, roomId, before, signal });
      if (!signal.aborted) setState({ found: [...former, ...data], before: pagination.before, more: pagination.hasMore, error: null, loading: false });
    } catch (error) {
      if (!signal.aborted) setState({ ...nothing, error: explained(error) });
    }
  };
  useEffect(() => {
    if ([...q].length >= 2 || /\p{RGI_Emoji}|[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/v.test(q)) load([], undefined);
    else {
      abort.current.abort();
      setState(nothing);
    }
    return () => abort.current.abort();
  }, [q, roomId, attempt]);
  return { ...state, loadMore: () => load(state.found, state.before), retry: () => setAttempt((count) => count + 1) };
}

/** @param {any} error */
function explained(error) {
  if (error.code === 'NOT_FOUND') return { message: 'This server does not search messages yet.', missing: true };
  return error.fields?.q ? { message: `The search is not understood: ${error.fields.q}` } : error;
}
