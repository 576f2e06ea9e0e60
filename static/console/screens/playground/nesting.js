// Limits how deep an answer nests. Each level of a quote, a list or emphasis adds several calls to the stack and parses the
// rest of the text again: three thousand `>` in a row would overflow the stack.
import { Tokenizer } from '../../../vendor/marked.js';

/** The maximum depth of nested blocks, and of nested emphasis and links. Deeper content is shown as text. */
export const MAX_DEPTH = 16;

class BoundedTokenizer extends Tokenizer {
  depth = 0;

  /** Returns the token of `make()`, one level deeper, or undefined at the limit, which leaves the source as text. */
  nested(make) {
    if (this.depth >= MAX_DEPTH) return undefined;
    this.depth += 1;
    try {
      return make();
    } finally {
      this.depth -= 1;
    }
  }

  blockquote(...source) { return this.nested(() => super.blockquote(...source)); }
  list(...source) { return this.nested(() => super.list(...source)); }
  emStrong(...source) { return this.nested(() => super.emStrong(...source)); }
  del(...source) { return this.nested(() => super.del(...source)); }
  link(...source) { return this.nested(() => super.link(...source)); }
  reflink(...source) { return this.nested(() => super.reflink(...source)); }
}

/** Returns options for one lexer; a tokenizer must not be shared between lexers. */
export const bounded = () => ({ gfm: true, breaks: true, tokenizer: new BoundedTokenizer() });
