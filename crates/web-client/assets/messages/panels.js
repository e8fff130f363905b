// The panels beside a room that are about messages, by their name in the address. Each is loaded when it is first opened.

import { lazy } from './lazy.js';

/** @type {Record<string, {title: string, Panel: (props: {roomId: string, argument: string | null}) => any}>} */
export const messagePanels = {
  threads: { title: 'Thread', Panel: lazy(() => import('./thread-panel.js'), 'ThreadPanel') },
  pins: { title: 'Pinned messages', Panel: lazy(() => import('./pins-panel.js'), 'PinsPanel') },
  search: { title: 'Search', Panel: lazy(() => import('./search-panel.js'), 'SearchPanel') },
};
