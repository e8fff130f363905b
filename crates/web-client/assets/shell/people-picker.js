// A field that finds people by the start of their name: a combobox with a list of results.

import { html, useId, useState } from '../vendor.js';
import { client, me } from '../state/client.js';
import { Avatar } from '../ui/avatar.js';
import { IconButton } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { useLoad, useSettled } from '../ui/task.js';

/**
 * @param {{label: string, chosen: any[], onChange: (people: any[]) => void, most?: number, except?: string[]}} props
 *   `except` are ids of people who are not offered
 */
export function PeoplePicker({ label, chosen, onChange, most = 9, except = [] }) {
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const listId = useId();
  const wanted = useSettled(query.trim().replace(/^@/, ''));
  const { data, error, loading } = useLoad(
    async () => (wanted.length < 2 ? [] : (await client.users.find(wanted, { limit: 8 })).data),
    [wanted],
  );
  const hidden = new Set([me.value.id, ...except, ...chosen.map(({ id }) => id)]);
  const found = (data ?? []).filter(({ id }) => !hidden.has(id));
  const isOpen = wanted.length >= 2 && found.length > 0;
  const at = Math.min(active, found.length - 1);
  const choose = (person) => {
    onChange([...chosen, person].slice(0, most));
    setQuery('');
    setActive(0);
  };
  const keys = (event) => {
    if (event.key === 'Backspace' && query === '' && chosen.length) return onChange(chosen.slice(0, -1));
    if (!isOpen) return undefined;
    if (event.key === 'ArrowDown') setActive((at + 1) % found.length);
    else if (event.key === 'ArrowUp') setActive((at + found.length - 1) % found.length);
    else if (event.key === 'Enter') choose(found[at]);
    else return undefined;
    return event.preventDefault();
  };
  const hint = query.trim().length === 1 ? 'Type at least two letters'
    : error ? (error.status === 404 ? 'This server has no directory of people' : error.message)
    : wanted.length >= 2 && !loading && found.length === 0 ? `Nobody else is called “${wanted}…”` : 'Type the start of a username';
  return html`<div class="picker">
    ${chosen.length > 0 && html`<ul class="chips" aria-label="Chosen">
      ${chosen.map((person) => html`<li key=${person.id} class="chip">
        <${Avatar} name=${person.username} size="small" /><span>${person.username}</span>
        <${IconButton} label=${`Remove ${person.username}`} icon="close" size=${14}
          onClick=${() => onChange(chosen.filter(({ id }) => id !== person.id))} />
      </li>`)}
    </ul>`}
    <${Field} label=${label} value=${query} onInput=${(text) => (setQuery(text), setActive(0))} onKeyDown=${keys} autofocus
      role="combobox" aria-expanded=${isOpen ? 'true' : 'false'} aria-controls=${listId} aria-autocomplete="list"
      aria-activedescendant=${isOpen ? `${listId}-${at}` : undefined} autocomplete="off" autocapitalize="none" spellcheck=${false}
      hint=${hint} />
    <ul id=${listId} class="picker-list" role="listbox" aria-label="People" hidden=${!isOpen}>
      ${found.map((person, index) => html`<li key=${person.id} id=${`${listId}-${index}`} role="option" class="picker-option"
        aria-selected=${index === at ? 'true' : 'false'} onPointerDown=${(event) => event.preventDefault()} onClick=${() => choose(person)}>
        <${Avatar} name=${person.username} size="small" /><span>${person.username}</span>
      </li>`)}
    </ul>
  </div>`;
}
