//! TLS 1.3 by rustls, with the cryptography of the RustCrypto crates.
//!
//! rustls implements the protocol and the verification of certificates; a `CryptoProvider` implements the cryptography. This
//! module is one, because the existing ones do not fit:
//!
//! * `ring` and `aws-lc-rs` are C: they need a C compiler for WebAssembly, and `spin up --build` must work without one.
//! * `rustls-rustcrypto` was last released in 2024 as 0.0.2-alpha, "do not use in production". It depends on
//!   rustls-webpki 0.102 (RUSTSEC-2026-0049, -0098, -0099, -0104) and `paste` (RUSTSEC-2024-0436).
//! * Its forks have a single maintainer and no history.
//!
//! This module covers only TLS 1.3, with current releases. rustls-webpki is rustls' own 0.103, which has all advisories
//! patched. Of the other crates one has an advisory: `rsa` (RUSTSEC-2023-0071) leaks private keys by timing. This module has
//! no private keys: RSA only verifies with the public keys of certificates.
//!
//! The tests complete handshakes with rustls on `ring`, for every suite, group and kind of certificate.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    client::Resumption,
    crypto::{CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom},
    sign::SigningKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

mod exchange;
mod hash;
mod suites;
mod verify;

#[cfg(test)]
mod tests;

/// Returns the settings of a client that trusts Mozilla's root certificates and those in `extra`, in PEM. Fails if `extra`
/// contains anything else.
pub fn client(extra: &str) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    add(&mut roots, extra).map_err(|why| format!("extra_root_certificates: {why}"))?;
    let versions = &[&rustls::version::TLS13];
    let builder = ClientConfig::builder_with_provider(Arc::new(provider())).with_protocol_versions(versions);
    let builder = builder.map_err(|e| e.to_string())?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Each connection has its own settings, so sessions cannot be resumed.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

fn add(roots: &mut RootCertStore, pem: &str) -> Result<(), String> {
    // The parser skips sections of other kinds.
    let mut labels = pem.lines().filter_map(|line| line.trim().strip_prefix("-----BEGIN "));
    if let Some(other) = labels.find(|label| *label != "CERTIFICATE-----") {
        let other = other.trim_end_matches('-');
        return Err(format!("it has a section {other:?}, expected only certificates"));
    }
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
        count += 1;
    }
    match count {
        0 if !pem.trim().is_empty() => Err("it has no certificate in PEM".to_owned()),
        _ => Ok(()),
    }
}

fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: suites::ALL.to_vec(),
        kx_groups: exchange::ALL.to_vec(),
        signature_verification_algorithms: verify::ALL,
        secure_random: &Random,
        key_provider: &NoKeys,
    }
}

#[derive(Debug)]
struct Random;

impl SecureRandom for Random {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), GetRandomFailed> {
        getrandom::fill(buffer).map_err(|_| GetRandomFailed)
    }
}

/// Loads no keys: a client without a certificate has none.
#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General("private keys are not supported".to_owned()))
    }
}
