//! The cipher suites of TLS 1.3 (RFC 8446 §9.1).

use std::marker::PhantomData;

use aes_gcm::{
    Aes128Gcm, Aes256Gcm, KeyInit,
    aead::{
        AeadInOut,
        consts::{U12, U16},
    },
};
use chacha20poly1305::ChaCha20Poly1305;
use rustls::{
    CipherSuite, ConnectionTrafficSecrets, ContentType, Error, ProtocolVersion, SupportedCipherSuite, Tls13CipherSuite,
    crypto::{
        CipherSuiteCommon,
        cipher::{
            AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, MessageDecrypter, MessageEncrypter, Nonce,
            OutboundOpaqueMessage, OutboundPlainMessage, PrefixedPayload, Tls13AeadAlgorithm,
            UnsupportedOperationError, make_tls13_aad,
        },
        tls13::HkdfUsingHmac,
    },
};

use super::hash::{SHA256, SHA384};

const TAG: usize = 16;
/// The most records under one key, below the bound of RFC 8446 §5.5. rustls changes the key before that.
const AES_GCM_RECORDS: u64 = 1 << 24;

/// The client's order of preference: WebAssembly has no instructions for AES, so ChaCha20 takes half the time.
pub static ALL: &[SupportedCipherSuite] = &[
    SupportedCipherSuite::Tls13(&Tls13CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
            hash_provider: &SHA256,
            confidentiality_limit: u64::MAX,
        },
        hkdf_provider: &HkdfUsingHmac(&SHA256),
        aead_alg: &Aead::<ChaCha20Poly1305>(PhantomData),
        quic: None,
    }),
    SupportedCipherSuite::Tls13(&Tls13CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS13_AES_128_GCM_SHA256,
            hash_provider: &SHA256,
            confidentiality_limit: AES_GCM_RECORDS,
        },
        hkdf_provider: &HkdfUsingHmac(&SHA256),
        aead_alg: &Aead::<Aes128Gcm>(PhantomData),
        quic: None,
    }),
    SupportedCipherSuite::Tls13(&Tls13CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS13_AES_256_GCM_SHA384,
            hash_provider: &SHA384,
            confidentiality_limit: AES_GCM_RECORDS,
        },
        hkdf_provider: &HkdfUsingHmac(&SHA384),
        aead_alg: &Aead::<Aes256Gcm>(PhantomData),
        quic: None,
    }),
];

struct Aead<C>(PhantomData<fn() -> C>);

/// One direction of a connection under one key.
struct Records<C> {
    cipher: C,
    iv: Iv,
}

trait Cipher: AeadInOut<NonceSize = U12, TagSize = U16> + KeyInit + Send + Sync + 'static {}
impl<C: AeadInOut<NonceSize = U12, TagSize = U16> + KeyInit + Send + Sync + 'static> Cipher for C {}

impl<C: Cipher> Aead<C> {
    fn records(key: AeadKey, iv: Iv) -> Box<Records<C>> {
        let cipher = C::new_from_slice(key.as_ref()).expect("a key is as long as `key_len` says");
        Box::new(Records { cipher, iv })
    }
}

impl<C: Cipher> Tls13AeadAlgorithm for Aead<C> {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        Self::records(key, iv)
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        Self::records(key, iv)
    }

    fn key_len(&self) -> usize {
        C::key_size()
    }

    fn extract_keys(&self, _: AeadKey, _: Iv) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        Err(UnsupportedOperationError)
    }
}

impl<C: Cipher> MessageEncrypter for Records<C> {
    fn encrypt(&mut self, message: OutboundPlainMessage<'_>, sequence: u64) -> Result<OutboundOpaqueMessage, Error> {
        let length = self.encrypted_payload_len(message.payload.len());
        let mut payload = PrefixedPayload::with_capacity(length);
        payload.extend_from_chunks(&message.payload);
        payload.extend_from_slice(&message.typ.to_array());
        let nonce = Nonce::new(&self.iv, sequence).0.into();
        let encrypted = self.cipher.encrypt_inout_detached(&nonce, &make_tls13_aad(length), payload.as_mut().into());
        payload.extend_from_slice(&encrypted.map_err(|_| Error::EncryptError)?);
        // The outer type and version of a record are fixed (RFC 8446 §5.2).
        Ok(OutboundOpaqueMessage::new(ContentType::ApplicationData, ProtocolVersion::TLSv1_2, payload))
    }

    fn encrypted_payload_len(&self, length: usize) -> usize {
        length + 1 + TAG
    }
}

impl<C: Cipher> MessageDecrypter for Records<C> {
    fn decrypt<'a>(
        &mut self,
        mut message: InboundOpaqueMessage<'a>,
        sequence: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let payload = &mut message.payload;
        let length = payload.len();
        let nonce = Nonce::new(&self.iv, sequence).0.into();
        let (content, tag) = payload.split_last_chunk_mut::<TAG>().ok_or(Error::DecryptError)?;
        let tag = (&*tag).into();
        let decrypted = self.cipher.decrypt_inout_detached(&nonce, &make_tls13_aad(length), content.into(), tag);
        decrypted.map_err(|_| Error::DecryptError)?;
        payload.truncate(length - TAG);
        message.into_tls13_unpadded_message()
    }
}
