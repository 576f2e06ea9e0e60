// A bound on how deep an answer nests. Each level of a quote, a list or emphasis takes marked and the browser several calls
// deep and reads the rest of the text once more: three thousand `>` in a row are more than a stack holds.
import { Tokenizer } from '../../../vendor/marked.js';

/** Levels of blocks in blocks, and of emphasis and links in one another. What is inside of the last one is text. */
export const MAX_DEPTH = 16;

class BoundedTokenizer extends Tokenizer {
  depth = 0;

  /** Gives `make()`'s token one level deeper, or none, which makes the source text. */
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

/** The options of a lexer. A tokenizer belongs to one lexer, so each call gives a new one. */
export const bounded = () => ({ gfm: true, breaks: true, tokenizer: new BoundedTokenizer() });
