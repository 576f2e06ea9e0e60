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
    pub async fn open(host: &dyn Host) -> Result<Self> {
        let current = variables::secret(host, &ENCRYPTION_KEY).await;
        if current.as_ref().is_some_and(|key| key.chars().count() < MIN_KEY_CHARS) {
            return Err(Error::internal(format!(
                "The variable encryption_key is too short: give it at least {MIN_KEY_CHARS} characters, \
                 for example the output of `openssl rand -hex 32`"
            )));
        }
        let previous = variables::secret(host, &ENCRYPTION_KEY_PREVIOUS).await;
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

    /// The ids of the keys at hand.
    pub fn key_ids(&self) -> Vec<String> {
        [&self.current, &self.previous].into_iter().flatten().map(|key| key.id.clone()).collect()
    }

    /// How texts begin that the previous key sealed, if that is another one.
    pub fn previous_prefix(&self) -> Option<String> {
        let previous = self.previous.as_ref().filter(|previous| !self.is_current(&previous.id))?;
        Some(format!("{VERSION}.{}.", previous.id))
    }

    /// Whether a text is sealed with the key in force.
    pub fn is_up_to_date(&self, stored: &str) -> bool {
        parts(stored).is_some_and(|(key_id, _)| self.is_current(key_id))
    }

    fn is_current(&self, key_id: &str) -> bool {
        self.current.as_ref().is_some_and(|current| current.id == key_id)
    }

    /// The sealed text, or the clear one as long as there is no key.
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

impl Vault {
    /// Whether the key that sealed a text is at hand; its beginning is enough to tell.
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

/// Whether a stored text is not in the sealed form.
pub fn is_clear(stored: &str) -> bool {
    parts(stored).is_none()
}

/// Key id and body of a sealed text.
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

    /// What a vault with these keys makes of a text.
    fn with<T: 'static>(current: &str, previous: &str, work: impl FnOnce(&App, &Vault) -> T + 'static) -> T {
        let host = NativeHost::new();
        host.set_variable("encryption_key", current);
        host.set_variable("encryption_key_previous", previous);
        let app = host.app();
        host.run(async move { work(&app, &Vault::open(&*app.host).await.expect("the keys are long enough")) })
    }

    #[test]
    fn opens_what_it_sealed_and_nothing_else() {
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
    fn seals_with_a_fresh_nonce_and_the_current_key() {
        let (a, b) = with(NEW, OLD, |app, vault| (vault.seal(&*app.host, "x", ""), vault.seal(&*app.host, "x", "")));
        assert_ne!(a, b);
        let id = with(NEW, "", |_, vault| vault.current().expect("it is set").id.clone());
        assert!(a.starts_with(&format!("v1.{id}.")));
    }

    #[test]
    fn without_a_key_texts_stay_clear() {
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
