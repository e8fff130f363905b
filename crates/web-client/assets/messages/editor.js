// Edits a message in its place: Enter saves, Escape leaves it as it was.

import { html, useLayoutEffect, useRef, useSignal } from '../vendor.js';
import { lengthOf, LengthCount, LONGEST } from './length.js';
import { fitHeight } from './textarea.js';

/** @param {{view: import('./view.js').RoomView, message: any}} props */
export function Editor({ view, message }) {
  const field = useRef(null);
  const failure = useSignal('');
  const saving = useSignal(false);
  const length = useSignal(lengthOf(message.content ?? ''));
  useLayoutEffect(() => {
    field.current.focus();
    field.current.setSelectionRange(field.current.value.length, field.current.value.length);
    fitHeight(field.current);
  }, []);

  const save = async () => {
    const content = field.current.value.trim();
    if (content === (message.content ?? '')) return view.endEdit(message);
    if (!content && message.type === 'text') return view.endEdit(message, true);
    if (length.value > LONGEST) return;
    saving.value = true;
    failure.value = await view.saveEdit(message, content);
    saving.value = false;
    if (failure.value) field.current?.focus();
  };
  const onKeyDown = (event) => {
    event.stopPropagation();
    if (event.key === 'Escape') view.endEdit(message);
    else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      save();
    }
  };
  const onInput = () => {
    length.value = lengthOf(field.current.value);
    fitHeight(field.current);
  };
  return html`<form class="editor" onSubmit=${(event) => { event.preventDefault(); save(); }}>
    <textarea ref=${field} rows="1" aria-label="Edit message" aria-invalid=${length.value > LONGEST ? 'true' : undefined} dir="auto" readonly=${saving.value}
      onKeyDown=${onKeyDown} onInput=${onInput}>${message.content ?? ''}</textarea>
    ${failure.value && html`<p class="field-error" role="alert">${failure.value}</p>`}
    <div class="editor-actions">
      <button type="submit" class="button button-small button-primary" disabled=${saving.value || length.value > LONGEST}>Save</button>
      <button type="button" class="button button-small button-plain" onClick=${() => view.endEdit(message)}>Cancel</button>
      <span class="hint">Enter to save, Escape to cancel</span>
      <${LengthCount} length=${length.value} />
    </div>
  </form>`;
}
