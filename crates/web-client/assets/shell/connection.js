// The state of the connection: a word at the foot of the rooms, and a bar above the room while there is none.

import { html, useEffect, useState } from '../vendor.js';
import { connection, connectionState } from '../state/live.js';
import { Button } from '../ui/button.js';
import { Icon } from '../ui/icon.js';

const WORDS = { connecting: 'Connecting…', live: 'Online', waiting: 'Offline', closed: 'Offline' };

export function ConnectionSign() {
  const { name } = connectionState.value;
  return html`<span class=${`connection connection-${name}`}>${WORDS[name]}</span>`;
}

/** A short connection without trouble shows no bar: it would only flash. */
const PATIENCE_MS = 1500;

export function Connection() {
  const { name, until } = connectionState.value;
  const isWaiting = name === 'waiting';
  const [slow, setSlow] = useState(false);
  const [, tick] = useState(0);
  useEffect(() => {
    setSlow(false);
    if (name !== 'connecting') return undefined;
    const timer = setTimeout(() => setSlow(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [name]);
  useEffect(() => {
    if (!isWaiting) return undefined;
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, [isWaiting]);
  const seconds = isWaiting ? Math.max(0, Math.ceil((until - Date.now()) / 1000)) : 0;
  return html`<div class="connection-place" role="status">
    ${isWaiting && html`<div class="connection-bar">
      <${Icon} name="warning" size=${18} />
      <p>You are offline. What you write is sent later.
        <span aria-hidden="true"> ${seconds > 0 ? `Next attempt in ${seconds} s.` : 'Trying now.'}</span></p>
      <${Button} small onClick=${() => connection.value?.retryNow()}>Retry now<//>
    </div>`}
    ${slow && !isWaiting && html`<div class="connection-bar"><span class="spinner" aria-hidden="true" /><p>Connecting…</p></div>`}
  </div>`;
}
