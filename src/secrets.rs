//! Sealing what must be readable again (account tokens, API keys, `cf_clearance`) with AES-256-GCM.
//!
//! The keys come by HKDF-SHA256 from the variables `encryption_key` and, for rows sealed before a rotation,
//! `encryption_key_previous`. A sealed text is `v1.<key id>.<base64 of nonce and ciphertext>`. It is bound to
//! its row by additional data (the row's hash), so that no row opens with another row's text.

use aes_gcm::{
    Aes256Gcm, Key, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hkdf::Hkdf;
use sha2::Sha256;

use crate::{
    app::{App, hex},
    error::{Error, Result},
};

const VERSION: &str = "v1";
const NONCE: usize = 12;
/// Anything shorter could be guessed from a stolen database.
const MIN_KEY_CHARS: usize = 16;

/// The keys of this installation, if it has any.
pub struct Vault {
    current: Option<MasterKey>,
    previous: Option<MasterKey>,
}

/// What is derived from one `encryption_key`.
pub struct MasterKey {
    /// Tells which key sealed a text, and nothing about the key.
    pub id: String,
    seal: [u8; 32],
    /// Mixed into password hashes, so that a stolen database alone cannot be searched for passwords.
    pub pepper: [u8; 32],
}

impl Vault {
    /// From the variables; refused when the key is too short to protect anything.
    pub async fn open(app: &App) -> Result<Self> {
        let variable = async |name| app.host.variable(name).await.filter(|value| !value.is_empty());
        let current = variable("encryption_key").await;
        if current.as_ref().is_some_and(|key| key.chars().count() < MIN_KEY_CHARS) {
            return Err(Error::internal(format!(
                "The variable encryption_key is too short: give it at least {MIN_KEY_CHARS} characters, \
                 for example the output of `openssl rand -hex 32`"
            )));
        }
        let previous = variable("encryption_key_previous").await;
        Ok(Vault {
            current: current.as_deref().map(MasterKey::derive),
            previous: previous.as_deref().map(MasterKey::derive),
        })
    }

    /// Whether secrets can be sealed at all.
    pub fn has_key(&self) -> bool {
        self.current.is_some()
    }

    pub fn current(&self) -> Option<&MasterKey> {
        self.current.as_ref()
    }

    /// The key of this id, be it the current or the previous one.
    pub fn key(&self, id: &str) -> Option<&MasterKey> {
        [&self.current, &self.previous].into_iter().flatten().find(|key| key.id == id)
    }

    /// The sealed text, or the clear one as long as there is no key.
    pub fn seal(&self, app: &App, clear: &str, aad: &str) -> String {
        let Some(key) = &self.current else { return clear.to_owned() };
        let nonce: [u8; NONCE] = app.random();
        let payload = Payload { msg: clear.as_bytes(), aad: aad.as_bytes() };
        let sealed = key
            .cipher()
            .encrypt(Nonce::from_slice(&nonce), payload)
            .expect("AES-GCM takes any text that fits into memory");
        format!("{VERSION}.{}.{}", key.id, BASE64.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// The clear text; `None` when it was sealed with a key that is not at hand, or was tampered with. A text
    /// that is not in the sealed form was stored in clear and comes back as it is.
    pub fn unseal(&self, stored: &str, aad: &str) -> Option<String> {
        let Some((key_id, body)) = parts(stored) else { return Some(stored.to_owned()) };
        let bytes = BASE64.decode(body).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let payload = Payload { msg: sealed, aad: aad.as_bytes() };
        let clear = self.key(key_id)?.cipher().decrypt(Nonce::from_slice(nonce), payload).ok()?;
        String::from_utf8(clear).ok()
    }
}

impl MasterKey {
    fn derive(secret: &str) -> Self {
        let source = Hkdf::<Sha256>::new(None, secret.as_bytes());
        let (mut id, mut seal, mut pepper) = ([0; 4], [0; 32], [0; 32]);
        for (purpose, key) in [
            ("grok2api key id", id.as_mut_slice()),
            ("grok2api seal", seal.as_mut_slice()),
            ("grok2api password pepper", pepper.as_mut_slice()),
        ] {
            source.expand(purpose.as_bytes(), key).expect("HKDF gives up to 8,160 bytes");
        }
        MasterKey { id: hex(&id), seal, pepper }
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(Key::<Aes256Gcm>::from_slice(&self.seal))
    }
}

/// Key id and body of a sealed text.
fn parts(stored: &str) -> Option<(&str, &str)> {
    let (version, rest) = stored.split_once('.')?;
    let (key_id, body) = rest.split_once('.')?;
    let is_id = key_id.len() == 8 && key_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    (version == VERSION && is_id).then_some((key_id, body))
}
