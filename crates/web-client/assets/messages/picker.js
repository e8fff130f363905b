// Picks an emoji: those used lately, all by group, or those that a search finds.

import { html, useEffect, useLayoutEffect, useRef, useState } from '../vendor.js';
import { useClosedElsewhere } from '../ui/dialog.js';
import { place } from '../ui/menu.js';
import { groups, nameOf, searchEmoji } from './emoji.js';
import { recentEmoji, rememberEmoji } from './recent-emoji.js';
import { isOnlyEmoji } from './text.js';

const COLUMNS = 8;

/**
 * @param {{anchor: HTMLElement, onPick: (emoji: string) => void, onClose: () => void}} props
 */
export function EmojiPicker({ anchor, onPick, onClose }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [query, setQuery] = useState('');
  const [recent] = useState(recentEmoji);
  const [said, setSaid] = useState('');
  useLayoutEffect(() => {
    const element = box.current;
    element.showPopover();
    place(element, anchor);
    element.querySelector('input').focus();
    const toggled = (event) => event.newState === 'closed' && onClose();
    element.addEventListener('toggle', toggled);
    return () => element.removeEventListener('toggle', toggled);
  }, []);
  useClosedElsewhere(onClose);
  const found = query.trim() ? searchEmoji(query) : null;
  useEffect(() => setSaid(found ? `${found.length} found` : ''), [query]);
  const pick = (emoji) => {
    rememberEmoji(emoji);
    onPick(emoji);
    onClose();
  };
  const sections = found
    ? [{ name: 'Found', emoji: found }]
    : [{ name: 'Recently used', emoji: recent.map((emoji) => ({ emoji, name: nameOf(emoji) })) }, ...groups];

  const onKeyDown = (event) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      onClose();
    } else if (event.target.tagName === 'INPUT') {
      if (event.key === 'Enter' && found) {
        event.preventDefault();
        // Any emoji may be pasted, also one that is not in the set.
        if (found.length > 0) pick(found[0].emoji);
        else if (isOnlyEmoji(query.trim())) pick(query.trim());
      } else if (event.key === 'ArrowDown') {
        event.preventDefault();
        box.current.querySelector('.emoji-choice')?.focus();
      }
    } else move(event, box.current);
  };
  return html`<div ref=${box} class="emoji-picker" popover="auto" role="dialog" aria-label="Choose an emoji" onKeyDown=${onKeyDown}>
    <input class="input" type="search" placeholder="Search emoji" aria-label="Search emoji" autocomplete="off" value=${query}
      onInput=${(event) => setQuery(event.currentTarget.value)} />
    <div class="visually-hidden" role="status">${said}</div>
    <div class="emoji-sections" tabindex="-1">
      ${sections.map((section) => html`<section key=${section.name} aria-label=${section.name}>
        <h3>${section.name}</h3>
        <div class="emoji-grid">
          ${section.emoji.map(({ emoji, name }, index) => html`<button type="button" key=${emoji} class="emoji-choice" title=${name} aria-label=${name}
            tabindex=${index === 0 ? 0 : -1} onClick=${() => pick(emoji)}>${emoji}</button>`)}
        </div>
      </section>`)}
      ${found?.length === 0 && html`<p class="emoji-none">Nothing is called that here. Paste any emoji into the search and press Enter.</p>`}
    </div>
  </div>`;
}

/** Moves the focus over the grid. @param {KeyboardEvent} event @param {HTMLElement} box */
function move(event, box) {
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS };
  const choices = /** @type {HTMLElement[]} */ ([...box.querySelectorAll('.emoji-choice')]);
  const at = choices.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (!(event.key in steps) || at < 0) return;
  event.preventDefault();
  const to = at + steps[event.key];
  if (to < 0) box.querySelector('input').focus();
  else choices[Math.min(to, choices.length - 1)].focus();
}
