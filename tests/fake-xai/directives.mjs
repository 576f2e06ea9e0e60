// The legend of the scripted xAI: every directive that a prompt may carry, and every option of a rule, a line each. The parser
// reads the same table, so that a name that is not here fails.
//
// A directive is `[[name]]` or `[[name:value]]` in the last message of the user, or in the prompt of pictures:
// `[[n:200]] [[slow:50]] [[cut:20]]`. The same names are options of `xai.script(rule, options)`. Frames are the events of the
// stream, counted from 1.
import { Legend } from '../fake-grok/legend.mjs';

const flag = (means) => ({ kind: 'flag', means });
const text = (means) => ({ kind: 'text', means });
/** A number; without a value it is `otherwise`. */
const number = (means, otherwise = 0) => ({ kind: 'number', means, otherwise });
/** A value or none. */
const either = (means) => ({ kind: 'either', means });

export const DIRECTIVES = {
  // What is answered.
  text: text('these words are the answer'),
  n: number('an answer of N words that differ'),
  echo: flag('the answer is the question without its directives'),
  recite: flag('the answer is the texts of all items that were sent'),
  big: flag('one piece of 64 KB'),
  width: number('pieces of N characters'),
  think: number('N words of reasoning; 0: none'),
  raw_reasoning: flag('reasoning as `reasoning_text`, without a summary'),
  web: number('N calls of web_search, where the request has that tool', 1),
  x: number('N calls of x_search, where the request has that tool', 1),
  refuse: either('a refusal, with this text'),
  preface: text('a message with this text before the calls'),
  nocalls: flag('no function is called'),
  arguments_by: number('the arguments of a call come in pieces of N characters'),
  garble: text('arguments and JSON are spoilt: invalid, misfit, cut'),
  incomplete: text('the response is incomplete for this reason'),
  unknown: flag('events of unknown kinds between the others'),

  // What is said about it.
  cached: number('N tokens of the input were cached'),
  nousage: flag('no usage'),
  nocost: flag('no cost in the usage'),

  // Pictures.
  moderated: number('the first N pictures are withheld', 1),
  bytes: number('pictures of at least N bytes'),
  png: flag('pictures are PNG'),
  gone: flag('the addresses of pictures lead to 404'),

  // When it comes, and how it is cut.
  slow: number('N ms between events'),
  first: number('N ms before the answer'),
  pause: number('N ms between the headers and the first event'),
  hang: number('silence after N events; 0: before the headers'),
  cut: number('the connection breaks after N events; 0: behind the headers'),
  reset: flag('the connection breaks in place of an answer'),
  truncate: number('event N is sent in half, then the stream ends'),
  split: number('pieces of N bytes'),
  empty: flag('the beginning of a response, then a clean end'),
  nothing: flag('a clean end without an event'),
  noend: flag('no `response.output_item.done`'),
  nodone: flag('no last event'),
  no_done_line: flag('no `data: [DONE]` at the end'),
  comments: flag('a comment before each event'),
  bare: flag('events without their `event:` lines'),

  // Failures: names of errors.mjs.
  error: text('this failure in place of an answer: a name, or a status'),
  inband: text('this failure as the first event'),
  late: text('this failure after the text'),
  late_after: number('the failure comes after N pieces of text'),
  failed: either('the failure is `response.failed`, not an `error` event; its name'),
};

const ANY = { first: 'N ms before the answer', hang: '0: no answer', reset: 'the connection breaks', error: 'a failure of errors.mjs', headers: 'headers of the answer' };
const LIST = { ...ANY, body: 'this JSON in place of the answer' };

/** The options of rules, by the kind of their calls. */
export const OPTIONS = {
  responses: { ...DIRECTIVES, tokens: 'the answer as these pieces', calls: 'these calls: [{ name, arguments }]', cite: 'false: no citations in the text', headers: ANY.headers,
    events: 'these events; objects, or strings as they are' },
  images: { ...ANY, moderated: DIRECTIVES.moderated, bytes: DIRECTIVES.bytes, png: DIRECTIVES.png, gone: DIRECTIVES.gone, nousage: DIRECTIVES.nousage, nocost: DIRECTIVES.nocost,
    host: 'addresses of pictures are on this host' },
  edits: { ...ANY, moderated: DIRECTIVES.moderated, bytes: DIRECTIVES.bytes, png: DIRECTIVES.png, gone: DIRECTIVES.gone, nousage: DIRECTIVES.nousage, nocost: DIRECTIVES.nocost,
    host: 'addresses of pictures are on this host' },
  models: LIST,
  key: LIST,
  picture: { ...ANY, cut: 'the connection breaks after N bytes' },
};

export const { promptOptions, ruleOptions } = new Legend('tests/fake-xai/directives.mjs', DIRECTIVES, OPTIONS);
