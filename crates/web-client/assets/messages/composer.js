// Writes messages: text with completed mentions, replies, files by button, paste and drop.

import { html, useEffect, useLayoutEffect, useRef } from '../vendor.js';
import { IconButton } from '../ui/button.js';
import { Icon } from '../ui/icon.js';
import { notify } from '../ui/toast.js';
import { LengthCount, LONGEST } from './length.js';
import { MentionList, useMentions } from './mention-list.js';
import { oneLine } from './text.js';
import { fitHeight } from './textarea.js';
import { UploadList } from './upload-list.js';

/** @param {{view: import('./view.js').RoomView, label: string}} props */
export function Composer({ view, label }) {
  const { composing } = view;
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const files = useRef(/** @type {HTMLInputElement | null} */ (null));
  const mentions = useMentions(view, field);
  const text = composing.text.value;
  const replyTo = composing.replyTo.value;
  // Rendered again with the messages only while one of them is answered.
  const answered = replyTo && view.conversation.messages.value && view.find(replyTo);

  useLayoutEffect(() => {
    if (field.current.value !== text) field.current.value = text;
    fitHeight(field.current);
  }, [text]);
  useLayoutEffect(() => {
    view.composerField = field.current;
    // On a touch screen the focus would cover half of the room with the keyboard.
    if (!view.isReached && matchMedia('(hover: hover)').matches && !document.querySelector('dialog[open]')) field.current.focus();
    return () => (view.composerField = null);
  }, [view]);
  useEffect(() => {
    if (!answered?.deletedAt) return;
    composing.answer(null);
    notify('The message that you were answering was deleted.');
  }, [answered?.deletedAt]);
  const ready = composing.sendsSoon.value && !composing.isUploading.value;
  useEffect(() => {
    if (ready && composing.maySend.value) send();
  }, [ready]);

  const send = () => {
    if (!composing.maySend.value) return;
    if (composing.isUploading.value) composing.sendsSoon.value = true;
    else view.send(composing.take());
    field.current.focus();
  };
  const onKeyDown = (event) => {
    if (event.isComposing || mentions.onKeyDown(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'ArrowUp' && !field.current.value && !event.shiftKey) {
      if (view.editLast()) event.preventDefault();
    } else if (event.key === 'Escape' && composing.replyTo.value) {
      event.stopPropagation();
      composing.answer(null);
    }
  };
  const onInput = () => {
    composing.write(field.current.value);
    mentions.update();
    if (field.current.value) view.typing();
  };
  const onPaste = (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (pasted.length === 0) return;
    event.preventDefault();
    composing.attach(pasted);
  };
  return html`<form class="composer" aria-label=${label} onSubmit=${(event) => { event.preventDefault(); send(); }}>
    ${replyTo && html`<div class="composer-reply">
      <${Icon} name="reply" size=${16} />
      <span class="composer-quote">Replying to <strong>${answered?.sender.username ?? 'a message'}</strong> ${oneLine(answered?.content)}</span>
      <${IconButton} label="Cancel reply" icon="close" size=${16} onClick=${() => { composing.answer(null); field.current.focus(); }} />
    </div>`}
    <${UploadList} composing=${composing} />
    ${mentions.open && html`<${MentionList} ...${mentions} />`}
    <${LengthCount} length=${composing.length.value} />
    <div class="composer-row">
      <input ref=${files} type="file" multiple hidden aria-label="Choose files" tabindex="-1" onChange=${() => {
        composing.attach(files.current.files);
        files.current.value = '';
        field.current.focus();
      }} />
      <${IconButton} label="Attach files" icon="attach" onClick=${() => files.current.click()} />
      <textarea ref=${field} class="composer-text" rows="1" aria-label=${label} placeholder=${label} dir="auto" enterkeyhint="send"
        autocomplete="off" aria-autocomplete="list" aria-haspopup="listbox" aria-controls=${mentions.open ? mentions.id : undefined}
        aria-activedescendant=${mentions.open ? `${mentions.id}-${mentions.at}` : undefined}
        aria-invalid=${composing.length.value > LONGEST ? 'true' : undefined} onKeyDown=${onKeyDown} onInput=${onInput} onPaste=${onPaste}
        onClick=${mentions.update} onBlur=${mentions.close}></textarea>
      <${IconButton} label="Insert emoji" icon="emoji" onClick=${(event) => view.openEmojiFor(field.current, event.currentTarget)} />
      <button type="submit" class="icon-button composer-send" aria-label="Send message" title="Send" disabled=${!composing.maySend.value}>
        ${composing.sendsSoon.value ? html`<span class="spinner" aria-hidden="true" />` : html`<${Icon} name="send" />`}
      </button>
    </div>
  </form>`;
}
