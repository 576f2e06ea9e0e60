// Lists every interface that the shim implements, by name and minor version.

import { cli } from "./cli.mjs";
import { monotonicClock, systemClock, wallClock } from "./clocks.mjs";
import { client, types } from "./http.mjs";
import { keyValue } from "./kv.mjs";
import { insecureSeed, random } from "./random.mjs";
import { sqlite } from "./sqlite.mjs";
import { variables } from "./variables.mjs";
import { websocket } from "./websocket.mjs";

export const hosts = {
  "wasi:http/types@0.3": types,
  "wasi:http/client@0.3": client,
  "wasi:clocks/monotonic-clock@0.2": monotonicClock,
  "wasi:clocks/monotonic-clock@0.3": monotonicClock,
  "wasi:clocks/system-clock@0.3": systemClock,
  "wasi:clocks/wall-clock@0.2": wallClock,
  "wasi:random/random@0.2": random,
  "wasi:random/random@0.3": random,
  "wasi:random/insecure-seed@0.2": insecureSeed,
  "wasi:random/insecure-seed@0.3": insecureSeed,
  "spin:key-value/key-value@3.0": keyValue,
  "spin:sqlite/sqlite@3.1": sqlite,
  "spin:variables/variables@3.0": variables,
  "grok2api:websocket/client@0.1": websocket,
  ...Object.fromEntries(Object.entries(cli).map(([name, functions]) => [`${name}@0.2`, functions])),
};
