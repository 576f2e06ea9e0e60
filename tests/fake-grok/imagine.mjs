// Pictures from text: the socket `GET /ws/imagine/listen`, and what an account may draw.
import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';
import { jpeg, png } from './media.mjs';
import { uuid } from './options.mjs';

export const PATH = '/ws/imagine/listen';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const RATIOS = ['auto', '1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '2:1', '1:2', '19.5:9', '9:19.5', '20:9', '9:20'];
const FLAGS = ['is_kids_mode', 'skip_upsampler', 'enable_side_by_side', 'is_initial', 'enable_pro'];
const MOST = 10;
const DAY = 86_400;

/** Returns what is wrong with a client's message, or null. */
function fault(message, isReset) {
  if (message?.type !== 'conversation.item.create' || !Number.isInteger(message.timestamp)) return 'not an item with its time';
  const { item } = message;
  if (item?.type !== 'message' || !Array.isArray(item.content) || item.content.length !== 1) return 'the item is not a message with one content';
  const [content] = item.content;
  if (isReset) return content.type === 'reset' ? null : 'the first message is not a reset';
  if (content.type !== 'input_text' || !UUID.test(content.requestId ?? '')) return 'not an input_text with a UUID';
  if (typeof content.text !== 'string' || content.text.trim() === '') return 'the text is empty';
  const { properties = {} } = content;
  for (const flag of FLAGS) if (typeof properties[flag] !== 'boolean') return `${flag} is not a boolean`;
  if (!RATIOS.includes(properties.aspect_ratio)) return `${properties.aspect_ratio} is not a ratio`;
  const count = properties.num_generations;
  if (!Number.isInteger(count) || count < 1 || count > MOST) return `num_generations is ${count}`;
  return Number.isInteger(properties.section_count) ? null : 'section_count is not a number';
}

/** Returns a picture of at least `size` bytes: browsers ignore what follows its end mark. */
const padded = (bytes, size = 0) => (bytes.length < size ? Buffer.concat([bytes, Buffer.alloc(size - bytes.length)]) : bytes);

/** One connection. Its requests are calls of the kind `imagine`, whose `body` has `message`, `requestId` and `properties`. */
export class Imagine {
  #isReset = false;

  constructor(grok, { socketCall, out, userId }) { Object.assign(this, { grok, socketCall, out, userId, call: null }); }

  async receive(data, binary) {
    let message;
    try { message = binary ? null : JSON.parse(data); } catch { /* refused below */ }
    const wrong = fault(message, !this.#isReset);
    if (wrong) {
      this.socketCall.refused.push(wrong);
      return this.out.message(JSON.stringify({ type: 'error', err_code: 'invalid_request', err_msg: wrong }));
    }
    if (!this.#isReset) {
      this.#isReset = true;
      return undefined;
    }
    return this.#draw(message.item.content[0]);
  }

  async #draw({ requestId, text, properties }) {
    const { grok, socketCall } = this;
    const call = grok.record({ kind: 'imagine', method: 'GET', path: socketCall.path, headers: socketCall.headers, transport: 'websocket' });
    call.body = { message: text, requestId, properties };
    call.done = new Promise((resolve) => {
      call.end = (aborted) => {
        if (call.endedAt !== null) return;
        Object.assign(call, { endedAt: Date.now(), aborted });
        resolve(call);
      };
    });
    this.call = call;
    const options = grok.scripted(call);
    if (options.first > 0) await sleep(options.first);
    if (options.hang === 0) return;
    for (const [n, message] of this.#messages(call, options).entries()) {
      if (options.cut === n) return void this.out.destroy();
      await this.out.message(JSON.stringify(message));
      call.frames += 1;
      if (options.slow > 0) await sleep(options.slow);
    }
    call.end(false);
  }

  #messages(call, options) {
    if (options.error) return [{ type: 'error', err_code: options.error, err_msg: `Image ${options.error.replaceAll('_', ' ')}` }];
    const { num_generations: count } = call.body.properties;
    const pictures = Array.from({ length: count }, (_, order) => this.#picture(call, order, options));
    const all = [{ type: 'session', conversation_id: uuid(`imagine-${call.id}`) }];
    for (const step of ['start', 'previews', 'final', 'end']) {
      for (const [order, picture] of pictures.entries()) {
        if (options.fail_after !== undefined && step === 'end' && order === options.fail_after) {
          return [...all, { type: 'error', err_code: 'rate_limit_exceeded', err_msg: 'Image rate limit exceeded' }];
        }
        all.push(...[picture[step]].flat());
      }
    }
    return all;
  }

  #picture(call, order, { previews = 2, moderated = 0, host, paths, size }) {
    const id = uuid(`imagine-${call.id}-${call.at}-${order}`);
    const isModerated = order < moderated;
    const about = { request_id: call.body.requestId, job_id: id, order, width: 512, height: 512, moderated: isModerated, r_rated: false };
    const file = (extension) => (paths ? `/images/${id}.${extension}` : host ? `${host}/imagine-public/images/${id}.${extension}`
      : `${this.grok.url}/users/${this.userId}/generated/${id}/image.${extension}`);
    const image = (bytes, extension, percent) => ({ type: 'image', id, ...about, moderated: false, url: file(extension), blob: bytes.toString('base64'),
      percentage_complete: percent, grid_index: order, prompt: call.body.message, full_prompt: call.body.message });
    const status = (current, percent) => ({ type: 'json', ...about, current_status: current, percentage_complete: percent });
    return { start: status('start_stage', 0), previews: Array.from({ length: previews }, (_, n) => image(padded(png(`${id}-${n}`), size), 'png', 10 + 40 * n)),
      final: image(padded(jpeg(id), size), 'jpg', 100), end: status('completed', 100) };
  }
}

/** The pools of a kind of account, as `POST /rest/media/imagine/quota_info` reports them. */
export function pools({ kind = 'basic', media }) {
  const pool = (remainingQueries) => ({ available: remainingQueries > 0, remainingQueries, windowSizeSeconds: DAY });
  if (media) return media;
  const isFree = ['free', 'lapsed'].includes(kind);
  return { image: isFree ? null : pool(100), imagePro: pool(isFree ? 2 : 50), imageEdit: isFree ? null : pool(20), video: isFree ? null : pool(20),
    video720p: pool(isFree ? 1 : 10) };
}

/** Returns what is wrong with a conversation that changes pictures, or null. `uploads` are all accounts' files. */
export function editFault(body, userId, uploads) {
  const { prompt, inputAssets, aspectRatio = 'auto' } = body.mediaGenInput.imageToImage ?? {};
  if (body.modelName !== 'imagine-image-edit' || typeof prompt !== 'string' || prompt === '' || body.message !== prompt) return 'no edit';
  if (!Array.isArray(inputAssets) || inputAssets.length < 1 || inputAssets.length > 8) return 'no pictures';
  if (!inputAssets.every((id) => uploads.owns(userId, id) && uploads.isForImagine(id))) return 'a picture is not known';
  return RATIOS.includes(aspectRatio) ? null : `${aspectRatio} is not a ratio`;
}
