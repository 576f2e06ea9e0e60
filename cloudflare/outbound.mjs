// The Worker's way out on this machine. Cloudflare's network reaches public addresses only; a workerd at home reaches
// the home's network and itself as well. A client names the addresses that pictures are fetched from, and a public
// name may resolve to 127.0.0.1, so here too every name has to resolve to a public address, except the upstreams'.

import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

const NAME = "outbound";
// `allow` takes ranges of addresses, no hosts and no ports: with 127.0.0.1 in it every port there would be open, under
// any name. Hence two services, and a Worker that chooses by the origin.
// Source: https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp, `struct Network`
const PUBLIC = ["public"];
// What miniflare allows everything: https://github.com/cloudflare/miniflare/issues/412
const ANY = ["public", "private", "240.0.0.0/4"];
const UPSTREAMS = ["grok_base_url", "grok_assets_url"];

// The services look names up after the choice. Grok's own names may resolve to anything, for a proxy on this machine
// often answers with 198.18.0.0/15: their certificates prove where a connection ends.
const SCRIPT = `
const GROK = /^(?:.+\\.)?(?:grok\\.com|x\\.ai)$/;
export default {
  fetch(request, env) {
    // From the runtime's own port by \`MF-Route-Override\`: what the gateway sends names no client.
    if (request.headers.get("cf-connecting-ip") !== null) return new Response(null, { status: 403 });
    const { origin, protocol, port, hostname } = new URL(request.url);
    const isGrok = protocol === "https:" && port === "" && GROK.test(hostname);
    return (isGrok || env.UPSTREAMS.includes(origin) ? env.ANY : env.PUBLIC).fetch(request);
  },
};
`;

/**
 * What miniflare gives its own network service.
 * @returns {string[]} certificates in PEM
 */
function trustedCertificates() {
  const system = process.platform === "win32" ? [...rootCertificates] : [];
  try {
    const extra = readFileSync(process.env.NODE_EXTRA_CA_CERTS ?? "", "utf8");
    return [...system, ...(extra.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [])];
  } catch {
    return system;
  }
}

/** The origin of an address, or none. The gateway says what is wrong with a variable. */
function originOf(address) {
  try {
    return [new URL(address).origin];
  } catch {
    return [];
  }
}

/**
 * Returns what miniflare needs for it: an option of the gateway's Worker, and one more Worker.
 * @param {Record<string, string>} vars the gateway's variables, which name its upstreams
 */
export function outbound(vars) {
  const tlsOptions = { trustBrowserCas: true, trustedCertificates: trustedCertificates() };
  return {
    options: { outboundService: NAME, stripCfConnectingIp: false },
    worker: {
      name: NAME,
      modules: true,
      script: SCRIPT,
      compatibilityDate: "2026-04-24",
      stripCfConnectingIp: false,
      bindings: { UPSTREAMS: UPSTREAMS.flatMap((name) => originOf(vars[name])) },
      serviceBindings: {
        PUBLIC: { network: { allow: PUBLIC, tlsOptions } },
        ANY: { network: { allow: ANY, tlsOptions } },
      },
    },
  };
}
