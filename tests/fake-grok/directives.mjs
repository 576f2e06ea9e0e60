// The legend of the scripted Grok: every directive that a prompt may carry, and every option of a rule, a line each. The
// parser reads the same table, so that a name that is not here fails.
//
// A directive is `[[name]]` or `[[name:value]]` anywhere in a message: `[[n:200]] [[slow:50]] [[cut:20]]`. The same names are
// options of `grok.script(rule, options)`. H: over the HTTP stream, S: over the socket; frames are those of the stream or
// the events of the turn, counted from 1.
import { Legend } from './legend.mjs';

const flag = (on, means) => ({ kind: 'flag', on, means });
const text = (on, means) => ({ kind: 'text', on, means });
/** A number; without a value it is `otherwise`. */
const number = (on, means, otherwise = 0) => ({ kind: 'number', on, means, otherwise });
/** A value or none. */
const either = (on, means) => ({ kind: 'either', on, means });

export const DIRECTIVES = {
  // What is answered.
  text: text('HS', 'these words are the answer, or the caption of pictures'),
  garble: text('HS', 'calls and JSON are spoilt: fenced, prose, cut, invalid, misfit, refuse, none; a second try only with `_always` after the word'),
  n: number('HS', 'an answer of N words that differ'),
  echo: flag('HS', 'the answer is the question without its directives'),
  recite: flag('HS', 'the answer is all that was sent: the message, and each mentioned text file under a line with its name'),
  big: flag('HS', 'one token of 64 KB'),
  width: number('HS', 'tokens of N characters'),
  late_thinking: flag('HS', 'a thought after the answer'),
  moderated: flag('HS', 'refused for its content'),
  model_error: flag('HS', 'the response fails after its text'),
  empty: flag('HS', 'the beginning of an answer, then a clean end'),
  nothing: flag('HS', 'a clean end without a frame'),
  raw: text('HS', 'this text in place of frames'),
  noend: flag('HS', 'without the optional ends; on the socket only `response.done`'),
  nodone: flag('S', 'a clean close in place of `response.done`'),
  nomessage: flag('HS', 'the closing text is empty'),
  onlymodel: flag('HS', 'only the closing text'),
  noafter: flag('S', 'nothing after the end'),
  afterword: text('S', 'this text, in the channel of the answer, after the end'),
  alias_done: flag('S', '`response.completed` in place of `response.done`'),
  done_status: text('S', 'the response ends with this status'),
  cite: flag('S', 'inline citations'),
  x_posts: number('S', 'N posts of X; 0: an empty result'),
  progress_report: flag('S', 'progress of the thinking'),
  searched_image: flag('S', 'a found picture'),
  file_preview: flag('S', 'a produced file'),
  unknown: flag('S', 'events and chunks of unknown kinds'),
  thinking_channel: text('S', 'the channel of thoughts'),
  nochannel: flag('S', 'text without a channel'),
  classic: flag('S', 'text events in place of chunks, as for `use_chunk: false`'),
  freemode: flag('S', 'expert and heavy are refused'),

  // Pictures and videos.
  picture: number('HS', 'N pictures', 2),
  unannounced: flag('HS', 'pictures without announcement'),
  cards: flag('HS', 'pictures in cards'),
  placeholder: flag('HS', 'also pictures with empty addresses'),
  duplicates: flag('HS', 'each picture twice'),
  fullurl: flag('HS', 'addresses with their host'),
  preview: number('S', 'inline previews of at least N bytes'),
  noprogress: flag('S', 'final pictures without `progress`'),
  render_tag: flag('S', 'a `<grok:render>` in the text'),
  picture_moderated: number('S', 'the first N pictures are withheld', 1),
  picture_error: text('S', 'no picture; this is the `systemErrCode`'),
  video: flag('HS', 'a video'),
  bytes: number('HS', 'the video has N bytes'),

  // When it comes, and how it is cut.
  slow: number('HS', 'N ms between frames'),
  first: number('HS', 'N ms before the first frame'),
  hang: number('HS', 'silence after N frames; 0: before the first'),
  nopong: flag('S', 'a hanging turn answers no `ping` either'),
  cut: number('HS', 'the connection breaks after N frames; 0: before the first'),
  reset: flag('HS', 'the connection breaks in place of an answer'),
  truncate: number('HS', 'frame N is sent in half, then the stream ends'),
  ended: number('S', '`session.ended` after N events'),
  close: number('S', 'a close frame after N events'),
  close_code: number('S', 'the code of that close frame; 1011 unless given', 1011),
  split: number('HS', 'pieces of N bytes; on the socket fragments'),
  concat: flag('HS', 'frames without a separator; on the socket as `glue`'),
  glue: flag('S', 'three objects a message'),
  binary: flag('S', 'also a binary frame'),
  ping: flag('S', 'the service asks for a `pong` of the protocol'),
  ws_ping: flag('S', 'the service asks for a `pong` of WebSocket'),
  sse: flag('H', 'frames as server-sent events'),
  bom: flag('H', 'a byte-order mark first'),

  // Failures: names of errors.mjs and stream-errors.mjs.
  error: text('HS', 'this failure in place of an answer: a name, a status, or on the socket a kind of `stream_error`'),
  inband: text('HS', 'this failure as the first frame'),
  inband_echo: text('HS', 'this failure after the echo of the question'),
  late: text('HS', 'this failure after the text'),
  late_after: number('HS', '`inband`, and on the socket `stream_error`, `error_event`, `bare_error`, after N tokens'),
  stream_error: text('S', 'a failure of this kind inside the answer'),
  stream_error_form: text('S', '`kind` or `oneof`: how it is written'),
  severity: text('S', '`fatal` or `normal`: after a normal one the answer goes on'),
  error_event: either('S', 'an `error` event with this code, or as a rule `{ code, message }`'),
  response_error: flag('S', 'that event is named `response.error`'),
  bare_error: flag('S', '`{"error": …}` without an envelope'),
};

/** Options of a chat that a prompt cannot carry. */
const OF_RULES = {
  tokens: 'the answer as these tokens',
  frames: 'these HTTP frames; the socket says them in events, and sends events (`type: …`) and strings unchanged',
  think: 'false: without thinking',
  search: 'false: without the search in the thinking',
  headers: 'headers of the HTTP answer',
  // At the handshake and `session.create`, before the message is known: by token names and rules.
  stall: 'the handshake is not answered',
  silent: 'nothing after 101',
  unattached: 'no `conversation.attached`',
  attach: '`conversation.attached` comes N ms late',
  wrong_conversation: 'another conversation is attached',
  create_error: 'an `error` event with { code, message } in place of `session.created`',
  close_early: 'a close with this code in place of `session.created`',
  noid: '`session.created` without `client_event_id`',
  commands: 'true or false: whether the list of commands is sent',
  // Of token names, for other kinds of calls.
  limits: 'the options of the token’s limits',
  identity: 'the options of the token’s identity',
};

const ANY = { first: 'N ms before the answer', hang: '0: no answer', error: 'a failure of errors.mjs' };
const ACCOUNT = { ...ANY, signed: 'true or false: whether a call without `x-statsig-id` is refused', body: 'this JSON in place of the answer' };
const CHAT = { ...DIRECTIVES, ...OF_RULES };

/** The options of rules, by the kind of their calls. */
export const OPTIONS = {
  chat: CHAT,
  socket: CHAT,
  identity: { ...ANY, shape: 'where the user id is: a name of identity.mjs' },
  limits: ACCOUNT,
  subscriptions: ACCOUNT,
  modes: ACCOUNT,
  upload: { ...ANY, terminal_error: 'the upload fails with this text', upload_id_only: 'the metadata comes by the status route' },
  upload_status: ANY,
  post: ANY,
  media_quota: ACCOUNT,
  imagine: { first: ANY.first, hang: ANY.hang, error: 'a failure of this code', slow: 'N ms between messages', cut: 'it breaks after N messages',
    previews: 'N previews of each picture; 2 unless given', moderated: 'the first N pictures are withheld', fail_after: 'an error after N pictures',
    paths: 'addresses are paths, which lead nowhere', host: 'addresses are on this host', size: 'pictures have at least N bytes' },
  asset: { ...ANY, file: 'this { type, bytes }', slow: 'N ms between pieces', step: 'pieces of N bytes', cut: 'it breaks after N bytes', nolength: 'without Content-Length' },
};

export const { promptOptions, ruleOptions } = new Legend('tests/fake-grok/directives.mjs', DIRECTIVES, OPTIONS);
