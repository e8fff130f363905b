// Fields of forms, with their hints and errors.

import { html, useId, useState } from '../vendor.js';

/**
 * A labelled input. `error` replaces the hint and is connected to the input.
 *
 * @param {{label: string, hint?: string, error?: string, value: string, onInput: (value: string) => void, multiline?: boolean,
 *   [attribute: string]: any}} props
 */
export function Field({ label, hint, error, value, onInput, multiline = false, type = 'text', ...rest }) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const note = error || hint;
  const attributes = {
    id,
    value,
    class: 'input',
    onInput: (event) => onInput(event.currentTarget.value),
    'aria-invalid': error ? 'true' : undefined,
    'aria-describedby': note ? `${id}-note` : undefined,
    ...rest,
  };
  const secret = type === 'password';
  return html`<div class=${`field${error ? ' field-bad' : ''}`}>
    <label for=${id}>${label}</label>
    ${multiline
      ? html`<textarea rows="3" ...${attributes} />`
      : html`<div class="input-row">
          <input type=${secret && shown ? 'text' : type} ...${attributes} />
          ${secret && html`<button type="button" class="input-aside" aria-pressed=${shown ? 'true' : 'false'}
            aria-controls=${id} onClick=${() => setShown(!shown)}>${shown ? 'Hide' : 'Show'}</button>`}
        </div>`}
    ${note && html`<p id=${`${id}-note`} class="field-note" role=${error ? 'alert' : undefined}>${note}</p>`}
  </div>`;
}

/**
 * A choice between a few values, each with an explanation.
 *
 * @param {{label: string, name: string, value: string, onChange: (value: string) => void,
 *   options: {value: string, label: string, hint?: string}[]}} props
 */
export function Choice({ label, name, value, onChange, options }) {
  return html`<fieldset class="choice">
    <legend>${label}</legend>
    ${options.map((option) => html`<label key=${option.value} class="choice-option">
      <input type="radio" name=${name} value=${option.value} checked=${option.value === value}
        onChange=${() => onChange(option.value)} />
      <span><strong>${option.label}</strong>${option.hint && html`<small>${option.hint}</small>`}</span>
    </label>`)}
  </fieldset>`;
}
