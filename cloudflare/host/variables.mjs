// spin:variables on the Worker's variables and secrets, named as in spin.toml or in upper case.

import { WitError } from "../abi/types.mjs";

const NAME = /^[a-z][a-z0-9_]*$/;

export const variables = {
  get({ env }, name) {
    if (!NAME.test(name)) throw new WitError({ tag: "invalid-name", value: name });
    const value = env[name] ?? env[name.toUpperCase()];
    // Bindings share the namespace of variables, but are not text.
    if (typeof value !== "string") throw new WitError({ tag: "undefined", value: name });
    return value;
  },
};
