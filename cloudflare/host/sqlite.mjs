// spin:sqlite on D1. The binding is `DB`; its name in the component is "default".
// D1 has no connections, so the calls that read a connection's last row id or changes are not supported: use RETURNING.

import { Future } from "../abi/futures.mjs";
import { Items } from "../abi/streams.mjs";
import { WitError } from "../abi/types.mjs";

const DONE = Future.of({ tag: "ok" });

/** @param {{ tag: string, value: any }} value a `value` of spin:sqlite */
function toD1({ tag, value }) {
  if (tag !== "integer") return value ?? null;
  const number = Number(value);
  // JavaScript passes D1's integers as doubles, so larger ones would change.
  if (!Number.isSafeInteger(number)) throw new WitError({ tag: "io", value: `integer ${value} is beyond 2^53` });
  return number;
}

function fromD1(value) {
  if (value === null) return { tag: "null" };
  if (typeof value === "string") return { tag: "text", value };
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? { tag: "integer", value: BigInt(value) } : { tag: "real", value };
  }
  return { tag: "blob", value: value instanceof ArrayBuffer ? new Uint8Array(value) : Uint8Array.from(value) };
}

async function execute(database, statement, parameters) {
  let rows;
  try {
    rows = await database.prepare(statement).bind(...parameters.map(toD1)).raw({ columnNames: true });
  } catch (error) {
    if (error instanceof WitError) throw error;
    throw new WitError({ tag: "io", value: String(error?.message ?? error) });
  }
  const [columns = [], ...values] = rows;
  return [columns, new Items(values.map((row) => ({ values: row.map(fromD1) }))), DONE];
}

export const sqlite = {
  "[static]connection.open-async"({ env }, name) {
    if (name !== "default" || !env.DB) throw new WitError({ tag: "no-such-database" });
    return { database: env.DB };
  },
  "[method]connection.execute-async": (_, { database }, statement, parameters) =>
    execute(database, statement, parameters),
};
