// OpenAI's client for Node on the gateway of a test file.
import OpenAI from 'openai';

const LIMIT_MS = 30_000;

/** Returns a client with the gateway's key that does not retry. */
export const openaiOf = (gw) => new OpenAI({ baseURL: `${gw.url}/v1`, apiKey: gw.key, maxRetries: 0, timeout: LIMIT_MS });
