// Pictures and videos as the socket shows them: previews inline, finished files by their key under the assets host.
import { Buffer } from 'node:buffer';
import { picturePaths } from './answer.mjs';
import { jpeg, sizedId } from './media.mjs';
import { question } from './options.mjs';

/** Returns a preview of at least `size` bytes: a real JPEG, with zeros after its end where more is asked for. */
function preview(id, size) {
  const picture = jpeg(id);
  const bytes = size > picture.length ? Buffer.concat([picture, Buffer.alloc(size - picture.length)]) : picture;
  return `data:image/jpeg;base64,${bytes.toString('base64')}`;
}

const rendered = (form, n, image_chunk) => (form.card
  ? form.output({ card_attachment: cardOf(form, n, image_chunk) })
  : form.chunk({ render_generated_image: { id: `g${n}`, tool_call_id: 't-draw', image_chunk } }));

/** Half of the cards are objects, half JSON in a string: both were seen. */
function cardOf(form, n, image_chunk) {
  const card = { id: `g${n}`, cardType: 'generated_image_card', type: 'render_generated_image', image_chunk };
  return n % 2 === 0 ? card : JSON.stringify(card);
}

function* announced(options, ctx, form, paths) {
  const prompt = question(ctx.message);
  yield form.tool({ tool_usage_card_id: 't-draw', generate_image: { args: { prompt, orientation: 'landscape' } } });
  if (form.classic) return;
  for (const n of paths.keys()) yield form.chunk({ render_start: { id: `g${n}`, generated_image: { prompt, orientation: 'landscape', layout: 'SINGLE' } } });
}

/** Drawn pictures, then the caption. `picture_moderated: N` withholds the first N, `picture_error: code` all. */
export function* drawing(options, ctx, form, said) {
  const paths = picturePaths(options, ctx);
  form.card = form.classic || Boolean(options.cards);
  const common = (imageUuid, imageIndex) => ({ imageUuid, imageIndex, sideBySideIndex: 0, moderated: false, rRated: false,
    imagePrompt: { modelName: 'imagine', prompt: question(ctx.message) } });
  if (!options.unannounced) yield* announced(options, ctx, form, paths);
  const withheld = Number(options.picture_moderated ?? 0);
  for (const [n, path] of paths.entries()) {
    const id = path.split('/').at(-2);
    const image = common(id, n);
    if (options.picture_error) {
      yield rendered(form, n, { ...image, seq: 0, progress: 0, systemErrCode: Number(options.picture_error) });
      continue;
    }
    yield rendered(form, n, { ...image, seq: 0, progress: 50, imageUrl: preview(id, options.preview ?? 0) });
    if (n < withheld) yield rendered(form, n, { ...image, seq: 1, progress: 100, moderated: true, imageUrl: '' });
    else yield* finished(options, form, n, { ...image, seq: 1, progress: 100, imageUrl: path });
  }
  if (options.placeholder) {
    for (const imageUrl of ['', '/', 'https://assets.grok.com/']) yield rendered(form, paths.length, { ...common('placeholder', paths.length), progress: 100, imageUrl });
  }
  if (options.render_tag) yield form.text('<grok:render card_id="g0" card_type="generated_image_card" type="render_generated_image"></grok:render>');
  yield form.text(said);
}

function* finished(options, form, n, image) {
  // A finished picture may come without a progress.
  const { progress, ...bare } = image;
  yield rendered(form, n, options.noprogress ? bare : { ...bare, progress });
  if (options.duplicates) yield rendered(form, n, { ...bare, progress });
}

/** Yields a video drawn in a chat. `bytes` is the size of its file. */
export function* film(options, ctx, form) {
  const videoUuid = sizedId(ctx.id, options.bytes ?? 0);
  const frame = (fields) => form.chunk({ render_generated_video: { id: 'v0', video_chunk: { videoUuid, moderated: false, ...fields } } });
  for (const progress of [1, 5, 13, 29, 29, 47, 71, 92]) yield frame({ progress });
  const key = `users/${ctx.userId}/generated/${videoUuid}/generated_video.mp4`;
  yield frame({ progress: 100, video_url: options.fullurl ? `${ctx.assetsUrl}/${key}` : key });
}
