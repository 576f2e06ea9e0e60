//! The operator's password: which one is active, and how a given one is compared with it.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    app::App,
    crypto::{digest::sha256_hex, password_hash::PasswordHash, vault::Vault},
    error::{Error, ErrorKind, Result},
    variables::{self, table::ADMIN_PASSWORD},
};

/// The first-run password. It only allows choosing another one.
const DEFAULT: &str = "admin";

/// The active password of the console.
pub enum Password {
    /// The value of the variable `admin_password`, which takes precedence over a stored hash.
    Variable(String),
    Stored(PasswordHash),
    Default,
}

impl Password {
    /// Returns the active password: that of the variable `admin_password`, else `stored`, else the first-run password.
    /// A variable with the first-run password is ignored. Fails with 500 if the stored hash is damaged.
    pub async fn current(app: &App, stored: Option<&str>) -> Result<Self> {
        match (variables::secret(&*app.host, &ADMIN_PASSWORD).await, stored) {
            (Some(password), _) if password != DEFAULT => Ok(Password::Variable(password)),
            (_, Some(text)) => PasswordHash::parse(text).map(Password::Stored).ok_or_else(|| {
                Error::internal("The stored password hash is damaged: set the variable admin_password to sign in")
            }),
            (_, None) => Ok(Password::Default),
        }
    }

    /// Returns whether the first-run password is still active.
    pub fn is_default(&self) -> bool {
        matches!(self, Password::Default)
    }

    /// Returns whether the variable `admin_password` sets the password.
    pub fn is_variable(&self) -> bool {
        matches!(self, Password::Variable(_))
    }

    /// Returns whether `given` is the password, compared in constant time. Fails with 409 if the encryption key that
    /// the stored hash needs is missing.
    pub fn verify(&self, vault: &Vault, given: &str) -> Result<bool> {
        let same = |expected: &str| Sha256::digest(expected).ct_eq(&Sha256::digest(given)).into();
        match self {
            Password::Variable(password) => Ok(same(password)),
            Password::Stored(hash) => hash.verify(vault, given),
            Password::Default => Ok(same(DEFAULT)),
        }
    }

    /// Returns a hash that binds a session to this password: a new password invalidates the proofs of all sessions.
    /// Without the session's token, the proof reveals nothing about the password.
    pub fn proof(&self, session_token: &str) -> String {
        let credential = match self {
            Password::Variable(password) => format!("variable {password}"),
            Password::Stored(hash) => format!("stored {}", BASE64.encode(hash.salt())),
            Password::Default => "default".to_owned(),
        };
        sha256_hex(&format!("{session_token} {credential}"))
    }
}

/// Returns the error with status 409 for a change of a password that the variable `admin_password` sets.
pub fn set_by_variable() -> Error {
    let message = "The password is set by the variable admin_password: change it there";
    Error::new(ErrorKind::Conflict, message)
}
