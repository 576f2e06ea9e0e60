// One conversation's frames, from its options: pure, so that the same call always gives the same text.
import { failureFrame } from './errors.mjs';
import { sizedId } from './media.mjs';
import { question, uuid } from './options.mjs';
import { followed } from './tools.mjs';

const CHINESE = /[\u4e00-\u9fff]/;

/** Returns what the fake says when nothing is scripted: pleasant enough for a demonstration. */
function pleasant(asked) {
  if (CHINESE.test(asked)) {
    return `您好！您的问题是：“${asked}”。\n\n这是项目自带的**模拟 Grok** 的回答：它像真正的服务一样逐词输出，先思考、再搜索、最后作答 🌲。`
      + '\n\n换成真实账号：在控制台添加 Grok 令牌，并让 `grok_base_url` 指向 https://grok.com。';
  }
  return `Hello! You asked: “${asked || 'nothing yet'}”.\n\nThis answer comes from the **scripted Grok** that ships with the project. `
    + 'Like the real service it thinks first, looks something up, and then writes its answer word by word 🌲.\n\n'
    + 'To talk to the real one, add your Grok tokens in the console and let `grok_base_url` point at https://grok.com.';
}

/** `count` words that differ, some of them not ASCII: a lost, doubled or garbled one shows. */
function words(count) {
  const text = [];
  for (let n = 0; n < count; n++) text.push(n % 7 === 3 ? `树${n}🌲` : `word${n}`);
  return text.join(' ');
}

/** Returns the text that options ask for, or undefined. */
export function scriptedText(options, message) {
  if (options.big) return `<big>${'0123456789abcdef'.repeat(4096)}</big>`;
  if (Array.isArray(options.tokens)) return options.tokens.join('');
  if (typeof options.text === 'string') return options.text;
  if (options.echo) return message.replace(/\[\[[^\]]*\]\]/g, '').trim();
  return options.n ? words(options.n) : undefined;
}

/** Returns the text of an answer. `files` are the mentioned files as `{ name, type, bytes }`. */
export function answerText(options, message, files = []) {
  const scripted = scriptedText(options, message);
  if (scripted !== undefined) return scripted;
  if (options.recite) return [message, ...files.filter(({ type }) => type.startsWith('text/')).map(({ name, bytes }) => `--- ${name}\n${bytes}`)].join('\n');
  return followed(options, message, files) ?? pleasant(question(message));
}

/** Returns the text as the tokens in which it is streamed. */
export function pieces(options, text) {
  if (options.big) return [text];
  if (Array.isArray(options.tokens)) return options.tokens;
  if (options.width > 0) return [...text].reduce((out, c, i) => (i % options.width ? (out[out.length - 1] += c) : out.push(c), out), []);
  return text.match(/\s*\S+\s*$|\s*\S+/g) ?? [];
}

const response = (fields) => ({ result: { response: fields } });

export const SEARCH_RESULTS = [
  { title: 'Hyperion', url: 'https://example.org/hyperion', preview: 'The tallest known\nliving tree, 115.9 m.' },
  { title: 'Coast redwoods', url: 'https://example.org/redwoods', preview: 'Where they grow.' },
];

export const TOOL_CARD = '<xai:tool_usage_card><xai:tool_usage_card_id>t1</xai:tool_usage_card_id><xai:tool_name>web_search</xai:tool_name>'
  + '<xai:tool_args><![CDATA[{"query":"tallest tree"}]]></xai:tool_args></xai:tool_usage_card>';

/** What a thinking answer shows of its thoughts, on both transports. */
export const THOUGHTS = { header: 'Thinking about the question', first: '- What is asked is clear.', last: '- Now the answer can be written.',
  late: 'an afterthought' };

/** Returns the caption under drawn pictures. */
export const caption = (options, message) => (typeof options.text === 'string' ? options.text : `I generated images with the prompt: '${question(message)}'`);

function* thinking(options, id) {
  yield response({ token: THOUGHTS.header, isThinking: true, isSoftStop: false, messageTag: 'header', messageStepId: 0, responseId: id });
  yield response({ token: THOUGHTS.first, isThinking: true, messageTag: 'summary', messageStepId: 0, responseId: id });
  if (options.search) {
    yield response({ token: TOOL_CARD, isThinking: true, messageTag: 'tool_usage_card', toolUsageCardId: 't1',
      toolUsageCard: { toolUsageCardId: 't1', webSearch: { args: { query: 'tallest tree' } } }, messageStepId: 0, responseId: id });
    yield response({ token: '', isThinking: true, messageTag: 'raw_function_result', toolUsageCardId: 't1',
      webSearchResults: { results: SEARCH_RESULTS }, messageStepId: 0, responseId: id });
  }
  yield response({ token: THOUGHTS.last, isThinking: true, messageTag: 'summary', messageStepId: 1, responseId: id });
}

/** Finished pictures: paths as the real service gives them, without host and without leading slash. */
export function picturePaths(options, ctx) {
  return Array.from({ length: options.picture }, (_, n) => {
    const path = `users/${ctx.userId}/generated/${uuid(`${ctx.id}-${n}`)}/image.jpg`;
    return options.fullurl ? `${ctx.assetsUrl}/${path}` : path;
  });
}

function* pictures(options, ctx) {
  const id = ctx.id;
  const paths = picturePaths(options, ctx);
  if (!options.unannounced) yield response({ imageAttachmentInfo: { imageAttachmentCount: paths.length }, isThinking: false, responseId: id });
  yield response({ token: caption(options, ctx.message), isThinking: false, responseId: id });
  for (const [imageIndex, path] of paths.entries()) {
    const imageId = path.split('/').at(-2);
    const preview = path.replace(`${imageId}/`, `${imageId}-part-0/`);
    yield response({ streamingImageGenerationResponse: { imageId, imageIndex, progress: 50, imageUrl: preview }, responseId: id });
    if (options.cards) {
      const card = { id: `k${imageIndex}`, type: 'render_generated_image', cardType: 'generated_image_card',
        image_chunk: { imageUuid: imageId, imageUrl: path, progress: 100, moderated: false } };
      yield response({ cardAttachment: { jsonData: JSON.stringify(card) }, responseId: id });
    } else {
      yield response({ streamingImageGenerationResponse: { imageId, imageIndex, progress: 100, imageUrl: path, isFinal: true }, responseId: id });
    }
  }
  const done = (generatedImageUrls) => response({ modelResponse: { responseId: id, message: '', sender: 'ASSISTANT', generatedImageUrls, model: ctx.model } });
  if (options.placeholder) yield done(['', '/', ...paths.slice(0, 1).map(() => 'https://assets.grok.com/')]);
  yield done(options.cards ? [] : options.duplicates ? [...paths, ...paths] : paths);
}

/** A changed picture. The stream ends after it, without the frames that end a chat. */
function* edited(options, ctx) {
  const imageId = uuid(`${ctx.id}-edited`);
  const frame = (fields) => response({ streamingImageGenerationResponse: { imageId, imageIndex: 0, ...fields }, responseId: ctx.id });
  yield frame({ progress: 50, imageUrl: `users/${ctx.userId}/generated/${imageId}-part-0/image.jpg` });
  yield frame({ progress: 100, imageUrl: `users/${ctx.userId}/generated/${imageId}/image.jpg`, isFinal: true, moderated: options.moderated === true });
}

function* video(options, ctx) {
  const videoId = sizedId(ctx.id, options.bytes ?? 0);
  const frame = (fields) => response({ streamingVideoGenerationResponse: { videoId, ...fields }, responseId: ctx.id });
  for (const progress of [1, 5, 13, 29, 29, 47, 71, 92]) yield frame({ progress });
  if (options.moderated) return yield frame({ progress: 100, moderated: true });
  const folder = `users/${ctx.userId}/generated/${videoId}`;
  const base = options.fullurl ? `${ctx.assetsUrl}/${folder}` : folder;
  yield frame({ progress: 100, videoUrl: `${base}/generated_video.mp4`, thumbnailImageUrl: `${base}/preview_image.jpg`,
    assetId: videoId, modelName: 'imagine_w_1', mode: 'custom' });
}

function* text(options, ctx, said) {
  const id = ctx.id;
  if (options.think) yield* thinking(options, id);
  for (const [n, token] of pieces(options, said).entries()) {
    if (options.late_after && n === options.late_after) return yield failureFrame(options.inband ?? 'internal');
    yield response({ token, isThinking: false, messageTag: 'final', responseId: id });
  }
  if (options.late_thinking) yield response({ token: THOUGHTS.late, isThinking: true, messageTag: 'summary', responseId: id });
  yield response({ token: '', isThinking: false, isSoftStop: true, responseId: id });
}

/** Every frame of the answer in order; how they are written to the wire is the server's matter. */
export function* frames(options, ctx) {
  if (Array.isArray(options.frames)) return yield* options.frames;
  const { id, model, message } = ctx;
  if (options.inband && !options.late_after) return yield failureFrame(options.inband);
  yield { result: { conversation: { conversationId: uuid(`c-${id}`), title: 'New conversation', temporary: true, createTime: ctx.time } } };
  yield response({ userResponse: { responseId: uuid(`u-${id}`), message, sender: 'human', createTime: ctx.time, model }, isThinking: false, isSoftStop: false, responseId: id });
  if (options.empty) return;
  if (options.inband_echo) return yield failureFrame(options.inband_echo);
  if (options.moderated && !options.video && !options.edited) return yield failureFrame('moderated');
  if (options.edited) return yield* edited(options, ctx);
  if (options.video) yield* video(options, ctx);
  else if (options.picture) yield* pictures(options, ctx);
  else {
    const said = answerText(options, message, ctx.files);
    yield response({ uiLayout: { reasoningUiLayout: 'FUNCTION_CALL', willThinkLong: false, effort: 'LOW' }, responseId: id });
    yield response({ llmInfo: { modelHash: 'fake' }, responseId: id });
    if (!options.onlymodel) yield* text(options, ctx, said);
    if (options.late_after) return;
    if (options.late) yield failureFrame(options.late);
    if (options.noend) return;
    const error = options.model_error ? { error: 'the model failed' } : {};
    yield response({ modelResponse: { responseId: id, message: options.nomessage ? '' : said, sender: 'ASSISTANT', partial: false,
      generatedImageUrls: [], streamErrors: [], ...error, model } });
  }
  yield response({ finalMetadata: { followUpSuggestions: [], feedbackLabels: [], toolsUsed: {} }, responseId: id });
  yield { result: { title: { newTitle: 'A conversation' } } };
}
