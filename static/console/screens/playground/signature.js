// Models that cannot work now, because Grok wants a signature (setting x_statsig_id) that is missing or out of date.
import { html } from '../../html.js';
import { get } from '../../api.js';
import { Notice } from '../../components/states.js';
import { useLoaded } from '../../data.js';
import { texts } from '../../i18n.js';
import { abilityOf } from '../../models.js';
import { address } from '../../router.js';
import { kept } from '../../store.js';
import { text } from './signature.text.js';

const t = texts(text);

/** The chosen model. */
export const wanted = kept('playground-model', 'grok-fast');

const isSigned = (model) => ['edit', 'video'].includes(abilityOf(model));

/**
 * Loads what is wrong with the signature. The last request of a model says whether Grok still takes it.
 * @param {string | null} model the chosen one
 * @param {unknown} again a change loads again
 * @returns {{ mark(model: string): string, fault: 'missing' | 'stale' | null }} `mark` adds to a model's name that it cannot work; `fault` is that of the chosen model
 */
export function useSignature(model, again) {
  const { data } = useLoaded(async (signal) => {
    const isSet = (await get('/settings', {}, { signal })).data.grok.x_statsig_id_set;
    if (!isSet || model === null || !isSigned(model)) return { isSet, isStale: false };
    const [last] = (await get('/logs', { model, limit: 1 }, { signal })).data;
    return { isSet, isStale: last?.error_code === 'stale_x_statsig_id' };
  }, [model, again]);
  const mark = (name) => (data?.isSet === false && isSigned(name) ? t('marked', { name }) : name);
  const faultOf = () => (!data.isSet ? 'missing' : data.isStale ? 'stale' : null);
  return { mark, fault: data && model !== null && isSigned(model) ? faultOf() : null };
}

/** Says why the chosen model cannot work, and where to change it. */
export const SignatureNotice = ({ fault }) => fault && html`<div class="signature-notice"><${Notice} kind="warn"
  action=${html`<a class="button small" href=${address('settings', { section: 'upstream' })}>${t('toSettings')}</a>`}>${t(fault)}<//></div>`;
