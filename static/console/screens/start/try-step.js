// Step four: streams a chat, and shows the same request for other programs.
import { html, useEffect, useRef, useState } from '../../html.js';
import { get } from '../../api.js';
import { Icon } from '../../components/icon.js';
import { Field, Select } from '../../components/field.js';
import { Notice } from '../../components/states.js';
import { useLoaded } from '../../data.js';
import { duration } from '../../format.js';
import { texts } from '../../i18n.js';
import { abilityOf, nameOfApi } from '../../models.js';
import { address } from '../../router.js';
import { split } from '../playground/answer.js';
import { Markdown } from '../playground/markdown.js';
import { callV1, explainChat, streamChat } from '../playground/stream.js';
import { Failure } from '../playground/turn.js';
import { Snippets } from './snippets.js';
import { text } from './text.js';

const t = texts(text);
/** The default model: fast, and available to every account. */
const PREFERRED = 'grok-fast';
/** The default where xAI's API alone answers and its models are not read yet. */
const PREFERRED_OF_API = 'grok-4';

/** Loads the names of the models of a key of xAI's API, in the order in which xAI lists them. */
async function namesOfApi(signal) {
  const [row] = (await get('/tokens', { type: 'xai', limit: 1 }, { signal })).data;
  return (row?.models ?? []).map(nameOfApi);
}

/** Returns the first name that is a chat model and in the list, else the default. */
const firstChat = (names, listed) => names.find((id) => listed.includes(id) && abilityOf(id) === 'text') ?? PREFERRED_OF_API;

/** Draws the step. @param {{ apiKey: string, base: string, accounts: number, isApi: boolean, onWorked: () => void }} props `isApi` means that all accounts are keys of xAI's API */
export function TryStep({ apiKey, base, accounts, isApi, onWorked }) {
  const models = useLoaded(async (signal) => (await (await callV1('/models', apiKey, { signal })).json()).data.map(({ id }) => id), [apiKey]);
  const ofApi = useLoaded(async (signal) => (isApi ? namesOfApi(signal) : []), [isApi]);
  const [chosen, setModel] = useState(null);
  const model = chosen ?? (isApi ? firstChat(ofApi.data ?? [], models.data ?? []) : PREFERRED);
  const [message, setMessage] = useState(t('firstMessage'));
  const chat = useChat(apiKey, onWorked);
  const options = (models.data ?? [model]).map((id) => [id, id]);
  const submit = (event) => {
    event.preventDefault();
    if (message.trim() !== '') chat.send(model, message);
  };
  return html`
    ${accounts === 0 && html`<${Notice} kind="warn" action=${html`<a href=${address('tokens')}>${t('toTokens')}</a>`}>${t('noAccounts')}<//>`}
    ${models.error && html`<${Notice} kind="danger">${explainChat(models.error)}<//>`}
    <form class="stack" onSubmit=${submit}>
      <${Field} label=${t('message')}>${(attributes) => html`
        <textarea class="input chat-message" rows="2" value=${message} onInput=${(event) => setMessage(event.currentTarget.value)} ...${attributes} />`}<//>
      <div class="bar"><${Select} value=${model} options=${options} onChange=${setModel} aria-label=${t('model')} />
        ${chat.running
          ? html`<button type="button" class="button" onClick=${chat.stop}><${Icon} name="stop" /><span>${t('stop')}</span></button>`
          : html`<button type="submit" class="button primary"><${Icon} name="send" /><span>${t('send')}</span></button>`}
        <span class="muted number">${chat.firstByte !== null && t('firstByte', { time: duration(chat.firstByte) })}</span></div>
    </form>
    <div class="answer" role="log" aria-label=${t('answer')} aria-busy=${chat.running} tabindex="0">
      ${chat.answer ? html`<${Answer} text=${chat.answer} />` : html`<span class="muted">${t(chat.running ? 'waiting' : 'answerHere')}</span>`}</div>
    ${chat.error && html`<${Failure} error=${chat.error} />`}
    <${Snippets} base=${base} apiKey=${apiKey} model=${model} message=${message} />`;
}

/** Draws the answer with its thinking folded; the playground shows more. */
function Answer({ text: answer }) {
  return split(answer).map((part, at) => (part.thinking
    ? html`<details key=${at} class="thought"><summary>${t(part.open ? 'thinking' : 'thought')}</summary>${part.text}</details>`
    : html`<${Markdown} key=${at} source=${part.text} />`));
}

const NOTHING = { answer: '', error: null, running: false, firstByte: null };

function useChat(key, onWorked) {
  const [state, setState] = useState(NOTHING);
  const control = useRef(null);
  useEffect(() => () => control.current?.abort(), []);
  const send = async (model, content) => {
    control.current?.abort();
    const mine = new AbortController();
    control.current = mine;
    const started = performance.now();
    setState({ ...NOTHING, running: true });
    const show = (change) => { if (control.current === mine) setState(change); };
    const { error, finishReason } = await streamChat({
      key, signal: mine.signal, body: { model, messages: [{ role: 'user', content }] },
      onChunk: ({ content }) => { if (content) show((old) => ({ ...old, answer: old.answer + content, firstByte: old.firstByte ?? performance.now() - started })); },
    });
    show((old) => ({ ...old, running: false, error }));
    if (!error && finishReason !== 'aborted') onWorked();
  };
  return { ...state, send, stop: () => control.current?.abort() };
}
