// A certificate chain for one run: a CA and a leaf on P-256, made by the `openssl` command.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CONFIG = `[req]
distinguished_name = dn
prompt = no
x509_extensions = ca
[dn]
CN = scripted Grok
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, DNS:grok.test, IP:127.0.0.1
`;

/** Returns { ca, cert, key } as PEM, valid for two days for localhost, 127.0.0.1 and grok.test. Fails where `openssl` is missing. */
export async function certificates() {
  const folder = await mkdtemp(join(tmpdir(), 'grok2api-tls-'));
  const openssl = (...args) => run('openssl', args, { cwd: folder });
  const read = (name) => readFile(join(folder, name), 'utf8');
  try {
    await writeFile(join(folder, 'openssl.cnf'), CONFIG);
    for (const name of ['ca', 'leaf']) await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
    await openssl('req', '-x509', '-new', '-key', 'ca.key', '-sha256', '-days', '2', '-config', 'openssl.cnf', '-subj', '/CN=scripted CA', '-out', 'ca.pem');
    await openssl('req', '-new', '-key', 'leaf.key', '-sha256', '-config', 'openssl.cnf', '-subj', '/CN=grok.test', '-out', 'leaf.csr');
    await openssl('x509', '-req', '-in', 'leaf.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', '2', '-days', '2', '-sha256',
      '-extfile', 'openssl.cnf', '-extensions', 'leaf', '-out', 'leaf.pem');
    const [ca, cert, key] = await Promise.all(['ca.pem', 'leaf.pem', 'leaf.key'].map(read));
    return { ca, cert, key };
  } finally { await rm(folder, { recursive: true, force: true }); }
}
