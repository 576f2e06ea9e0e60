// Icons on a grid of 24 with a stroke of 1.75. They repeat a label, so they are hidden from screen readers.
import { html } from '../html.js';

const PATHS = {
  overview: 'M4 13h6V4H4zM14 20h6V11h-6zM4 20h6v-3H4zM14 7h6V4h-6z',
  tokens: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.5 15.5 15.5 8.5M9.5 8.5h6v6',
  keys: 'M15 9a5 5 0 1 0-4.6 5L13 11.4M10.5 13.5 4 20M6 18l2 2',
  requests: 'M4 6h16M4 12h16M4 18h10',
  media: 'M4 5h16v14H4zM4 16l5-5 4 4 2.5-2.5L20 17M15 9.5h.01',
  settings: 'M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4M4 12h5M13 12h7M11 10v4',
  playground: 'M4 5h16v11H9l-5 4zM8 9h8M8 12h5',
  start: 'M5 12l5 5L20 7',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  check: 'M5 12.5 10 17 19 7.5',
  copy: 'M9 9h11v11H9zM5 15V4h11',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  upload: 'M12 16V5M7 9l5-5 5 5M5 20h14',
  refresh: 'M20 6v5h-5M4 18v-5h5M19 11a7.5 7.5 0 0 0-13-3.5M5 13a7.5 7.5 0 0 0 13 3.5',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  edit: 'M5 19l1-4L16 5l3 3L9 18zM14 7l3 3',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  more: 'M5 11.500a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1zM12 11.500a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1zM19 11.500a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1z',
  down: 'M6 9l6 6 6-6',
  up: 'M6 15l6-6 6 6',
  left: 'M15 6l-6 6 6 6',
  right: 'M9 6l6 6-6 6',
  menu: 'M4 7h16M4 12h16M4 17h16',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5 19 19M5 19l1.5-1.5M17.5 6.5 19 5',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  auto: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  language: 'M3 6h10M8 4v2M11 6c-1 4-4 7-8 8M5 9c1 2.500 4 4.500 7 5M12 20l4-9 4 9M13.500 17h5',
  account: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.500 20c.8-4 3.800-6 7.500-6s6.700 2 7.500 6',
  warning: 'M12 4 2.500 20h19zM12 10v4M12 17h.01',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 8h.01',
  play: 'M8 5v14l11-7z',
  stop: 'M7 7h10v10H7z',
  send: 'M4 12 20 4l-5 16-4-7z',
  tag: 'M4 4h8l8 8-8 8-8-8zM8 8h.01',
  filter: 'M4 5h16l-6 7v6l-4 2v-8z',
  external: 'M14 4h6v6M20 4 11 13M18 14v6H4V6h6',
};

/** @param {{ name: keyof typeof PATHS }} props */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}
