// A field that finds people by the start of their name: a combobox with a list of results.

import { html, useId, useState } from '../vendor.js';
import { client, me } from '../state/client.js';
import { rooms } from '../state/rooms.js';
import { Avatar } from '../ui/avatar.js';
import { IconButton } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { useLoad, useSettled } from '../ui/task.js';

/** The most people who are suggested while nothing is typed. */
const SUGGESTED = 5;

/**
 * @param {{label: string, chosen: any[], onChange: (people: any[]) => void, onDone: () => void, most?: number, except?: string[]}} props
 *   `onDone` is called at Enter in the empty field, once somebody is chosen; `except` are ids of people who are not offered
 */
export function PeoplePicker({ label, chosen, onChange, onDone, most = 9, except = [] }) {
  const [query, setQuery] = useState('');
  /** The place of the person whom Enter chooses; none while nothing is typed, so that Enter is free. */
  const [active, setActive] = useState(-1);
  const listId = useId();
  const isEmpty = query.trim() === '';
  const wanted = useSettled(query.trim().replace(/^@/, ''));
  const { data, error, loading } = useLoad(
    async () => (wanted.length < 2 ? [] : (await client.users.find(wanted, { limit: 8 })).data),
    [wanted],
  );
  const hidden = new Set([me.value.id, ...except, ...chosen.map(({ id }) => id)]);
  const [acquaintances] = useState(lately);
  const offered = isEmpty ? acquaintances : wanted.length >= 2 ? data ?? [] : [];
  const found = offered.filter(({ id }) => !hidden.has(id)).slice(0, isEmpty ? SUGGESTED : undefined);
  const isOpen = found.length > 0;
  const at = Math.min(active, found.length - 1);
  const choose = (person) => {
    onChange([...chosen, person].slice(0, most));
    setQuery('');
    setActive(-1);
  };
  const keys = (event) => {
    if (event.key === 'Backspace' && query === '' && chosen.length) return onChange(chosen.slice(0, -1));
    if (event.key === 'Enter' && isEmpty && chosen.length && active < 0) onDone();
    else if (!isOpen) return undefined;
    else if (event.key === 'ArrowDown') setActive((at + 1) % found.length);
    else if (event.key === 'ArrowUp') setActive((Math.max(at, 0) + found.length - 1) % found.length);
    else if (event.key === 'Enter' && at >= 0) choose(found[at]);
    else return undefined;
    return event.preventDefault();
  };
  const hint = query.trim().length === 1 ? 'Type at least two letters'
    : error ? (error.status === 404 ? 'This server has no directory of people' : error.message)
    : wanted.length >= 2 && !loading && found.length === 0 ? `Nobody else is called “${wanted}…”`
    : chosen.length > 0 ? 'Press Enter when these are all, or type another username' : 'Type the start of a username';
  return html`<div class="picker">
    ${chosen.length > 0 && html`<ul class="chips" aria-label="Chosen">
      ${chosen.map((person) => html`<li key=${person.id} class="chip">
        <${Avatar} name=${person.username} size="small" /><span>${person.username}</span>
        <${IconButton} label=${`Remove ${person.username}`} icon="close" size=${14}
          onClick=${() => onChange(chosen.filter(({ id }) => id !== person.id))} />
      </li>`)}
    </ul>`}
    <${Field} label=${label} value=${query} onInput=${(text) => (setQuery(text), setActive(text.trim() === '' ? -1 : 0))} onKeyDown=${keys} autofocus
      role="combobox" aria-expanded=${isOpen ? 'true' : 'false'} aria-controls=${listId} aria-autocomplete="list"
      aria-activedescendant=${isOpen && at >= 0 ? `${listId}-${at}` : undefined} autocomplete="off" autocapitalize="none" spellcheck=${false}
      hint=${hint} />
    <ul id=${listId} class="picker-list" role="listbox" aria-label=${isEmpty ? 'People you talked with lately' : 'People found'} hidden=${!isOpen}>
      ${found.map((person, index) => html`<li key=${person.id} id=${`${listId}-${index}`} role="option" class="picker-option"
        aria-selected=${index === at ? 'true' : 'false'} onPointerDown=${(event) => event.preventDefault()} onClick=${() => choose(person)}>
        <${Avatar} name=${person.username} size="small" /><span>${person.username}</span>
      </li>`)}
    </ul>
  </div>`;
}

/** The people who wrote last in the person's rooms, latest first. */
function lately() {
  const senders = (rooms.value ?? []).map(({ lastMessage }) => lastMessage?.sender).filter(Boolean);
  return [...new Map(senders.map((sender) => [sender.id, sender])).values()];
}
