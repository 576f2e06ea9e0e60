//! The operator's password: its stored hash, the rules for a new one, and which one is in force.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    app::App,
    auth::sha256_hex,
    error::{Error, Kind, Result},
    secrets::Vault,
};

/// The first-run password, good for nothing but choosing another one.
const DEFAULT: &str = "admin";
const MIN_CHARS: usize = 8;
/// Bounds the work a sign-in can be made to do.
const MAX_CHARS: usize = 256;
const SCHEME: &str = "pbkdf2-sha256";

/// PBKDF2-HMAC-SHA256, stored as `pbkdf2-sha256$<iterations>$<pepper's key id>$<salt>$<digest>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordHash {
    iterations: u32,
    /// Id of the encryption key that peppered it; empty for none.
    pepper: String,
    salt: [u8; 16],
    digest: [u8; 32],
}

/// What a password is compared with.
pub enum Password {
    /// The variable `admin_password` rules over whatever is stored.
    Variable(String),
    Stored(PasswordHash),
    Default,
}

impl PasswordHash {
    /// Hashes a password with a fresh salt.
    pub fn new(app: &App, vault: &Vault, password: &str, iterations: u32) -> Self {
        Self::with_salt(vault, password, iterations, app.random())
    }

    /// The same password hashed afresh: more iterations, or the pepper of the current key. The salt stays,
    /// because open sessions are bound to it.
    pub fn renewed(&self, vault: &Vault, password: &str, iterations: u32) -> Self {
        Self::with_salt(vault, password, iterations.max(self.iterations), self.salt)
    }

    /// Whether [`renewed`](Self::renewed) would make it stronger.
    pub fn is_weaker_than(&self, vault: &Vault, iterations: u32) -> bool {
        let pepper = vault.current().map(|key| key.id.as_str()).unwrap_or_default();
        self.iterations < iterations || self.pepper != pepper
    }

    fn with_salt(vault: &Vault, password: &str, iterations: u32, salt: [u8; 16]) -> Self {
        let key = vault.current();
        let digest = digest(password, key.map(|key| &key.pepper), &salt, iterations);
        PasswordHash { iterations, pepper: key.map(|key| key.id.clone()).unwrap_or_default(), salt, digest }
    }

    fn verify(&self, vault: &Vault, password: &str) -> Result<bool> {
        let pepper = match self.pepper.as_str() {
            "" => None,
            id => Some(&vault.key(id).ok_or_else(lost_pepper)?.pepper),
        };
        Ok(digest(password, pepper, &self.salt, self.iterations).ct_eq(&self.digest).into())
    }

    fn parse(text: &str) -> Option<Self> {
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

impl Password {
    /// The one in force, given the stored hash. The default in the variable counts as no password at all.
    pub async fn in_force(app: &App, stored: Option<&str>) -> Result<Self> {
        match (app.host.variable("admin_password").await, stored) {
            (Some(password), _) if !password.is_empty() && password != DEFAULT => Ok(Password::Variable(password)),
            (_, Some(text)) => PasswordHash::parse(text).map(Password::Stored).ok_or_else(|| {
                Error::internal("The stored password hash is damaged: set the variable admin_password to sign in")
            }),
            (_, None) => Ok(Password::Default),
        }
    }

    pub fn is_default(&self) -> bool {
        matches!(self, Password::Default)
    }

    pub fn is_variable(&self) -> bool {
        matches!(self, Password::Variable(_))
    }

    /// Compares in constant time.
    pub fn verify(&self, vault: &Vault, given: &str) -> Result<bool> {
        let same = |expected: &str| Sha256::digest(expected).ct_eq(&Sha256::digest(given)).into();
        match self {
            Password::Variable(password) => Ok(same(password)),
            Password::Stored(hash) => hash.verify(vault, given),
            Password::Default => Ok(same(DEFAULT)),
        }
    }

    /// Binds a session to the password it was opened with: when the password changes, the proof does. It
    /// tells nothing about the password to those who lack the session's token.
    pub fn proof(&self, session_token: &str) -> String {
        let credential = match self {
            Password::Variable(password) => format!("variable {password}"),
            Password::Stored(hash) => format!("stored {}", BASE64.encode(hash.salt)),
            Password::Default => "default".to_owned(),
        };
        sha256_hex(&format!("{session_token} {credential}"))
    }
}

/// The rules for a new password; `field` is where it came from.
pub fn check_new(password: &str, field: &str) -> Result<()> {
    let chars = password.chars().count();
    if !(MIN_CHARS..=MAX_CHARS).contains(&chars) {
        let message = format!("The new password must have {MIN_CHARS} to {MAX_CHARS} characters");
        return Err(Error::invalid(field, message));
    }
    Ok(())
}

/// A password cannot be changed here while the variable rules.
pub fn ruled_by_variable() -> Error {
    let message = "The variable admin_password rules: change the password there";
    Error::new(Kind::Conflict, message)
}

/// How many rounds a hash should have: the variable `password_iterations`.
pub async fn iterations(app: &App) -> Result<u32> {
    const RANGE: std::ops::RangeInclusive<u32> = 1_000..=10_000_000;
    match app.host.variable("password_iterations").await.as_deref() {
        None | Some("") => Ok(10_000),
        Some(text) => text.parse().ok().filter(|count| RANGE.contains(count)).ok_or_else(|| {
            let (least, most) = (RANGE.start(), RANGE.end());
            Error::internal(format!("The variable password_iterations must be a number from {least} to {most}"))
        }),
    }
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
    let message = "The password was set with another encryption_key: give that one as encryption_key_previous, \
                   or set the variable admin_password";
    Error::new(Kind::Conflict, message)
}
