// The few wasi:cli and wasi:io imports of Rust's std. Output is logged to the console by line. There is neither input nor a
// terminal.

/** The 0.2 `output-stream` of stdout or stderr. */
class Console {
  #write;
  #line = "";
  /** Decodes UTF-8; buffers the first bytes of a character that the next write completes. */
  #decoder = new TextDecoder();

  constructor(write) {
    this.#write = write;
  }

  write(bytes) {
    const lines = (this.#line + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#line = lines.pop();
    for (const line of lines) this.#write(line);
  }

  dispose() {
    if (this.#line) this.#write(this.#line);
    this.#line = "";
  }
}

const ready = {};
const ROOM = 65_536n;

export const cli = {
  "wasi:cli/environment": { "get-environment": () => [] },
  "wasi:cli/exit": {
    exit(_, { tag }) {
      throw new Error(`the component exited with ${tag === "ok" ? "success" : "failure"}`);
    },
  },
  "wasi:cli/stdin": { "get-stdin": () => ({}) },
  "wasi:cli/stdout": { "get-stdout": () => new Console((line) => console.log(line)) },
  "wasi:cli/stderr": { "get-stderr": () => new Console((line) => console.error(line)) },
  "wasi:cli/terminal-stdin": { "get-terminal-stdin": () => null },
  "wasi:cli/terminal-stdout": { "get-terminal-stdout": () => null },
  "wasi:cli/terminal-stderr": { "get-terminal-stderr": () => null },
  "wasi:io/streams": {
    "[method]output-stream.check-write": () => ROOM,
    "[method]output-stream.write": (_, self, bytes) => self.write(bytes),
    "[method]output-stream.blocking-write-and-flush": (_, self, bytes) => self.write(bytes),
    "[method]output-stream.blocking-flush": () => {},
    "[method]output-stream.subscribe": () => ready,
  },
  // Output is always ready.
  "wasi:io/poll": { "[method]pollable.block": () => {} },
};
