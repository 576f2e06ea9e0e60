// The section About: version, storage and encryption.
import { html } from '../../html.js';
import { get } from '../../api.js';
import { Icon } from '../../components/icon.js';
import { Loaded, Notice } from '../../components/states.js';
import { useLoaded } from '../../data.js';
import { texts } from '../../i18n.js';
import { text } from './text.js';

const t = texts(text);

async function load(signal) {
  const [session, storage] = await Promise.all([get('/session', {}, { signal }), get('/storage/mode', {}, { signal })]);
  return { version: session.data.version, mode: storage.data.mode };
}

/** Draws the section. @param {{ stored: object }} props the response of `/api/settings` */
export function About({ stored }) {
  const facts = useLoaded(load);
  const isSealed = stored.encryption_key_set;
  return html`<section class="card settings-form" aria-labelledby="about"><h2 id="about">${t('about')}</h2>
      <${Loaded} of=${facts} lines=${3}>${({ version, mode }) => html`<dl class="facts">
        <div><dt>${t('version')}</dt><dd>Grok2API ${version}</dd></div>
        <div><dt>${t('storage')}</dt><dd>${mode} <span class="muted">${mode === 'D1' ? t('storageD1') : t('storageSqlite')}</span></dd></div>
        <div><dt>${t('address')}</dt><dd><code class="any">${location.origin}/v1</code></dd></div></dl>`}<//>
      <ul class="about-links">
        ${[['/openapi.json', 'openapi'], ['/health', 'health']].map(([href, name]) => html`<li key=${name}><a href=${href} target="_blank" rel="noopener"><${Icon} name="external" /><span>${t(name)}</span></a></li>`)}
      </ul></section>
    <section class="card settings-form" aria-labelledby="sealing"><h2 id="sealing">${t('sealing')}</h2>
      <${Notice} kind=${isSealed ? 'ok' : 'warn'}>${t(isSealed ? 'sealed' : 'notSealed')}<//>
      ${!isSealed && html`<p>${t('sealHow')}</p>`}
      ${stored.clear_text_may_remain && html`<${Notice} kind="warn">${t('clearTextMayRemain')}<//>`}
      ${stored.unreadable.length > 0 && html`<${Notice} kind="danger">${t('someUnreadable', { names: stored.unreadable.join(', ') })}<//>`}
      <p class="muted">${t('keyChange')}</p></section>`;
}
