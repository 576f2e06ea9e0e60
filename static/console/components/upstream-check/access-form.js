// A form for the User-Agent and the cookie cf_clearance, shown when the connection check finds that Grok needs them.
import { html, useState } from '../../html.js';
import { get, post } from '../../api.js';
import { useLoaded } from '../../data.js';
import { texts } from '../../i18n.js';
import { refusalInWords } from '../../screens/settings/labels.js';
import { BusyButton, useBusy } from '../action.js';
import { Field } from '../field.js';
import { Loaded } from '../states.js';
import { text } from './text.js';

const t = texts(text);

/** Saves the values, then checks again. @param {{ withClearance: boolean, again: () => Promise<void> }} props `again` repeats the check */
export function AccessForm(props) {
  const stored = useLoaded(async (signal) => (await get('/settings', {}, { signal })).data.grok);
  return html`<${Loaded} of=${stored} lines=${4}>${(grok) => html`<${Fields} grok=${grok} ...${props} />`}<//>`;
}

function Fields({ grok, withClearance, again }) {
  const [userAgent, setUserAgent] = useState(grok.user_agent);
  const [clearance, setClearance] = useState('');
  const [faults, setFaults] = useState({});
  const own = navigator.userAgent;
  const [busy, submit] = useBusy(async () => {
    const patch = { ...(userAgent.trim() === grok.user_agent ? {} : { user_agent: userAgent.trim() }), ...(clearance.trim() === '' ? {} : { cf_clearance: clearance.trim() }) };
    setFaults({});
    if (Object.keys(patch).length === 0) return setFaults({ user_agent: t('nothingNew') });
    try {
      await post('/settings', { grok_config: patch });
    } catch (error) {
      const name = Object.keys(patch).find((each) => error.field === `grok_config.${each}`);
      if (!name) throw error;
      return setFaults({ [name]: refusalInWords(error.message) });
    }
    return again();
  });
  return html`<form class="stack check-form" noValidate onSubmit=${submit}>
    <${Field} label=${t('userAgent')} hint=${t('userAgentHint')} error=${faults.user_agent}>${(attributes) => html`<span class="check-line">
      <input class="input mono" spellcheck="false" autocapitalize="off" autocomplete="off" value=${userAgent} onInput=${(event) => setUserAgent(event.currentTarget.value)} ...${attributes} />
      ${userAgent !== own && html`<button type="button" class="button" onClick=${() => setUserAgent(own)}>${t('useOwn')}</button>`}</span>`}<//>
    ${withClearance && html`<${Field} label=${t('clearance')} hint=${t(grok.cf_clearance_set ? 'clearanceSet' : 'clearanceHint')} error=${faults.cf_clearance}>${(attributes) => html`
      <input class="input mono" spellcheck="false" autocapitalize="off" autocomplete="off" value=${clearance} onInput=${(event) => setClearance(event.currentTarget.value)} ...${attributes} />`}<//>`}
    <div><${BusyButton} type="submit" kind="primary" busy=${busy}>${t('saveAndCheck')}<//></div>
  </form>`;
}
