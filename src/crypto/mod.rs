//! Digests and encryption. The only I/O is the host's random bytes and variables.
//!
//! [`digest`] hashes session tokens and API keys for look-ups, [`password_hash`] hashes the operator's password, and
//! [`vault`] encrypts what must be read again: account tokens, API keys (the console shows them), `cf_clearance`.
//!
//! ```ignore
//! let vault = Vault::open(&*app.host).await?;
//! let stored = vault.seal(&*app.host, "the account's token", &row_hash);
//! assert_eq!(vault.unseal(&stored, &row_hash).as_deref(), Some("the account's token"));
//! ```

pub mod digest;
pub mod password_hash;
pub mod vault;
