// A button with a menu of actions. Arrow keys move, Escape and a press outside close it. The list is in the top layer,
// so that no scrolling box clips it.
import { html, useLayoutEffect, useRef, useState } from '../html.js';
import { Icon } from './icon.js';

/**
 * Draws the button and its menu.
 * @param {object} props
 * @param {string} props.label
 * @param {string} [props.icon]
 * @param {boolean} [props.showLabel] shows the label next to the icon
 * @param {string} [props.kind] classes of the button
 * @param {{ label: string, icon?: string, danger?: boolean, checked?: boolean, href?: string, run?: () => void }[]} props.items
 *   `checked` makes the item a radio item, `href` a download link
 */
export function Menu({ label, icon = 'more', showLabel = false, kind = '', items }) {
  const [shown, setShown] = useState(false);
  const root = useRef(null);
  const button = useRef(null);
  const list = useRef(null);
  useLayoutEffect(() => {
    if (!shown) return undefined;
    place(list.current, button.current);
    choices(root.current)[0]?.focus();
    const elsewhere = (event) => { if (!root.current.contains(event.target)) setShown(false); };
    const moved = () => setShown(false);
    document.addEventListener('pointerdown', elsewhere);
    document.addEventListener('scroll', moved, true);
    addEventListener('resize', moved);
    return () => {
      document.removeEventListener('pointerdown', elsewhere);
      document.removeEventListener('scroll', moved, true);
      removeEventListener('resize', moved);
    };
  }, [shown]);
  const hide = () => {
    setShown(false);
    button.current.focus();
  };
  const onKeyDown = (event) => {
    if (!shown) return;
    if (event.key === 'Escape') {
      event.stopPropagation();
      event.preventDefault();
      hide();
    } else if (event.key === 'Tab') {
      setShown(false);
    } else if (move(root.current, event.key)) {
      event.preventDefault();
    }
  };
  const pick = (item) => {
    hide();
    item.run?.();
  };
  return html`<div class="menu" ref=${root} onKeyDown=${onKeyDown}>
    <button type="button" ref=${button} class=${showLabel ? `button ${kind}` : `icon-button ${kind}`} aria-haspopup="menu" aria-expanded=${shown}
      aria-label=${showLabel ? undefined : label} title=${showLabel ? undefined : label} onClick=${() => setShown(!shown)}>
      <${Icon} name=${icon} />${showLabel && html`<span>${label}</span>`}
    </button>
    ${shown && html`<ul ref=${list} popover="manual" role="menu" class="menu-list" aria-label=${label}>${items.map((item) => html`<${Item} key=${item.label} item=${item} pick=${pick} />`)}</ul>`}
  </div>`;
}

function Item({ item, pick }) {
  const content = html`${item.icon ? html`<${Icon} name=${item.icon} />` : item.checked !== undefined && html`<span class="menu-mark">${item.checked && html`<${Icon} name="check" />`}</span>`}<span>${item.label}</span>`;
  const role = item.checked === undefined ? 'menuitem' : 'menuitemradio';
  const shared = { role, tabIndex: -1, class: item.danger ? 'danger' : '', onClick: () => pick(item) };
  return html`<li role="none">${item.href
    ? html`<a ...${shared} href=${item.href} download>${content}</a>`
    : html`<button type="button" ...${shared} aria-checked=${item.checked}>${content}</button>`}</li>`;
}

/** Places the list below the button, aligned with its end, or above it if there is not enough space. */
function place(list, button) {
  list.showPopover();
  const at = button.getBoundingClientRect();
  const { width, height } = list.getBoundingClientRect();
  const room = document.documentElement;
  const below = at.bottom + 4 + height <= room.clientHeight;
  list.style.top = `${below ? at.bottom + 4 : Math.max(4, at.top - 4 - height)}px`;
  list.style.left = `${Math.max(4, Math.min(at.right - width, room.clientWidth - width - 4))}px`;
}

const choices = (root) => [...root.querySelectorAll('[role^=menuitem]')];

function move(root, key) {
  const all = choices(root);
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length, Home: 0, End: all.length - 1 }[key];
  if (to === undefined) return false;
  all[to].focus();
  return true;
}
