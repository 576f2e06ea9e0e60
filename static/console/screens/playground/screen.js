// The playground: chats with any model over the API that clients use, and shows the responses.
import { html, useEffect, useRef, useState } from '../../html.js';
import { common } from '../../common.text.js';
import { Select } from '../../components/field.js';
import { Icon } from '../../components/icon.js';
import { Empty, Notice, Skeleton } from '../../components/states.js';
import { useLoaded } from '../../data.js';
import { optionalTexts, texts } from '../../i18n.js';
import { abilityOf, isOfApi } from '../../models.js';
import { useShared } from '../../store.js';
import { awaitsResults } from './calls.js';
import { Composer, attach } from './composer.js';
import { ask, askAgain, clear, draft, regenerate, system, turns } from './conversation.js';
import { KeyChoice, chooseKey, chosenKey } from './key.js';
import { Options, fieldsOrFault } from './options-form.js';
import { filesOf } from './pictures.js';
import { SignatureNotice, useSignature, wanted } from './signature.js';
import { callV1, explainChat } from './stream.js';
import { models as modelTexts, text } from './text.js';
import { Answer, Question } from './turn.js';

export const style = new URL('./style.css', import.meta.url).href;
const t = texts(text);
/** Translated descriptions of models; the gateway's own are English. */
const about = optionalTexts(modelTexts);
/** Models of xAI's API share a description. */
const describedAs = (model) => (isOfApi(model) ? 'xai' : model);
const SUGGESTIONS = { text: ['try1', 'try2', 'try3'], draw: ['try3'], edit: [], video: [] };

export function Screen() {
  const chosen = useShared(chosenKey);
  return html`<div class="screen playground">
    ${chosen ? html`<${Room} key=${chosen.key} chosen=${chosen} />` : html`
      <div class="screen-head"><h1>${t('title')}</h1></div>
      <section class="card first-key"><h2>${t('chooseKey')}</h2><${KeyChoice} /></section>`}
  </div>`;
}

function Room({ chosen }) {
  const models = useLoaded(async (signal) => (await (await callV1('/models', chosen.key, { signal })).json()).data, []);
  const model = useModel(models.data);
  const list = useShared(turns);
  const busy = list.some(({ state }) => state === 'waiting' || state === 'writing');
  const follow = useFollow(list);
  const ready = model !== null;
  const signature = useSignature(model, busy);
  /** Begins a request, unless an option is at fault. Returns whether it began. */
  const go = (begin) => {
    const fields = fieldsOrFault();
    if (fields === null) return false;
    follow();
    begin({ model, key: chosen.key, fields });
    return true;
  };
  const send = () => go((settings) => {
    const { text: written, pictures } = draft.get();
    draft.set({ text: '', pictures: [] });
    ask({ text: written.trim(), pictures, ...settings });
  });
  const [over, drop] = useDrop();
  return html`<div class=${`room ${over ? 'drop-here' : ''}`} ...${drop}>
    <${Head} models=${models.data} model=${model} mark=${signature.mark} chosen=${chosen} empty=${list.length === 0} />
    <${System} />
    <${Options} />
    <div class="turns">
      ${models.error ? html`<${NoModels} error=${models.error} retry=${models.reload} />` : list.length === 0 && html`<${Hello} models=${models.data} model=${model} />`}
      ${list.map((turn, at) => (turn.role === 'user'
        ? html`<${Question} key=${turn.id} turn=${turn} ready=${ready} resend=${(changed) => go((settings) => askAgain(turn.id, { text: changed.trim(), ...settings }))} />`
        : html`<${Answer} key=${turn.id} turn=${turn} last=${at === list.length - 1} ready=${ready} go=${go} again=${() => { go(regenerate); }} />`))}
    </div>
    <p class="visually-hidden" role="status">${list.length > 0 && t(busy ? 'isAnswering' : awaitsResults(list.at(-1)) ? 'awaitsResults' : 'hasAnswered')}</p>
    <${Composer} send=${send} busy=${busy} ready=${ready} needsPicture=${ready && ['edit', 'video'].includes(abilityOf(model)) && !list.some(({ pictures }) => pictures?.length > 0) ? abilityOf(model) : null}><${SignatureNotice} fault=${signature.fault} /><//>
  </div>`;
}

/** Returns the last used model, if the gateway still has it. */
function useModel(models) {
  const last = useShared(wanted);
  if (!models?.length) return null;
  return models.some(({ id }) => id === last) ? last : models[0].id;
}

function Head({ models, model, mark, chosen, empty }) {
  return html`<div class="screen-head"><h1>${t('title')}</h1>
    <${Select} class="input model" aria-label=${t('model')} disabled=${!models} value=${model ?? ''} onChange=${wanted.set}
      options=${(models ?? [{ id: '', display_name: '…' }]).map(({ id }) => [id, mark(id)])} />
    <button type="button" class="button key-button" onClick=${chooseKey} title=${t('changeKey')} aria-label=${t('keyButton', { name: chosen.name })}><${Icon} name="keys" /><span class="key-label">${chosen.name}</span></button>
    <button type="button" class="button" disabled=${empty} onClick=${clear}><${Icon} name="plus" /><span>${t('newConversation')}</span></button>
  </div>`;
}

function System() {
  const value = useShared(system);
  return html`<details class="system"><summary><span>${t('system')}</span><span class="muted system-line">${value.trim() || common('none')}</span></summary>
    <textarea class="input" aria-label=${t('system')} placeholder=${t('systemHint')} value=${value} onInput=${(event) => system.set(event.currentTarget.value)} />
  </details>`;
}

function Hello({ models, model }) {
  const found = models?.find(({ id }) => id === model);
  if (!found) return html`<${Skeleton} lines=${3} />`;
  return html`<${Empty} icon="playground" title=${t('hello')}>
    <p>${found.display_name}: ${about(describedAs(model)) ?? found.description}</p>
    <div class="suggestions">${SUGGESTIONS[abilityOf(model)].map((name) => html`<button key=${name} type="button" class="button" onClick=${() => draft.set({ ...draft.get(), text: t(name) })}>${t(name)}</button>`)}</div>
  <//>`;
}

function NoModels({ error, retry }) {
  return html`<div role="alert"><${Notice} kind="danger" action=${html`<button type="button" class="button" onClick=${retry}>${common('retry')}</button>
    <button type="button" class="button" onClick=${chooseKey}>${t('changeKey')}</button>`}>${explainChat(error)}<//></div>`;
}

/** Scrolls with the end of the list while it is visible. @returns {() => void} scrolls to the end */
function useFollow(list) {
  const atEnd = useRef(true);
  const last = useRef(0);
  const page = document.documentElement;
  useEffect(() => {
    const onScroll = () => {
      const left = page.scrollHeight - page.clientHeight - page.scrollTop;
      // Scrolling up, even a little, stops the following.
      atEnd.current = page.scrollTop < last.current ? left < 2 : atEnd.current || left < 80;
      last.current = page.scrollTop;
    };
    addEventListener('scroll', onScroll, { passive: true });
    return () => removeEventListener('scroll', onScroll);
  }, []);
  useEffect(() => {
    if (!atEnd.current || list.length === 0) return;
    page.scrollTop = page.scrollHeight;
    // A scroll in progress is measured from here.
    last.current = page.scrollTop;
  }, [list]);
  return () => { atEnd.current = true; };
}

/** Accepts pictures dropped anywhere on the page. */
function useDrop() {
  const [over, setOver] = useState(false);
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  const onDragOver = (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    setOver(true);
  };
  const onDragLeave = (event) => { if (!event.currentTarget.contains(event.relatedTarget)) setOver(false); };
  const onDrop = (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    setOver(false);
    attach(filesOf(event.dataTransfer));
  };
  return [over, { onDragOver, onDragLeave, onDrop }];
}
