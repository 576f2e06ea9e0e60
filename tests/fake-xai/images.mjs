// POST /images/generations and /images/edits: what they take, what they draw and what it costs.
import { Buffer } from 'node:buffer';
import { jpeg, png } from '../fake-grok/media.mjs';
import { uuid } from '../fake-grok/options.mjs';
import { Refused, invalid } from './errors.mjs';
import { imageModel } from './models.mjs';
import { checkPicture } from './pictures.mjs';
import { list, maybe, object, oneOf, text, whole } from './shapes.mjs';

const RATIOS = ['auto', '1:1', '3:4', '4:3', '9:16', '16:9', '2:3', '3:2', '9:19.5', '19.5:9', '9:20', '20:9', '1:2', '2:1'];
const WIDE = ['21:9', '5:2'];
const LONGEST_PROMPT = 8_000;

const picture = object({ 'url!': checkPicture, type: oneOf('image_url') });
const COMMON = { 'model!': text, 'prompt!': text, n: maybe(whole(1, 10)), aspect_ratio: maybe(oneOf(...RATIOS, ...WIDE)), resolution: maybe(oneOf('1k', '2k')),
  quality: maybe(oneOf('low', 'medium', 'high', 'auto')), response_format: maybe(oneOf('url', 'b64_json')), user: maybe(text) };
const GENERATION = object(COMMON);
const EDIT = object({ ...COMMON, image: picture, images: list(picture, 1) });

/** Checks a request and returns { model, n, each (ticks), inputs }. */
export function readImages(body, isEdit) {
  (isEdit ? EDIT : GENERATION)(body, '');
  const model = imageModel(body.model);
  if (!model) throw new Refused('no_model', undefined, { model: body.model });
  if (body.prompt.trim() === '') invalid('prompt is empty');
  if (body.prompt.length > LONGEST_PROMPT) invalid(`prompt is longer than ${LONGEST_PROMPT} characters`);
  if (WIDE.includes(body.aspect_ratio) && model.id !== 'grok-imagine-image-2.0') invalid(`aspect_ratio ${body.aspect_ratio} is not supported by ${model.id}`);
  if (body.image && body.images) invalid('image and images are given: only one is allowed');
  const inputs = [body.image ?? body.images ?? []].flat();
  if (isEdit && inputs.length === 0) invalid('image is missing');
  if (inputs.length > model.inputs) invalid(`images must have from 1 to ${model.inputs} elements, not ${inputs.length}`);
  const asked = body.quality ?? 'auto';
  const quality = asked !== 'auto' ? asked : body.model === 'grok-imagine-image-quality' ? 'low' : 'medium';
  const each = model.price(body.resolution ?? '1k', quality);
  if (each === undefined) invalid(`quality ${quality} is not supported by ${model.id}`);
  return { model, n: body.n ?? 1, each, inputs: inputs.length };
}

/** Returns the bytes and the type of a picture by its name, or null. */
export function pictureAt(path) {
  const [, id, size, ending] = /^\/imgen\/([0-9a-f-]{36})-(\d+)\.(jpeg|png)$/.exec(path) ?? [];
  if (id === undefined) return null;
  const drawn = ending === 'png' ? png(id) : jpeg(id);
  const bytes = Number(size) > drawn.length ? Buffer.concat([drawn, Buffer.alloc(Number(size) - drawn.length)]) : drawn;
  return { type: `image/${ending}`, bytes };
}

/** Answers a request: { data, usage }, and `ticks`. Addresses are below `host`. */
export function draw(body, { model, n, each, inputs }, options, { id, host }) {
  const ticks = n * each + inputs * model.input;
  const ending = options.png ? 'png' : 'jpeg';
  const data = Array.from({ length: n }, (_, at) => {
    const path = `/imgen/${uuid(`picture ${at} of ${id}`)}-${options.bytes ?? 0}.${ending}`;
    const withheld = at < Number(options.moderated ?? 0);
    const shown = { mime_type: `image/${ending}`, revised_prompt: '', respect_moderation: !withheld };
    if (body.response_format === 'b64_json') return { b64_json: withheld ? '' : pictureAt(path).bytes.toString('base64'), ...shown };
    return { url: withheld ? '' : `${host}${options.gone ? path.replace('-', '-0') : path}`, ...shown };
  });
  return { answer: { data, ...(options.nousage ? {} : { usage: options.nocost ? {} : { cost_in_usd_ticks: ticks } }) }, ticks };
}
