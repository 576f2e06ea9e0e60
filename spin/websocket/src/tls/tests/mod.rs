//! Tests handshakes with rustls on `ring`, including those that must fail.

use std::{io::Read, io::Write, sync::Arc};

use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair, SignatureAlgorithm, date_time_ymd};
use rustls::{
    CertificateError, ClientConnection, ConnectionCommon, Error, ServerConfig, ServerConnection,
    crypto::CryptoProvider, crypto::ring,
};
use rustls_pki_types::{PrivateKeyDer, ServerName};

use super::client;

mod signatures;
mod wire;

/// A public test key, because `ring` cannot generate RSA keys.
const RSA: &str = include_str!("rsa.pem");

pub fn key(algorithm: &'static SignatureAlgorithm) -> KeyPair {
    match algorithm {
        it if it == &rcgen::PKCS_ECDSA_P256_SHA256 || it == &rcgen::PKCS_ECDSA_P384_SHA384 => {
            KeyPair::generate_for(it).unwrap()
        }
        it => KeyPair::from_pkcs8_pem_and_sign_algo(RSA, it).unwrap(),
    }
}

/// A certificate authority that signs the tests' certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(algorithm: &'static SignatureAlgorithm) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, key(algorithm)).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// Returns a server of this name with a key of this kind; `change` alters its certificate.
    fn server(
        &self,
        provider: CryptoProvider,
        algorithm: &'static SignatureAlgorithm,
        change: impl FnOnce(&mut CertificateParams),
    ) -> ServerConnection {
        let mut params = CertificateParams::new(["grok.test".to_owned()]).unwrap();
        change(&mut params);
        let key = key(algorithm);
        let chain = vec![params.signed_by(&key, &self.0).unwrap().der().clone()];
        let builder = ServerConfig::builder_with_provider(Arc::new(provider)).with_safe_default_protocol_versions();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = builder.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
        ServerConnection::new(Arc::new(config)).unwrap()
    }
}

fn connect(pem: &str) -> ClientConnection {
    ClientConnection::new(client(pem).unwrap(), ServerName::try_from("grok.test").unwrap()).unwrap()
}

/// Transfers bytes between the two until neither has any; `spoil` may change the server's.
fn talk(client: &mut ClientConnection, server: &mut ServerConnection, spoil: fn(&mut Vec<u8>)) -> Result<(), Error> {
    while client.wants_write() || server.wants_write() {
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        server.read_tls(&mut bytes.as_slice()).unwrap();
        // If the server fails, the client sees its alert.
        let _ = server.process_new_packets();
        let mut bytes = Vec::new();
        server.write_tls(&mut bytes).unwrap();
        spoil(&mut bytes);
        client.read_tls(&mut bytes.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

fn handshake(client: &mut ClientConnection, server: &mut ServerConnection) -> Result<(), Error> {
    talk(client, server, |_| ())
}

#[test]
fn every_suite_with_every_group() {
    let authority = Authority::new(&rcgen::PKCS_ECDSA_P256_SHA256);
    let offered = ring::default_provider();
    let mut tried = 0;
    for suite in offered.cipher_suites.iter().filter(|suite| suite.tls13().is_some()) {
        for group in
            offered.kx_groups.iter().filter(|group| super::exchange::ALL.iter().any(|it| it.name() == group.name()))
        {
            let provider = CryptoProvider { cipher_suites: vec![*suite], kx_groups: vec![*group], ..offered.clone() };
            let mut server = authority.server(provider, &rcgen::PKCS_ECDSA_P256_SHA256, |_| ());
            let mut client = connect(&authority.pem());
            handshake(&mut client, &mut server).unwrap();
            assert_eq!(client.negotiated_cipher_suite().unwrap().suite(), suite.suite());
            assert_eq!(client.negotiated_key_exchange_group().unwrap().name(), group.name());
            exchange(&mut client, &mut server);
            tried += 1;
        }
    }
    assert_eq!(tried, 6);
}

/// Sends some records each way.
fn exchange(client: &mut ClientConnection, server: &mut ServerConnection) {
    let sent: Vec<u8> = (0..12_000_u32).flat_map(u32::to_be_bytes).collect();
    client.writer().write_all(&sent).unwrap();
    assert_eq!(carry(client, server), sent);
    server.writer().write_all(&sent).unwrap();
    assert_eq!(carry(server, client), sent);
}

/// Transfers one side's records to the other and returns their content.
fn carry<F, T>(from: &mut ConnectionCommon<F>, to: &mut ConnectionCommon<T>) -> Vec<u8> {
    let mut content = Vec::new();
    while from.wants_write() {
        let mut bytes = Vec::new();
        from.write_tls(&mut bytes).unwrap();
        let mut bytes = bytes.as_slice();
        while !bytes.is_empty() {
            to.read_tls(&mut bytes).unwrap();
            to.process_new_packets().unwrap();
            // Fails with `WouldBlock` after the last byte.
            let _ = to.reader().read_to_end(&mut content);
        }
    }
    content
}

#[test]
fn every_kind_of_certificate() {
    let kinds = [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_RSA_SHA256,
        &rcgen::PKCS_RSA_SHA384,
        &rcgen::PKCS_RSA_SHA512,
    ];
    for authority in kinds {
        let issuer = Authority::new(authority);
        for kind in kinds {
            let mut server = issuer.server(ring::default_provider(), kind, |_| ());
            handshake(&mut connect(&issuer.pem()), &mut server)
                .unwrap_or_else(|e| panic!("{authority:?} {kind:?} {e}"));
        }
    }
}

#[track_caller]
fn refused(pem: &str, authority: &Authority, change: impl FnOnce(&mut CertificateParams)) -> CertificateError {
    let mut server = authority.server(ring::default_provider(), &rcgen::PKCS_ECDSA_P256_SHA256, change);
    match handshake(&mut connect(pem), &mut server) {
        Err(Error::InvalidCertificate(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_certificate_has_to_be_signed_by_a_trusted_authority() {
    let authority = Authority::new(&rcgen::PKCS_ECDSA_P256_SHA256);
    let other = Authority::new(&rcgen::PKCS_ECDSA_P256_SHA256);
    assert_eq!(refused("", &authority, |_| ()), CertificateError::UnknownIssuer);
    // The same name, with another key.
    assert_eq!(refused(&other.pem(), &authority, |_| ()), CertificateError::BadSignature);
}

#[test]
fn a_certificate_has_to_have_the_name_and_be_valid_today() {
    let authority = Authority::new(&rcgen::PKCS_ECDSA_P256_SHA256);
    let pem = authority.pem();
    let other = |params: &mut CertificateParams| *params = CertificateParams::new(["other.test".to_owned()]).unwrap();
    assert!(matches!(refused(&pem, &authority, other), CertificateError::NotValidForNameContext { .. }));
    let past = |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 1);
    assert!(matches!(refused(&pem, &authority, past), CertificateError::ExpiredContext { .. }));
    let future = |params: &mut CertificateParams| params.not_before = date_time_ymd(2999, 1, 1);
    assert!(matches!(refused(&pem, &authority, future), CertificateError::NotValidYetContext { .. }));
}

#[test]
fn a_changed_record_is_refused() {
    let authority = Authority::new(&rcgen::PKCS_ECDSA_P256_SHA256);
    let mut server = authority.server(ring::default_provider(), &rcgen::PKCS_ECDSA_P256_SHA256, |_| ());
    let mut client = connect(&authority.pem());
    handshake(&mut client, &mut server).unwrap();
    server.writer().write_all(b"text").unwrap();
    let spoil: fn(&mut Vec<u8>) = |bytes| {
        if let Some(last) = bytes.last_mut() {
            *last ^= 1;
        }
    };
    assert_eq!(talk(&mut client, &mut server, spoil), Err(Error::DecryptError));
}

#[test]
fn roots_are_certificates_in_pem() {
    assert!(client("").is_ok());
    assert!(client(" \n").is_ok());
    let none = "extra_root_certificates: it has no certificate in PEM";
    for text in ["\n# none\n", "authority.pem", "MIIBszCCAVmgAwIBAgIU"] {
        assert_eq!(client(text).unwrap_err(), none, "{text}");
    }
    let authority = Authority::new(&rcgen::PKCS_ECDSA_P256_SHA256).pem();
    assert!(client(&format!("# ours\n{authority}\n{authority}")).is_ok());
    // A kind that the parser knows, and an unknown one.
    for kind in ["PRIVATE KEY", "TRUSTED CERTIFICATE"] {
        let other = format!("{authority}-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n");
        let why = format!("extra_root_certificates: it has a section \"{kind}\", expected only certificates");
        assert_eq!(client(&other).unwrap_err(), why);
    }
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(client(broken).unwrap_err().starts_with("extra_root_certificates: "));
}
