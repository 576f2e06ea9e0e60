// Tests the gateway on Spin: chats over its WebSocket with TLS, to a name that only DNS over HTTPS resolves, on a port that
// the manifest allows. Needs Spin on PATH, and `cargo xtask build --spin`.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { startDns } from "../../tests/fake-grok/dns.mjs";
import { jwt, startGrok } from "../../tests/fake-grok.mjs";
import { spinMissing } from "../../tests/hosts/spin.mjs";
import { startGateway } from "../../tests/lib/gateway.mjs";
import { userIdOf } from "../../tests/lib/mgw.mjs";

const missing = spinMissing();
if (missing && process.env.REQUIRE_SPIN === "1") throw new Error(missing);

/** A cookie line as pasted from a browser. It has the owner's id, so the gateway does not request it over HTTP. */
function cookies(name) {
  const token = jwt(name);
  return `sso=${token}; sso-rw=${token}; x-userid=${userIdOf(token)}`;
}

describe("the gateway's WebSocket on Spin", { skip: missing ?? false }, () => {
  let dns;
  let gw;
  before(async () => {
    const [grok, resolver] = await Promise.all([
      startGrok({ tls: true, name: "grok.test" }),
      startDns({ answers: { "grok.test": { a: ["127.0.0.1"] } }, ttl: 300 }),
    ]);
    dns = resolver;
    gw = await startGateway({
      host: "spin",
      grok,
      vars: { dns_over_https_url: `http://127.0.0.1:1/none, ${dns.url}`, extra_root_certificates: grok.ca },
    });
  });
  after(async () => {
    await gw?.stop();
    await gw?.grok.stop();
    await dns?.stop();
  });
  beforeEach(() => dns.reset());

  test("a name is looked up once, and its address is used again", async () => {
    await gw.ok("POST", "/tokens/add", { tokens: [cookies("basic-1")], token_type: "sso" });
    for (const word of ["one", "two"]) {
      const { status, body } = await gw.chat(`[[text:${word}]]`);
      assert.equal(status, 200, JSON.stringify(body));
      assert.match(body.choices[0].message.content, new RegExp(`${word}$`));
    }
    assert.deepEqual(dns.queries.map(({ type }) => type).sort(), ["A", "AAAA"]);
  });
});
