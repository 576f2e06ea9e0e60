// Anthropic's client for Node on the gateway of a test file.
import Anthropic from '@anthropic-ai/sdk';

const LIMIT_MS = 30_000;

/** Returns a client with the gateway's key that does not retry. `options` are more of the client's. */
export const anthropicOf = (gw, options = {}) => new Anthropic({ baseURL: gw.url, apiKey: gw.key, authToken: null, maxRetries: 0, timeout: LIMIT_MS, ...options });
