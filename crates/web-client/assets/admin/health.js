// Health: what `parlor doctor` finds.

import { html } from '../vendor.js';
import { Button } from '../ui/button.js';
import { Icon } from '../ui/icon.js';
import { Problem, Skeleton } from '../ui/states.js';
import { useLoad } from '../ui/task.js';
import { api } from './api.js';

const STATES = {
  fine: { words: 'ok', icon: 'check', summary: 'Everything is as it must be.' },
  warning: { words: 'warning', icon: 'warning', summary: 'The server works; something should be changed.' },
  wrong: { words: 'wrong', icon: 'close', summary: 'Something does not work.' },
};

export function Health() {
  const { data, error, loading, retry } = useLoad((abort) => api.health(abort), []);
  return html`<div class="title-row"><h1>Health</h1><${Button} small busy=${loading} onClick=${retry}>Check again<//></div>
    ${error && html`<${Problem} error=${error} onRetry=${retry} />`}
    ${!data && !error && html`<${Skeleton} rows=${8} label="Checking" />`}
    ${data && html`<p class=${`lead state-${data.state}`} role="status">
        ${STATES[data.state].summary} Parlor ${data.version}.</p>
      <ul class="rows" aria-label="Checks" aria-busy=${loading ? 'true' : 'false'}>
        ${data.checks.map((check) => html`<li class="row" key=${check.name}>
          <span class=${`state state-${check.state}`}><${Icon} name=${STATES[check.state].icon} size=${18} />
            <span class="visually-hidden">${STATES[check.state].words}: </span></span>
          <div class="row-words"><p class="row-title">${check.name}</p><p class="row-text">${check.finding}</p></div>
        </li>`)}
      </ul>`}`;
}
