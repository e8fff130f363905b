// The developer drawer: each call and frame as it happens, to be copied.

import { html, useEffect, useRef, useState } from '../vendor.js';
import { calls, forgetCalls } from '../state/calls.js';
import { docs } from '../state/links.js';
import { linkOf, operations } from '../state/operations.js';
import { asCurl, asJavaScript, pathOf, redact } from '../state/snippets.js';
import { developer } from '../state/view.js';
import { Button, IconButton } from '../ui/button.js';
import { useRoving } from '../ui/roving.js';
import { Empty } from '../ui/states.js';
import { announce, notify } from '../ui/toast.js';

const KINDS = { all: 'All', request: 'REST', frame: 'Socket' };

export function Developer() {
  const [kind, setKind] = useState('all');
  const [chosen, setChosen] = useState(/** @type {any} */ (null));
  const [known, setKnown] = useState(/** @type {any[]} */ ([]));
  useEffect(() => void operations().then(setKnown), []);
  const shown = calls.value.filter((call) => kind === 'all' || (call.kind === 'request') === (kind === 'request'));
  const close = () => (developer.value = false);
  return html`<section class="developer" aria-label="Developer drawer"
    onKeyDown=${(event) => event.key === 'Escape' && !event.defaultPrevented && close()}>
    <header class="developer-head">
      <h2>API calls</h2>
      <div class="segments" role="group" aria-label="Show">
        ${Object.entries(KINDS).map(([name, label]) => html`<button type="button" key=${name} class="segment"
          aria-pressed=${kind === name ? 'true' : 'false'} onClick=${() => setKind(name)}>${label}</button>`)}
      </div>
      <a class="developer-docs" href=${docs()} target="_blank" rel="noreferrer">Documentation</a>
      <${IconButton} label="Clear" icon="trash" size=${18} onClick=${() => (forgetCalls(), setChosen(null))} />
      <${IconButton} label="Close developer drawer" icon="close" onClick=${close} />
    </header>
    <div class=${`developer-body${chosen ? ' has-details' : ''}`}>
      ${shown.length === 0
        ? html`<${Empty} icon="code" title="Nothing yet">What this page asks of the server, and what comes on the socket, shows here.<//>`
        : html`<${List} calls=${shown} chosen=${chosen} onChoose=${setChosen} />`}
      ${chosen && html`<${Details} key=${chosen.id} call=${chosen} link=${linkOf(known, chosen.method, pathOf(chosen))}
        onClose=${() => setChosen(null)} />`}
    </div>
  </section>`;
}

function List({ calls: shown, chosen, onChoose }) {
  const roving = useRoving({ letters: false });
  const list = roving.ref;
  const isAtEnd = useRef(true);
  // Follows what comes, unless the reader has scrolled up.
  useEffect(() => {
    if (isAtEnd.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [shown.length]);
  const scrolled = ({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24;
  };
  return html`<ul class="calls" ref=${list} onKeyDown=${roving.onKeyDown} onFocusIn=${roving.onFocusIn} onScroll=${scrolled}>
    ${shown.map((call) => html`<li key=${call.id}><button type="button" class="call" data-roving
      aria-pressed=${chosen?.id === call.id ? 'true' : 'false'} onClick=${() => onChoose(call)}><${Summary} call=${call} /></button></li>`)}
  </ul>`;
}

function Summary({ call }) {
  const { kind, method, status, duration, frame, state, code } = call;
  if (kind === 'request') {
    const isBad = status === 0 || status >= 400;
    return html`<span class="call-kind">${method}</span><span class="call-name" title=${pathOf(call)}>${shortened(pathOf(call))}</span>
      <span class=${`call-result${isBad ? ' bad' : ''}`}>${status || 'no answer'}</span><span class="call-time">${duration} ms</span>`;
  }
  const words = { sent: '↑ sent', received: '↓ received', socket: 'socket' }[kind];
  const name = kind === 'socket' ? `${state}${code ? ` (${code})` : ''}` : frame?.action;
  return html`<span class="call-kind">${words}</span><span class="call-name">${name}</span>`;
}

/** A path with the beginnings of its ids alone. @param {string} path */
function shortened(path) {
  return path.replace(/([0-9a-f]{4})[0-9a-f]{4}-[0-9a-f-]{27}/g, '$1…');
}

function Details({ call, link, onClose }) {
  const isCall = call.kind === 'request';
  const parts = isCall
    ? [['Request', call.body], ['Answer', call.answer]]
    : [['Frame', call.frame ?? { state: call.state, code: call.code, reason: call.reason }]];
  return html`<div class="call-details" tabindex="0" role="region" aria-label="Details">
    <div class="call-actions">
      ${isCall && html`<${Copy} label="Copy as curl" text=${() => asCurl(call)} />`}
      ${(isCall || call.kind === 'sent') && html`<${Copy} label="Copy as JavaScript" text=${() => asJavaScript(call)} />`}
      ${link && html`<a class="button button-quiet button-small" href=${link} target="_blank" rel="noreferrer">Documentation of this call</a>`}
      <${IconButton} label="Close details" icon="close" size=${18} onClick=${onClose} />
    </div>
    ${isCall && html`<p class="call-line"><code>${call.method} ${pathOf(call)}</code></p>`}
    ${parts.map(([title, value]) => value !== undefined && html`<section key=${title}><h3 class="list-title">${title}</h3>
      <pre>${typeof value === 'string' ? value : JSON.stringify(redact(value), null, 2)}</pre></section>`)}
  </div>`;
}

function Copy({ label, text }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      announce('Copied');
      notify('Copied. Your token is left out: set TOKEN yourself.');
    } catch {
      notify('The browser does not let this page copy.', { kind: 'error' });
    }
  };
  return html`<${Button} small icon="copy" onClick=${copy}>${label}<//>`;
}
