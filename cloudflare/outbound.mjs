// Outgoing connections of the Worker on this machine. Cloudflare's network reaches only public addresses; a self-hosted
// workerd also reaches the local network and its own machine. Clients choose the URLs of pictures, and a public name may
// resolve to 127.0.0.1. So every name must resolve to a public address here too, except the upstreams' names.

import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

const NAME = "outbound";
// `allow` accepts only address ranges, not hosts or ports: with 127.0.0.1 every port there would be open, under any name.
// Hence two services, and a Worker that chooses one by origin.
// Source: https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp, `struct Network`
const PUBLIC = ["public"];
// miniflare allows every address: https://github.com/cloudflare/miniflare/issues/412
const ANY = ["public", "private", "240.0.0.0/4"];
const UPSTREAMS = ["grok_base_url", "grok_assets_url", "xai_base_url"];

// The services resolve names after the choice. Grok's names may resolve to any address, because a proxy on this machine
// often returns one of 198.18.0.0/15; the certificate proves where a connection ends.
const SCRIPT = `
const GROK = /^(?:.+\\.)?(?:grok\\.com|x\\.ai)$/;
export default {
  fetch(request, env) {
    // Sent to the runtime's own port with \`MF-Route-Override\`: requests of the gateway do not name a client.
    if (request.headers.get("cf-connecting-ip") !== null) return new Response(null, { status: 403 });
    const { origin, protocol, port, hostname } = new URL(request.url);
    const isGrok = protocol === "https:" && port === "" && GROK.test(hostname);
    return (isGrok || env.UPSTREAMS.includes(origin) ? env.ANY : env.PUBLIC).fetch(request);
  },
};
`;

/**
 * Returns the certificates that miniflare gives its own network service.
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

/** Returns the origin of a URL, or undefined if it is invalid; the gateway reports invalid variables. */
function originOf(address) {
  try {
    return [new URL(address).origin];
  } catch {
    return [];
  }
}

/**
 * Returns the configuration for miniflare: an option of the gateway's Worker, and one more Worker.
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
