//! Encrypts secrets that the gateway must read again (account tokens, API keys, `cf_clearance`) with AES-256-GCM.
//!
//! HKDF-SHA256 derives the keys from the variables `encryption_key` and, for rows encrypted before a rotation,
//! `encryption_key_previous`. An encrypted ("sealed") text is `v1.<key id>.<base64 of nonce and ciphertext>`. Its
//! additional authenticated data is the hash of its row, so a text that was copied to another row does not decrypt.

use aes_gcm::{
    Aes256Gcm, Key, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hkdf::Hkdf;
use sha2::Sha256;

use super::digest::hex;
use crate::{
    error::{Error, Result},
    host::Host,
    variables::{
        self,
        table::{ENCRYPTION_KEY, ENCRYPTION_KEY_PREVIOUS},
    },
};

const VERSION: &str = "v1";
const NONCE: usize = 12;
/// A shorter key could be guessed with a stolen database.
const MIN_KEY_CHARS: usize = 16;

/// The current and the previous encryption key. Without a current key, secrets are stored unencrypted.
pub struct Vault {
    current: Option<MasterKey>,
    previous: Option<MasterKey>,
}

/// The keys that are derived from one `encryption_key`.
pub struct MasterKey {
    /// Identifies the key that encrypted a text, and reveals nothing about it: 8 hexadecimal digits.
    pub id: String,
    seal: [u8; 32],
    /// Mixed into password hashes, so a stolen database alone is not enough to search for the password.
    pub pepper: [u8; 32],
}

impl Vault {
    /// Returns the keys that the variables set. Fails with 500 if `encryption_key` has fewer than 16 characters.
    pub async fn open(host: &dyn Host) -> Result<Self> {
        let current = variables::secret(host, &ENCRYPTION_KEY).await;
        if current.as_ref().is_some_and(|key| key.chars().count() < MIN_KEY_CHARS) {
            return Err(Error::internal(format!(
                "The variable encryption_key is too short: set it to at least {MIN_KEY_CHARS} characters, \
                 for example the output of `openssl rand -hex 32`"
            )));
        }
        let previous = variables::secret(host, &ENCRYPTION_KEY_PREVIOUS).await;
        Ok(Vault {
            current: current.as_deref().map(MasterKey::derive),
            previous: previous.as_deref().map(MasterKey::derive),
        })
    }

    /// Returns whether there is a current key, so that secrets are encrypted.
    pub fn has_key(&self) -> bool {
        self.current.is_some()
    }

    /// Returns the current key; `None` while `encryption_key` is unset.
    pub fn current(&self) -> Option<&MasterKey> {
        self.current.as_ref()
    }

    /// Returns the current or the previous key, whichever has this id.
    pub fn key(&self, id: &str) -> Option<&MasterKey> {
        [&self.current, &self.previous].into_iter().flatten().find(|key| key.id == id)
    }

    /// Returns the ids of the current and the previous key, as far as they are set.
    pub fn key_ids(&self) -> Vec<String> {
        [&self.current, &self.previous].into_iter().flatten().map(|key| key.id.clone()).collect()
    }

    /// Returns the prefix of texts that the previous key encrypted; `None` if it is unset or equals the current one.
    pub fn previous_prefix(&self) -> Option<String> {
        let previous = self.previous.as_ref().filter(|previous| !self.is_current(&previous.id))?;
        Some(format!("{VERSION}.{}.", previous.id))
    }

    /// Returns whether a stored text is encrypted with the current key.
    pub fn is_up_to_date(&self, stored: &str) -> bool {
        parts(stored).is_some_and(|(key_id, _)| self.is_current(key_id))
    }

    fn is_current(&self, key_id: &str) -> bool {
        self.current.as_ref().is_some_and(|current| current.id == key_id)
    }

    /// Encrypts a text, bound to `aad`. Returns it unchanged without a current key.
    pub fn seal(&self, host: &dyn Host, clear: &str, aad: &str) -> String {
        let Some(key) = &self.current else { return clear.to_owned() };
        let mut nonce = [0; NONCE];
        host.random(&mut nonce);
        let payload = Payload { msg: clear.as_bytes(), aad: aad.as_bytes() };
        let sealed = key
            .cipher()
            .encrypt(Nonce::from_slice(&nonce), payload)
            .expect("AES-GCM takes any text that fits into memory");
        format!("{VERSION}.{}.{}", key.id, BASE64.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Decrypts a stored text; `None` if its key is not available, or if the text or `aad` was changed. Returns an
    /// unencrypted text unchanged.
    pub fn unseal(&self, stored: &str, aad: &str) -> Option<String> {
        let Some((key_id, body)) = parts(stored) else { return Some(stored.to_owned()) };
        let bytes = BASE64.decode(body).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let payload = Payload { msg: sealed, aad: aad.as_bytes() };
        let clear = self.key(key_id)?.cipher().decrypt(Nonce::from_slice(nonce), payload).ok()?;
        String::from_utf8(clear).ok()
    }
}

impl Vault {
    /// Returns whether the key of a stored text is available. The first 12 bytes of the text are enough.
    pub fn has_key_of(&self, stored: &str) -> bool {
        parts(stored).is_none_or(|(key_id, _)| self.key(key_id).is_some())
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

/// Returns whether a stored text is not encrypted.
pub fn is_clear(stored: &str) -> bool {
    parts(stored).is_none()
}

/// Returns the key id and the body of an encrypted text.
fn parts(stored: &str) -> Option<(&str, &str)> {
    let (version, rest) = stored.split_once('.')?;
    let (key_id, body) = rest.split_once('.')?;
    let is_id = key_id.len() == 8 && key_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    (version == VERSION && is_id).then_some((key_id, body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::App, host::native::NativeHost};

    const OLD: &str = "the first key of all";
    const NEW: &str = "the key that came after";

    /// Runs `work` with a vault that has these keys.
    fn with<T: 'static>(current: &str, previous: &str, work: impl FnOnce(&App, &Vault) -> T + 'static) -> T {
        let host = NativeHost::new();
        host.set_variable("encryption_key", current);
        host.set_variable("encryption_key_previous", previous);
        let app = host.app();
        host.run(async move { work(&app, &Vault::open(&*app.host).await.expect("the keys are long enough")) })
    }

    #[test]
    fn only_the_key_and_row_of_a_text_decrypt_it() {
        let sealed = with(OLD, "", |app, vault| vault.seal(&*app.host, "a secret", "row 1"));
        assert!(sealed.starts_with("v1.") && !sealed.contains("secret"), "{sealed}");
        let open = |current, previous, text: &str, aad: &'static str| {
            let text = text.to_owned();
            with(current, previous, move |_, vault| vault.unseal(&text, aad))
        };
        assert_eq!(open(OLD, "", &sealed, "row 1").as_deref(), Some("a secret"));
        assert_eq!(open(OLD, "", &sealed, "row 2"), None, "another row's");
        assert_eq!(open(NEW, OLD, &sealed, "row 1").as_deref(), Some("a secret"), "after a rotation");
        assert_eq!(open(NEW, "", &sealed, "row 1"), None, "its key is gone");
        assert_eq!(open("", "", &sealed, "row 1"), None);
        let (head, body) = sealed.rsplit_once('.').expect("it has a body");
        let mut bytes = BASE64.decode(body).expect("it is base64");
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            assert_eq!(open(OLD, "", &format!("{head}.{}", BASE64.encode(&bytes)), "row 1"), None, "byte {at}");
            bytes[at] ^= 1;
        }
        for damaged in [format!("{head}."), format!("{head}.AAAA"), format!("{head}.?")] {
            assert_eq!(open(OLD, "", &damaged, "row 1"), None, "{damaged}");
        }
    }

    #[test]
    fn each_text_gets_a_new_nonce_and_the_current_key() {
        let (a, b) = with(NEW, OLD, |app, vault| (vault.seal(&*app.host, "x", ""), vault.seal(&*app.host, "x", "")));
        assert_ne!(a, b);
        let id = with(NEW, "", |_, vault| vault.current().expect("it is set").id.clone());
        assert!(a.starts_with(&format!("v1.{id}.")));
    }

    #[test]
    fn without_a_key_texts_stay_unencrypted() {
        let stored = with("", "", |app, vault| vault.seal(&*app.host, "eyJ.a.b", ""));
        assert_eq!(stored, "eyJ.a.b");
        for clear in ["eyJ.a.b", "v1.not an id.x", "v1", ""] {
            assert_eq!(with(OLD, "", |_, vault| vault.unseal(clear, "")).as_deref(), Some(clear));
        }
    }

    #[test]
    fn a_short_key_is_refused() {
        let host = NativeHost::new();
        let open = |key: &str| {
            host.set_variable("encryption_key", key);
            let app = host.app();
            host.run(async move { Vault::open(&*app.host).await.map(drop).map_err(|e| e.message) })
        };
        assert!(open("fifteen letters").is_err_and(|message| message.contains("at least 16")));
        assert!(open("sixteen letters!").is_ok());
    }
}
