// Questions before an act.

import { html } from '../vendor.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { Problem } from './states.js';
import { useTask } from './task.js';

/**
 * Asks whether to go on, and runs the act. It stays open, with the reason, where the act fails.
 *
 * @param {{title: string, act: string, danger?: boolean, run: () => Promise<any>, onDone?: () => void, onClose: () => void,
 *   children?: any}} props `onDone` is called instead of `onClose` once the act is done
 */
export function Confirm({ title, act, danger = true, run, onDone, onClose, children }) {
  const task = useTask(run);
  const confirm = async () => {
    if (await task.run()) (onDone ?? onClose)();
  };
  const footer = html`
    <${Button} onClick=${onClose} autofocus>Cancel<//>
    <${Button} kind=${danger ? 'danger' : 'primary'} busy=${task.busy} onClick=${confirm}>${act}<//>`;
  return html`<${Dialog} title=${title} onClose=${onClose} footer=${footer}>
    <div class="prose">${children}</div>
    ${task.error && html`<${Problem} error=${task.error} />`}
  <//>`;
}
