// spin:sqlite on D1, spin:key-value on KV, spin:variables on vars, all on workerd.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startProbe } from "./harness.mjs";

let probe;
before(async () => {
  probe = await startProbe({ lower: "l", UPPER_CASE: "u", both: "1", BOTH: "2" });
});
after(() => probe.stop());

const sql = async (text) => (await probe.get("/sql", { method: "POST", body: text })).text();
const kv = async (query, body) => (await probe.get(`/kv?${query}`, { method: "POST", body })).text();

test("every type goes in and out", async () => {
  const answer = await sql("SELECT ?1 AS i, ?2 AS r, ?3 AS t, ?4 AS b, ?5 AS n");
  assert.deepEqual(answer.split("\n"), [
    "Some(Error::NoSuchDatabase)",
    '["i", "r", "t", "b", "n"]',
    '[Value::Integer(-9007199254740991), Value::Real(0.5), Value::Text("ünï"), Value::Blob([0, 255]), Value::Null]',
    "1 rows, Ok(())",
  ]);
});

test("writes, no rows, many rows, columns of one name", async () => {
  assert.match(await sql("CREATE TABLE t (a INTEGER)"), /\[\]\n0 rows, Ok/);
  assert.match(
    await sql("INSERT INTO t WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000) SELECT x FROM n RETURNING a"),
    /5000 rows, Ok/,
  );
  assert.match(await sql("SELECT a FROM t WHERE a > 9999"), /\["a"\]\n0 rows, Ok/);
  assert.match(await sql("SELECT 1 AS x, 2 AS x"), /\["x", "x"\]\n\[.*1.*2.*\]\n1 rows/);
});

test("D1's errors keep their text", async () => {
  assert.match(await sql("SELECT * FROM missing"), /Io\(.*no such table: missing/);
  assert.match(await sql("SELECT ?1"), /Io\(.*9223372036854775807.*2\^53/);
});

test("values of the store", async () => {
  assert.match(await kv("do=set&key=k", "value"), /^Ok\(\(\)\) Some\(Error::NoSuchStore\)/);
  assert.match(await kv("do=get&key=k"), /^5 bytes value/);
  assert.match(await kv("do=exists&key=k"), /^Ok\(true\)/);
  assert.match(await kv("do=delete&key=k"), /^Ok/);
  assert.match(await kv("do=get&key=k"), /^Ok\(None\)/);
  assert.match(await kv("do=exists&key=k"), /^Ok\(false\)/);
  assert.match(await kv("do=get&key="), /^Err\(Error::Other/);
  const large = Buffer.alloc(5_000_000, "k");
  assert.match(await kv("do=set&key=large", large), /^Ok/);
  assert.match(await kv("do=get&key=large"), /^5000000 bytes kkkkkkkkk/);
});

test("the keys of the store", async () => {
  assert.match(await kv("do=fill&n=5&key=many"), /^5/);
  assert.match(await kv("do=keys"), /^6 keys/);
});

test("variables in lower or upper case, and not bindings", async () => {
  const variable = async (name) => (await probe.get(`/variable?name=${name}`)).text();
  assert.equal(await variable("lower"), 'Ok("l")');
  assert.equal(await variable("upper_case"), 'Ok("u")');
  assert.equal(await variable("both"), 'Ok("1")');
  assert.match(await variable("db"), /Undefined/);
  assert.match(await variable("absent"), /Undefined/);
  assert.match(await variable("BOTH"), /InvalidName/);
});
