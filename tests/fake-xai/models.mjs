// The models of the scripted xAI, what they take, and what they cost.
//
// Prices are those of `/v1/language-models`: US cents per 100 million tokens. A tick is 10^-10 US dollars, so the same number
// is the price of one token in ticks.
const EFFORTS = ['low', 'medium', 'high', 'xhigh'];
const GROK_4 = { context: 500_000, prompt: 20_000, cached: 5_000, completion: 60_000, threshold: 200_000 };
const GROK_4_3 = { context: 1_000_000, prompt: 12_500, cached: 2_000, completion: 25_000 };

const LANGUAGE = {
  'grok-4.7': { ...GROK_4, efforts: EFFORTS, aliases: ['grok-latest', 'grok-4.7-latest'], created: 1_789_516_800 },
  'grok-4.6': { ...GROK_4, efforts: EFFORTS, aliases: ['grok-4.6-latest'], created: 1_786_060_800 },
  'grok-4.5': { ...GROK_4, efforts: ['low', 'medium', 'high'], aliases: [], created: 1_783_468_800 },
  'grok-4.3': { ...GROK_4_3, efforts: ['none', ...EFFORTS], aliases: ['grok-4.3-latest'], created: 1_778_025_600 },
  'grok-4.20-0309-reasoning': { ...GROK_4_3, efforts: [], aliases: ['grok-4.20-reasoning'], created: 1_773_014_400 },
  'grok-4.20-0309-non-reasoning': { ...GROK_4_3, efforts: [], thinks: false, aliases: ['grok-4.20-non-reasoning'], created: 1_773_014_400 },
  'grok-build-0.1': { context: 256_000, prompt: 10_000, cached: 2_000, completion: 20_000, efforts: [], pictures: false,
    aliases: ['grok-code-fast', 'grok-code-fast-1'], created: 1_778_630_400 },
};

/** Prices of a picture in ticks, by resolution and quality; `input` for each picture that is edited. */
const IMAGE = {
  'grok-imagine-image': { price: () => 200_000_000, input: 0, inputs: 3, aliases: [], created: 1_769_558_400 },
  'grok-imagine-image-2.0': { price: (resolution, quality) => ({ '1k low': 4e8, '1k medium': 6e8, '2k low': 6e8, '2k medium': 8e8 })[`${resolution} ${quality}`],
    input: 100_000_000, inputs: 5, aliases: ['grok-imagine-image-quality'], created: 1_787_270_400 },
};

/** One call of a server's tool, in ticks: 5 dollars for 1,000. */
export const TOOL_TICKS = 50_000_000;

const find = (table, id) => Object.entries(table).map(([name, model]) => ({ id: name, thinks: true, pictures: true, ...model }))
  .find((model) => model.id === id || model.aliases.includes(id));

export const languageModel = (id) => find(LANGUAGE, id);
export const imageModel = (id) => find(IMAGE, id);

const base = ({ id, created }) => ({ id, created, object: 'model', owned_by: 'xai' });
const named = (model) => ({ ...base(model), fingerprint: `fp_${model.id.replace(/\W/g, '')}`, version: '1.0.0', aliases: model.aliases });
const prices = (model) => {
  const long = (price) => (model.threshold ? 2 * price : 0);
  return { prompt_text_token_price: model.prompt, cached_prompt_text_token_price: model.cached, prompt_image_token_price: model.prompt, completion_text_token_price: model.completion,
    prompt_text_token_price_long_context: long(model.prompt), cached_prompt_text_token_price_long_context: long(model.cached),
    completion_text_token_price_long_context: long(model.completion), long_context_threshold: model.threshold ?? 0 };
};
const language = (model) => ({ ...named(model), input_modalities: model.pictures ? ['text', 'image'] : ['text'], output_modalities: ['text'], search_price: 0, ...prices(model) });
/** Prices of pictures, in ticks too: the default tier, and a list where qualities differ. */
const tiers = (model) => {
  const each = ['1k', '2k'].flatMap((resolution) => ['low', 'medium'].map((quality) => ({ quality, resolution, price_per_image: model.price(resolution, quality) })));
  return { image_price: model.price('1k', 'medium'), ...(new Set(each.map(({ price_per_image: price }) => price)).size > 1 ? { pricing: each } : {}) };
};
const image = (model) => ({ ...named(model), max_prompt_length: 8_000, input_modalities: ['text', 'image'], output_modalities: ['image'], ...tiers(model) });
const short = (model) => ({ ...base(model), aliases: model.aliases, context_length: model.context ?? 8_000, ...(model.context ? prices(model) : tiers(model)) });
const all = (table) => Object.keys(table).map((id) => find(table, id));

/** Answers GET /models, /language-models, /image-generation-models and the same with an id; undefined where there is none. */
export function catalogue(path) {
  const [, list, id] = /^\/v1\/(models|language-models|image-generation-models)(?:\/([^/]+))?$/.exec(path) ?? [];
  if (list === 'models') {
    const one = languageModel(id) ?? imageModel(id);
    return id ? one && short(one) : { object: 'list', data: [...all(LANGUAGE), ...all(IMAGE)].map(short) };
  }
  const [table, shape] = list === 'language-models' ? [LANGUAGE, language] : [IMAGE, image];
  if (id) return find(table, id) && shape(find(table, id));
  return { models: all(table).map(shape) };
}
