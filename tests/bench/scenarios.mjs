// What is measured: a request, how many of them a round sends, and how many at once at least.

const chat = (directives, stream) => ({ path: '/v1/chat/completions', body: { model: 'grok-4-fast', stream, messages: [{ role: 'user', content: directives }] } });

/** The tokens of the longer answers. */
export const TOKENS = 200;

/**
 * `count`: requests of a round. `width`: the least number at once. `ends`: what the end of a whole answer contains. `chats`:
 * whether Grok is asked.
 */
export const SCENARIOS = {
  health: { says: '`GET /health`', path: '/health', count: 400, width: 1, ends: '' },
  models: { says: '`GET /v1/models`', path: '/v1/models', count: 300, width: 1, ends: '}' },
  one: { says: 'stream of 1 token', ...chat('[[n:1]]', true), count: 120, width: 1, ends: 'data: [DONE]\n\n', chats: true },
  collected: { says: 'collected, 200 tokens', ...chat(`[[n:${TOKENS}]]`, false), count: 120, width: 1, ends: '树199🌲', chats: true },
  burst: { says: 'stream, 200 tokens in a burst', ...chat(`[[n:${TOKENS}]]`, true), count: 120, width: 1, ends: 'data: [DONE]\n\n', chats: true },
  slow: { says: 'stream, 200 tokens 2 ms apart', ...chat(`[[n:${TOKENS}]] [[slow:2]]`, true), count: 32, width: 8, ends: 'data: [DONE]\n\n', chats: true },
};
