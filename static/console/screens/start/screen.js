// Get started: add accounts, check the connection, create a key, send a chat.
import { html, useEffect, useRef, useState } from '../../html.js';
import { get } from '../../api.js';
import { Icon } from '../../components/icon.js';
import { Loaded } from '../../components/states.js';
import { useLoaded } from '../../data.js';
import { texts } from '../../i18n.js';
import { address } from '../../router.js';
import { chosenKey } from '../playground/key.js';
import { AddTokens } from '../tokens/add.js';
import { CheckStep } from './check-step.js';
import { KeyStep } from './key-step.js';
import { text } from './text.js';
import { TryStep } from './try-step.js';

export const style = new URL('./style.css', import.meta.url).href;
const t = texts(text);

async function load(signal) {
  const [stats, keys, settings] = await Promise.all([
    get('/stats', {}, { signal }), get('/keys', { limit: 100 }, { signal }), get('/settings', {}, { signal }),
  ]);
  const { total, xai } = stats.data;
  return { accounts: total, isApiOnly: total > 0 && xai.total === total, keys: keys.data.filter((key) => key.is_active === 1), base: settings.data.global.base_url || location.origin };
}

export function Screen() {
  const state = useLoaded(load);
  return html`<div class="screen start">
    <div class="screen-head"><h1>${t('title')}</h1></div>
    <p class="muted">${t('lead')}</p>
    <${Loaded} of=${state} lines=${8}>${(data) => html`<${Steps} data=${data} reload=${state.reload} />`}<//>
  </div>`;
}

function Steps({ data, reload }) {
  const [key, setKey] = useState(chosenKey.get());
  const [opened, setOpened] = useState(null);
  const [worked, setWorked] = useState(false);
  /** Whether the last check succeeded; null before the first one. */
  const [checked, setChecked] = useState(null);
  const [recorded, setRecorded] = useState(false);
  const done = { accounts: data.accounts > 0, check: checked === true, key: key !== null, try: worked };
  const present = opened ?? ['accounts', 'key', 'try'].find((name) => !done[name]) ?? 'try';
  const open = (name) => () => setOpened(name);
  const goOn = () => setOpened(null);
  // A new key stays visible until it is copied.
  const hold = (next) => {
    setKey(next);
    // The playground uses the key too, and this screen does after a reload. Without a new key, both keep the old one.
    if (next) chosenKey.set({ name: next.name, key: next.key });
    setOpened('key');
  };
  const added = async ({ recordedUserAgent }) => {
    await reload();
    setRecorded(recordedUserAgent !== null);
    setOpened('check');
  };
  return html`<ol class="steps">
    <${Step} n=${1} title=${t('accounts')} isDone=${done.accounts} isOpen=${present === 'accounts'} open=${open('accounts')}
      summary=${done.accounts ? t(data.isApiOnly ? 'apiKeysDone' : 'accountsDone', { n: data.accounts }) : t('accountsLater')}>
      <${Kinds} />
      <div class="start-add"><${AddTokens} onDone=${added} /></div>
      <div><button type="button" class="button quiet" onClick=${open('key')}>${t(done.accounts ? 'goOn' : 'later')}</button></div>
    <//>
    <${Step} n=${2} title=${t('check')} isDone=${done.check} isOpen=${present === 'check'} open=${done.accounts ? open('check') : null}
      summary=${t(!done.accounts ? 'checkLater' : checked === null ? 'unchecked' : !checked ? 'checkFailed' : data.isApiOnly ? 'checkDoneApi' : 'checkDone')}>
      <${CheckStep} recorded=${recorded} isApi=${data.isApiOnly} onResult=${setChecked} onNext=${goOn} />
    <//>
    <${Step} n=${3} title=${t('key')} isDone=${done.key} isOpen=${present === 'key'} open=${open('key')} summary=${done.key ? key.name : t('keyLater')}>
      <${KeyStep} keys=${data.keys} made=${key} onKey=${hold} onNext=${goOn} />
    <//>
    <${Step} n=${4} title=${t('try')} isDone=${done.try} isOpen=${present === 'try'} open=${done.key ? open('try') : null} summary=${t('tryLater')}>
      ${key && html`<${TryStep} apiKey=${key.key} base=${data.base} accounts=${data.accounts} isApi=${data.isApiOnly} onWorked=${() => setWorked(true)} />`}
    <//>
  </ol>
  ${worked && html`<section class="card start-end"><${Icon} name="check" /><p>${t('ready')}</p>
    <a class="button primary" href=${address('playground')}>${t('toPlayground')}</a><a class="button" href=${address('overview')}>${t('toOverview')}</a></section>`}`;
}

/** Says what can be added, and what each costs. */
const Kinds = () => html`<p class="muted">${t('accountsLead')}</p>
  <dl class="kinds">${['kindAccount', 'kindApi'].map((kind) => html`<div key=${kind}><dt>${t(kind)}</dt><dd>${t(`${kind}What`)} <span class="muted">${t(`${kind}Cost`)}</span></dd></div>`)}</dl>`;

function Step({ n, title, isDone, isOpen, open, summary, children }) {
  const heading = useRef(null);
  const wasOpen = useRef(isOpen);
  // The focused element was removed with the previous step.
  useEffect(() => {
    if (isOpen && !wasOpen.current) heading.current.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  return html`<li class=${`card step ${isOpen ? 'open' : ''}`} aria-current=${isOpen ? 'step' : undefined}>
    <div class="step-head">
      <span class=${`step-mark ${isDone ? 'done' : ''}`}>${isDone ? html`<${Icon} name="check" /><span class="visually-hidden">${t('stepDone')}</span>` : n}</span>
      <div class="step-name"><h2 ref=${heading} tabindex="-1">${title}</h2>${!isOpen && html`<p class="muted">${summary}</p>`}</div>
      ${!isOpen && open && html`<button type="button" class="button small" aria-label=${`${t(isDone ? 'change' : 'open')} – ${t('openStep', { title })}`} onClick=${open}>${t(isDone ? 'change' : 'open')}</button>`}
    </div>
    ${isOpen && html`<div class="step-body stack">${children}</div>`}
  </li>`;
}
