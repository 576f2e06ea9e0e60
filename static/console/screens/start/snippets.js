// The request of the last step for curl, Python and JavaScript.
import { html, useId, useState } from '../../html.js';
import { Copy } from '../../components/copy.js';
import { texts } from '../../i18n.js';
import { text } from './text.js';

const t = texts(text);

/** Quotes a value for a POSIX shell. */
const quoted = (value) => `'${value.replaceAll("'", "'\\''")}'`;
/** A JSON string is also a string literal in Python and JavaScript. */
const literal = JSON.stringify;

export const SNIPPETS = {
  curl: ({ base, key, model, message }) => `curl -N ${quoted(`${base}/v1/chat/completions`)} \\
  -H ${quoted(`Authorization: Bearer ${key}`)} \\
  -H 'Content-Type: application/json' \\
  -d ${quoted(JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: message }] }))}`,
  Python: ({ base, key, model, message }) => `# pip install openai
from openai import OpenAI

client = OpenAI(base_url=${literal(`${base}/v1`)}, api_key=${literal(key)})
stream = client.chat.completions.create(
    model=${literal(model)},
    messages=[{"role": "user", "content": ${literal(message)}}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)`,
  JavaScript: ({ base, key, model, message }) => `// npm install openai
import OpenAI from "openai";

const client = new OpenAI({ baseURL: ${literal(`${base}/v1`)}, apiKey: ${literal(key)} });
const stream = await client.chat.completions.create({
  model: ${literal(model)},
  messages: [{ role: "user", content: ${literal(message)} }],
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");`,
};

/** Draws the snippets. @param {{ base: string, apiKey: string, model: string, message: string }} props */
export function Snippets({ base, apiKey, model, message }) {
  const id = useId();
  const [shown, setShown] = useState('curl');
  const names = Object.keys(SNIPPETS);
  const code = SNIPPETS[shown]({ base, key: apiKey, model, message });
  const onKeyDown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = names[(names.indexOf(shown) + step + names.length) % names.length];
    setShown(next);
    document.getElementById(`${id}-${next}`).focus();
  };
  return html`<div class="snippets">
    <div class="spread"><h3>${t('sameElsewhere')}</h3><${Copy} text=${code} showLabel /></div>
    <div class="tabs" role="tablist" aria-label=${t('sameElsewhere')} onKeyDown=${onKeyDown}>${names.map((name) => html`
      <button key=${name} type="button" role="tab" id=${`${id}-${name}`} aria-selected=${name === shown} aria-controls=${`${id}-code`} tabindex=${name === shown ? 0 : -1} onClick=${() => setShown(name)}>${name}</button>`)}</div>
    <pre id=${`${id}-code`} role="tabpanel" aria-labelledby=${`${id}-${shown}`} tabindex="0"><code>${code}</code></pre>
  </div>`;
}
