//! The stored hash of the operator's password: PBKDF2-HMAC-SHA256 with a salt, and a pepper from `encryption_key`.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::vault::Vault;
use crate::{
    error::{Error, ErrorKind, Result},
    host::Host,
};

const MIN_CHARS: usize = 8;
/// Limits the work of a sign-in.
const MAX_CHARS: usize = 256;
const SCHEME: &str = "pbkdf2-sha256";

/// PBKDF2-HMAC-SHA256, stored as `pbkdf2-sha256$<iterations>$<pepper's key id>$<salt>$<digest>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordHash {
    iterations: u32,
    /// Id of the encryption key that the pepper was derived from; empty without a pepper.
    pepper: String,
    salt: [u8; 16],
    digest: [u8; 32],
}

impl PasswordHash {
    /// Returns the hash of a password with a random salt and the pepper of the current key.
    pub fn new(host: &dyn Host, vault: &Vault, password: &str, iterations: u32) -> Self {
        let mut salt = [0; 16];
        host.random(&mut salt);
        Self::with_salt(vault, password, iterations, salt)
    }

    /// Returns a new hash of the same password, with the pepper of the current key and never fewer iterations. The salt
    /// stays, because open sessions are bound to it.
    pub fn renewed(&self, vault: &Vault, password: &str, iterations: u32) -> Self {
        Self::with_salt(vault, password, iterations.max(self.iterations), self.salt)
    }

    /// Returns whether the hash has fewer iterations, or another pepper than that of the current key.
    pub fn is_weaker_than(&self, vault: &Vault, iterations: u32) -> bool {
        let pepper = vault.current().map(|key| key.id.as_str()).unwrap_or_default();
        self.iterations < iterations || self.pepper != pepper
    }

    fn with_salt(vault: &Vault, password: &str, iterations: u32, salt: [u8; 16]) -> Self {
        let key = vault.current();
        let digest = digest(password, key.map(|key| &key.pepper), &salt, iterations);
        PasswordHash { iterations, pepper: key.map(|key| key.id.clone()).unwrap_or_default(), salt, digest }
    }

    /// Returns whether the password has this hash, compared in constant time. Fails with 409 if the key of the pepper
    /// is not available.
    pub fn verify(&self, vault: &Vault, password: &str) -> Result<bool> {
        let pepper = match self.pepper.as_str() {
            "" => None,
            id => Some(&vault.key(id).ok_or_else(lost_pepper)?.pepper),
        };
        Ok(digest(password, pepper, &self.salt, self.iterations).ct_eq(&self.digest).into())
    }

    /// Returns the 16 bytes of salt. A new password has a new salt.
    pub fn salt(&self) -> &[u8; 16] {
        &self.salt
    }

    /// Parses the stored form; `None` if it is damaged.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('$');
        let scheme = parts.next()?;
        let hash = PasswordHash {
            iterations: parts.next()?.parse().ok()?,
            pepper: parts.next()?.to_owned(),
            salt: BASE64.decode(parts.next()?).ok()?.try_into().ok()?,
            digest: BASE64.decode(parts.next()?).ok()?.try_into().ok()?,
        };
        (scheme == SCHEME && parts.next().is_none()).then_some(hash)
    }
}

impl fmt::Display for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (salt, digest) = (BASE64.encode(self.salt), BASE64.encode(self.digest));
        write!(f, "{SCHEME}${}${}${salt}${digest}", self.iterations, self.pepper)
    }
}

/// Fails with 400 if a new password has fewer than 8 or more than 256 characters. `field` is its path in the request.
pub fn check_new(password: &str, field: &str) -> Result<()> {
    let chars = password.chars().count();
    if !(MIN_CHARS..=MAX_CHARS).contains(&chars) {
        let message = format!("The new password must have {MIN_CHARS} to {MAX_CHARS} characters");
        return Err(Error::invalid(field, message));
    }
    Ok(())
}

fn digest(password: &str, pepper: Option<&[u8; 32]>, salt: &[u8], iterations: u32) -> [u8; 32] {
    let peppered = pepper.map(|pepper| {
        let mut mac = Hmac::<Sha256>::new_from_slice(pepper).expect("HMAC takes a key of any length");
        mac.update(password.as_bytes());
        mac.finalize().into_bytes()
    });
    let password = peppered.as_ref().map_or(password.as_bytes(), |bytes| bytes.as_slice());
    let mut digest = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut digest);
    digest
}

fn lost_pepper() -> Error {
    let message = "The password was set with another encryption_key: set that one as encryption_key_previous, \
                   or set the variable admin_password";
    Error::new(ErrorKind::Conflict, message)
}
