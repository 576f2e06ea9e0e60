// Tests selected accounts and shows their results.
import { html, useEffect, useRef, useState } from '../../html.js';
import { explain } from '../../api.js';
import { common } from '../../common.text.js';
import { accountName } from '../../components/account-name.js';
import { Dialog, openDialog } from '../../components/dialog.js';
import { Notice } from '../../components/states.js';
import { FindOutWhy } from '../../components/upstream-check/dialog.js';
import { texts } from '../../i18n.js';
import { testToken } from './change.js';
import { isApiKey } from './describe.js';
import { OutcomeChips, ResultList } from './results.js';
import { text } from './text.js';

const t = texts(text);
/** Parallel tests: Grok treats many calls from one address as an attack. */
const AT_ONCE = 3;
/** The maximum of lines shown; the counts include all. */
const MOST_SHOWN = 300;

/** Opens the results and resolves when they are closed, which also stops the test. */
export const testTokens = (rows) => openDialog((close) => html`<${Testing} rows=${rows} close=${close} />`);

function Testing({ rows, close }) {
  const [results, setResults] = useState([]);
  const [shown, setShown] = useState('');
  const [isOver, setIsOver] = useState(false);
  const control = useRef(new AbortController());
  useEffect(() => {
    const add = (result) => setResults((old) => [...old, result]);
    testAll(rows, add, control.current.signal).then(() => setIsOver(true));
    return () => control.current.abort();
  }, []);
  const count = (outcome) => results.filter((result) => result.outcome === outcome).length;
  const unreached = results.find(({ isUnreached }) => isUnreached);
  const stop = () => control.current.abort();
  const listed = results.filter(({ outcome }) => shown === '' || outcome === shown);
  const head = isOver ? t('tested', { ok: count('ok'), bad: results.length - count('ok') }) : t('testing', { n: rows.length });
  return html`<${Dialog} kind="wide" title=${head} onClose=${() => close()} footer=${isOver
      ? html`<button type="button" class="button primary" onClick=${() => close()}>${common('done')}</button>`
      : html`<button type="button" class="button" onClick=${stop}>${t('stop')}</button>`}>
    <div class="progress-line"><progress class="progress" aria-label=${head} max=${rows.length} value=${results.length} /><span class="number">${results.length.toLocaleString()} / ${rows.length.toLocaleString()}</span></div>
    ${unreached && html`<${Notice} kind="warn" action=${html`<${FindOutWhy} id=${unreached.id} isApi=${unreached.isApi} />`}>${unreached.words}<//>`}
    <${OutcomeChips} counts=${[['', results.length], ['ok', count('ok')], ['expired', count('expired')], ['failed', count('failed')]]} value=${shown} choose=${setShown} />
    <${ResultList} results=${listed.slice(-MOST_SHOWN).reverse()} /><//>`;
}

async function testAll(rows, add, signal) {
  let next = 0;
  const lane = async () => {
    while (next < rows.length && !signal.aborted) {
      const row = rows[next++];
      const name = accountName(row.id, row.token_suffix);
      try {
        add({ id: row.id, name, isApi: isApiKey(row), ...await testToken(row, signal) });
      } catch (error) {
        if (!signal.aborted) add({ id: row.id, name, outcome: 'failed', words: explain(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
