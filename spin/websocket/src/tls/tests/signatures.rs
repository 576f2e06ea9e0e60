//! Tests that each algorithm accepts `ring`'s signatures, and nothing else.

use p256::ecdsa::signature::hazmat::PrehashSigner;
use ring::{
    rand::SystemRandom,
    signature::{self, EcdsaKeyPair, KeyPair, RsaKeyPair},
};
use rustls_pki_types::{PrivatePkcs8KeyDer, SignatureVerificationAlgorithm, alg_id, pem::PemObject};
use sha2::{Digest, Sha256, Sha384};

use super::RSA;
use crate::tls::verify::ALL;

const MESSAGE: &[u8] = b"what was signed";

fn algorithm(
    key: rustls_pki_types::AlgorithmIdentifier,
    signature: rustls_pki_types::AlgorithmIdentifier,
) -> &'static dyn SignatureVerificationAlgorithm {
    let fits = |it: &&&'static dyn SignatureVerificationAlgorithm| {
        it.public_key_alg_id() == key && it.signature_alg_id() == signature
    };
    *ALL.all.iter().find(fits).unwrap()
}

#[track_caller]
fn check(algorithm: &dyn SignatureVerificationAlgorithm, key: &[u8], signature: &[u8]) {
    assert!(algorithm.verify_signature(key, MESSAGE, signature).is_ok());
    assert!(algorithm.verify_signature(key, b"another text", signature).is_err());
    for at in [signature.len() / 3, signature.len() - 1] {
        let mut changed = signature.to_vec();
        changed[at] ^= 1;
        assert!(algorithm.verify_signature(key, MESSAGE, &changed).is_err(), "byte {at}");
    }
    assert!(algorithm.verify_signature(&key[1..], MESSAGE, signature).is_err());
    assert!(algorithm.verify_signature(key, MESSAGE, &signature[1..]).is_err());
    assert!(algorithm.verify_signature(key, MESSAGE, b"").is_err());
}

#[test]
fn ecdsa() {
    let random = SystemRandom::new();
    for (algorithm, ring) in [
        (algorithm(alg_id::ECDSA_P256, alg_id::ECDSA_SHA256), &signature::ECDSA_P256_SHA256_ASN1_SIGNING),
        (algorithm(alg_id::ECDSA_P384, alg_id::ECDSA_SHA384), &signature::ECDSA_P384_SHA384_ASN1_SIGNING),
    ] {
        let document = EcdsaKeyPair::generate_pkcs8(ring, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(ring, document.as_ref(), &random).unwrap();
        check(algorithm, key.public_key().as_ref(), key.sign(&random, MESSAGE).unwrap().as_ref());
    }
}

/// `ring` does not sign with the other curve's hash.
#[test]
fn ecdsa_with_the_other_hash() {
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let signed: p256::ecdsa::Signature = key.sign_prehash(&Sha384::digest(MESSAGE)).unwrap();
    let public = key.verifying_key().to_sec1_point(false);
    check(algorithm(alg_id::ECDSA_P256, alg_id::ECDSA_SHA384), public.as_bytes(), signed.to_der().as_bytes());
    let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).unwrap();
    let signed: p384::ecdsa::Signature = key.sign_prehash(&Sha256::digest(MESSAGE)).unwrap();
    let public = key.verifying_key().to_sec1_point(false);
    check(algorithm(alg_id::ECDSA_P384, alg_id::ECDSA_SHA256), public.as_bytes(), signed.to_der().as_bytes());
}

#[test]
fn rsa() {
    let random = SystemRandom::new();
    let document = PrivatePkcs8KeyDer::from_pem_slice(RSA.as_bytes()).unwrap();
    let key = RsaKeyPair::from_pkcs8(document.secret_pkcs8_der()).unwrap();
    let schemes: [(_, &'static dyn signature::RsaEncoding); 6] = [
        (alg_id::RSA_PKCS1_SHA256, &signature::RSA_PKCS1_SHA256),
        (alg_id::RSA_PKCS1_SHA384, &signature::RSA_PKCS1_SHA384),
        (alg_id::RSA_PKCS1_SHA512, &signature::RSA_PKCS1_SHA512),
        (alg_id::RSA_PSS_SHA256, &signature::RSA_PSS_SHA256),
        (alg_id::RSA_PSS_SHA384, &signature::RSA_PSS_SHA384),
        (alg_id::RSA_PSS_SHA512, &signature::RSA_PSS_SHA512),
    ];
    for (id, scheme) in schemes {
        let mut signed = vec![0; key.public().modulus_len()];
        key.sign(scheme, &random, MESSAGE, &mut signed).unwrap();
        check(algorithm(alg_id::RSA_ENCRYPTION, id), key.public().as_ref(), &signed);
    }
}

/// A valid signature by `openssl` with a key of 1,024 bits.
#[test]
fn a_short_rsa_key_is_refused() {
    let (key, signed) = (include_bytes!("rsa-1024.der"), include_bytes!("rsa-1024.signature"));
    let algorithm = algorithm(alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA256);
    assert!(algorithm.verify_signature(key, MESSAGE, signed).is_err());
}
