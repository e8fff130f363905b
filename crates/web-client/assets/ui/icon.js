// Icons, drawn on a grid of 24 with lines of 1.75.

import { html } from '../vendor.js';

const PATHS = {
  add: 'M12 5v14M5 12h14',
  at: 'M12 8.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7M15.5 8.5v5a2.5 2.5 0 0 0 5 0V12a8.5 8.5 0 1 0-3.4 6.8',
  attach: 'M19 11l-7.5 7.5a4.6 4.6 0 0 1-6.5-6.5L13 4a3 3 0 0 1 4.3 4.3L9.5 16a1.5 1.5 0 0 1-2.2-2.2L14 7',
  back: 'M15 5l-7 7 7 7',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 21h4',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  close: 'M6 6l12 12M18 6L6 18',
  code: 'M9 7l-5 5 5 5M15 7l5 5-5 5',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  down: 'M6 9l6 6 6-6',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  edit: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  emoji: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18M8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5v.5M15 9.5v.5',
  file: 'M7 3h7l4 4v14H7zM14 3v4h4',
  forward: 'M9 5l7 7-7 7',
  globe: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18M3 12h18M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18',
  hash: 'M9 4L7 20M17 4l-2 16M4 9h16.5M3.5 15H20',
  history: 'M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4M12 8v4.5l3 2',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 2-2 5 5M15 9v.5',
  info: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18M12 11v5M12 7.5V8',
  keyboard: 'M3 6h18v12H3zM7 10v.5M11 10v.5M15 10v.5M8 14h8',
  leave: 'M14 4h5v16h-5M4 12h10M10 8l4 4-4 4',
  link: 'M10 14l4-4M8 12l-2.5 2.5a3 3 0 0 0 4.5 4.5l2-2M16 12l2.5-2.5a3 3 0 0 0-4.5-4.5l-2 2',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  mail: 'M3 6h18v13H3zM3 7l9 6 9-6',
  members: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.3M18 14.6c2 .8 3.5 2.6 3.5 5.4',
  message: 'M4 5h16v11H10l-4.5 4v-4H4z',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5',
  more: 'M5 12a.9.9 0 1 0 1.8 0 .9.9 0 0 0-1.8 0M11.1 12a.9.9 0 1 0 1.8 0 .9.9 0 0 0-1.8 0M17.2 12a.9.9 0 1 0 1.8 0 .9.9 0 0 0-1.8 0',
  pin: 'M9 4h6l-.5 7 3 3v2h-11v-2l3-3zM12 16v5',
  reply: 'M10 6l-6 5 6 5v-3.5c5 0 8 1.5 10 5 0-6-3.5-9.5-10-9.5z',
  search: 'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13M15.5 15.5L20 20',
  send: 'M4 4l17 8-17 8 2.5-8zM6.5 12H13',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  thread: 'M4 5h16v10h-8l-4 4v-4H4zM8 9h8M8 12h5',
  trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.5 21c0-4.5 3.3-7 7.5-7s7.5 2.5 7.5 7',
  warning: 'M12 4l9 16H3zM12 10v5M12 17.5v.01',
};

/**
 * An icon. It says nothing to screen readers; what it stands on has the words.
 *
 * @param {{name: keyof typeof PATHS, size?: number}} props
 */
export function Icon({ name, size = 20 }) {
  return html`<svg class="icon" viewBox="0 0 24 24" width=${size} height=${size} aria-hidden="true" focusable="false">
    <path d=${PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round"
      stroke-linejoin="round" />
  </svg>`;
}

/** The sign of Parlor: a speech bubble with its initial. */
export function Logo({ size = 40 }) {
  return html`<svg class="logo" viewBox="0 0 48 48" width=${size} height=${size} aria-hidden="true" focusable="false">
    <path class="logo-back" d="M12 4h24a8 8 0 0 1 8 8v18a8 8 0 0 1-8 8H24l-10 7v-7h-2a8 8 0 0 1-8-8V12a8 8 0 0 1 8-8z" />
    <path class="logo-front" d="M17 29V15h8.5a5 5 0 0 1 0 10H17" />
  </svg>`;
}
