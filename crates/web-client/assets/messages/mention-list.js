// Completes mentions: a list of people above the text field, in which the focus stays.

import { html, useId, useRef, useState } from '../vendor.js';
import { Avatar } from '../ui/avatar.js';
import { Icon } from '../ui/icon.js';
import { candidates, complete, mentionAt } from './completion.js';

/**
 * Keeps the completion of a text field.
 *
 * @param {import('./view.js').RoomView} view
 * @param {{current: HTMLTextAreaElement | null}} field
 */
export function useMentions(view, field) {
  const id = useId();
  const [state, setState] = useState({ mention: null, people: [], at: 0 });
  const latest = useRef(state);
  latest.current = state;
  const open = state.mention !== null && state.people.length > 0;
  const close = () => latest.current.mention && setState({ mention: null, people: [], at: 0 });
  const update = async () => {
    const { value, selectionStart, selectionEnd } = field.current;
    const mention = selectionStart === selectionEnd ? mentionAt(value, selectionStart) : null;
    if (!mention) return close();
    const people = await view.people();
    // Typing went on while the people were fetched.
    if (field.current?.value !== value) return;
    setState({ mention, people: candidates(mention.query, people, view.recentAuthors(), view.mayMentionRoom()), at: 0 });
  };
  const choose = (person) => {
    const { text, caret } = complete(field.current.value, latest.current.mention, person.username);
    view.composing.write(text);
    field.current.value = text;
    field.current.setSelectionRange(caret, caret);
    field.current.focus();
    setState({ mention: null, people: [], at: 0 });
  };
  const onKeyDown = (event) => {
    const { people, at } = latest.current;
    if (!open) return false;
    const steps = { ArrowDown: 1, ArrowUp: people.length - 1 };
    if (event.key in steps) setState({ ...latest.current, at: (at + steps[event.key]) % people.length });
    else if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab') choose(people[at]);
    else if (event.key === 'Escape') close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  return { id, open, people: state.people, at: state.at, choose, close, update, onKeyDown };
}

/** @param {{id: string, people: any[], at: number, choose: (person: any) => void}} props */
export function MentionList({ id, people, at, choose }) {
  return html`<ul id=${id} class="mention-list" role="listbox" aria-label="People to mention">
    ${people.map((person, index) => html`<li key=${person.username} id=${`${id}-${index}`} role="option" class="mention-option"
      aria-selected=${index === at ? 'true' : 'false'} onPointerDown=${(event) => { event.preventDefault(); choose(person); }}>
      ${person.id ? html`<${Avatar} name=${person.username} size="small" />` : html`<span class="avatar avatar-small avatar-room"><${Icon} name="members" size=${16} /></span>`}
      <span>${person.id ? person.username : '@room'}</span>
      ${!person.id && html`<small>everybody in this room</small>`}
    </li>`)}
  </ul>`;
}
