// The raw stream of an answer, event by event.
import { html } from '../../html.js';
import { Copy } from '../../components/copy.js';
import { Dialog, openDialog } from '../../components/dialog.js';
import { Empty } from '../../components/states.js';
import { number } from '../../format.js';
import { texts } from '../../i18n.js';
import { useShared } from '../../store.js';
import { turns } from './conversation.js';
import { text } from './text.js';

const t = texts(text);

/** Opens the events of an answer. @param {number} id of the answer, which may still be streaming */
export const showEvents = (id) => openDialog((close) => html`<${Events} id=${id} close=${close} />`);

function Events({ id, close }) {
  const events = useShared(turns).find((turn) => turn.id === id)?.events ?? [];
  const footer = events.length > 0 && html`<${Copy} text=${() => events.map(({ raw }) => `${raw}\n\n`).join('')} label=${t('copyEvents')} showLabel />`;
  return html`<${Dialog} kind="drawer" title=${t('eventsTitle', { n: events.length })} onClose=${close} footer=${footer}>
    ${events.length === 0 && html`<${Empty} icon="requests" title=${t('noEvents')} />`}
    <ol class="events" tabindex="0" aria-label=${t('events')}>${events.map(({ at, raw }, n) => html`<li key=${n}>
      <span class="muted number">${t('milliseconds', { value: number(Math.round(at)) })}</span><code>${raw}</code></li>`)}</ol>
  <//>`;
}
