// Creates API keys from a name and a number, then shows them unmasked for copying.
import { html, useState } from '../../html.js';
import { post } from '../../api.js';
import { common } from '../../common.text.js';
import { Action, BusyButton, useBusy } from '../../components/action.js';
import { Copy } from '../../components/copy.js';
import { Dialog, openDialog } from '../../components/dialog.js';
import { Field } from '../../components/field.js';
import { Notice } from '../../components/states.js';
import { texts } from '../../i18n.js';
import { text } from './text.js';

const t = texts(text);

/** Opens the dialog. @returns {Promise<object[] | undefined>} the new rows with their unmasked keys */
export function createKeys() {
  return openDialog((close) => html`<${Create} close=${close} />`);
}

/** Creates keys. @returns {Promise<object[]>} the new rows */
export async function makeKeys(name, count) {
  return (await post('/keys/batch-add', { name_prefix: name, count })).data;
}

function Create({ close }) {
  const [name, setName] = useState('');
  const [count, setCount] = useState('1');
  const [made, setMade] = useState(null);
  const [tried, setTried] = useState(false);
  const wrongName = name.trim().length < 1 || name.trim().length > 100;
  const wrongCount = !/^\d+$/.test(count) || Number(count) < 1 || Number(count) > 100;
  const [busy, submit] = useBusy(async () => {
    setTried(true);
    if (!wrongName && !wrongCount) setMade(await makeKeys(name.trim(), Number(count)));
  });
  if (made) return html`<${Made} keys=${made} close=${() => close(made)} />`;
  return html`<${Dialog} title=${t('create')} onClose=${() => close()} footer=${html`
      <button type="button" class="button" onClick=${() => close()}>${common('cancel')}</button>
      <${BusyButton} type="submit" form="create-keys" kind="primary" busy=${busy}>${t('create')}<//>`}>
    <form id="create-keys" class="stack" noValidate onSubmit=${submit}>
      <${Field} label=${t('name')} hint=${t('nameHint')} error=${tried && wrongName && t('invalidName')}>${(attributes) => html`
        <input class="input" autofocus maxlength="100" value=${name} onInput=${(event) => setName(event.currentTarget.value)} ...${attributes} />`}<//>
      <${Field} label=${t('count')} error=${tried && wrongCount && t('invalidCount')}>${(attributes) => html`
        <input class="input" type="number" min="1" max="100" value=${count} onInput=${(event) => setCount(event.currentTarget.value)} ...${attributes} />`}<//>
    </form>
  <//>`;
}

function Made({ keys, close }) {
  return html`<${Dialog} title=${t('made', { n: keys.length })} onClose=${close}
      footer=${html`<${Copy} text=${keys.map(({ key }) => key).join('\n')} label=${common('copyAll')} showLabel /><${Action} kind="primary" run=${close}>${common('done')}<//>`}>
    <${Notice} kind=${keys[0].revealable ? 'info' : 'warn'}>${t(keys[0].revealable ? 'keepLater' : 'keepNow')}<//>
    <ul class="stack">${keys.map((row) => html`<li key=${row.id} class="spread"><span>${row.name}</span><code class="made-key">${row.key}</code></li>`)}</ul>
  <//>`;
}
