// The drafts of the settings: unsaved changes, their errors, and saving them.
import { useEffect, useState } from '../../html.js';
import { post } from '../../api.js';
import { useBusy } from '../../components/action.js';
import { confirm } from '../../components/dialog.js';
import { toast } from '../../components/toast.js';
import { texts } from '../../i18n.js';
import { guardLeaving } from '../../router.js';
import { idOf } from './groups.js';
import { refusalInWords } from './labels.js';
import { text } from './text.js';

const t = texts(text);

/**
 * Keeps drafts and saves them.
 * @param {{ schema: object[], values: object } | undefined} data the stored settings
 * @param {() => Promise<void>} reload
 * @param {(definition: object) => void} shows a setting with an error
 */
export function useForm(data, reload, lead) {
  const [drafts, setDrafts] = useState({});
  const [faults, setFaults] = useState({});
  const changed = (data?.schema ?? []).filter((definition) => isChanged(definition, data.values, drafts[idOf(definition)]));
  const isDirty = changed.length > 0;
  useEffect(() => {
    guardLeaving(isDirty ? () => confirm({ title: t('leave', { n: changed.length }), lost: t('leaveLost'), action: t('discard') }) : null);
    return () => guardLeaving(null);
  }, [isDirty, changed.length]);
  const fail = (found) => {
    setFaults(found);
    lead(data.schema.find((definition) => idOf(definition) in found));
  };
  const [isSaving, save] = useBusy(async () => {
    if (!isDirty) return;
    const found = Object.fromEntries(changed.map((definition) => [idOf(definition), faultOf(definition, drafts[idOf(definition)])]).filter(([, fault]) => fault));
    if (Object.keys(found).length > 0) return fail(found);
    try {
      await post('/settings', patchOf(changed, drafts));
    } catch (error) {
      const definition = changed.find(({ section, name }) => error.field === `${section}_config.${name}`);
      if (!definition) throw error;
      return fail({ [idOf(definition)]: refusalInWords(error.message) });
    }
    await reload();
    setFaults({});
    // Keep drafts that changed during the call.
    setDrafts((now) => Object.fromEntries(Object.entries(now).filter(([id, draft]) => draft !== drafts[id])));
    toast.ok(t('savedDone', { n: changed.length }));
  });
  const discard = () => {
    setDrafts({});
    setFaults({});
  };
  const set = (definition, value) => {
    setDrafts((old) => ({ ...old, [idOf(definition)]: value }));
    setFaults(({ [idOf(definition)]: _, ...others }) => others);
  };
  return { changed, faults, drafts, set, save, isSaving, discard };
}

/** Returns whether a draft differs from the stored value. A secret's draft is its new value, or null to clear it. */
function isChanged({ type, section, name }, values, draft) {
  if (draft === undefined) return false;
  if (type === 'secret') return draft !== '';
  const stored = values[section][name];
  return type === 'integer' ? draft.trim() !== String(stored) : draft !== stored;
}

function faultOf({ type, min, max }, draft) {
  if (type !== 'integer') return null;
  const number = Number(draft);
  return /^\s*\d+\s*$/.test(draft) && number >= min && number <= max ? null : t('wholeNumber', { min, max });
}

function patchOf(changed, drafts) {
  const patch = { global_config: {}, grok_config: {} };
  for (const definition of changed) {
    const draft = drafts[idOf(definition)];
    patch[`${definition.section}_config`][definition.name] = definition.type === 'integer' ? Number(draft) : draft;
  }
  return patch;
}
