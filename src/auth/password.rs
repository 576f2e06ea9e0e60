//! The operator's password: its stored hash, the rules for a new one, and which one is in force.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    app::App,
    crypto::{digest::sha256_hex, password_hash::PasswordHash, vault::Vault},
    error::{Error, ErrorKind, Result},
    variables::{self, table::ADMIN_PASSWORD},
};

/// The first-run password, good for nothing but choosing another one.
const DEFAULT: &str = "admin";
/// What a password is compared with.
pub enum Password {
    /// The variable `admin_password` rules over whatever is stored.
    Variable(String),
    Stored(PasswordHash),
    Default,
}

impl Password {
    /// The one in force, given the stored hash. The default in the variable counts as no password at all.
    pub async fn in_force(app: &App, stored: Option<&str>) -> Result<Self> {
        match (variables::secret(&*app.host, &ADMIN_PASSWORD).await, stored) {
            (Some(password), _) if password != DEFAULT => Ok(Password::Variable(password)),
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
            Password::Stored(hash) => format!("stored {}", BASE64.encode(hash.salt())),
            Password::Default => "default".to_owned(),
        };
        sha256_hex(&format!("{session_token} {credential}"))
    }
}

/// A password cannot be changed here while the variable rules.
pub fn ruled_by_variable() -> Error {
    let message = "The variable admin_password rules: change the password there";
    Error::new(ErrorKind::Conflict, message)
}
