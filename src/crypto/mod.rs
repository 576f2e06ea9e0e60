//! Digests and encryption. The only I/O is the host's random bytes and variables.
//!
//! [`digest`] hashes secrets that are only compared (session tokens, API keys), [`password_hash`] hashes the
//! operator's password, and [`vault`] encrypts secrets that the gateway must read again (account tokens, API keys,
//! `cf_clearance`):
//!
//! ```ignore
//! let vault = Vault::open(&*app.host).await?;
//! let stored = vault.seal(&*app.host, "the account's token", &row_hash);
//! assert_eq!(vault.unseal(&stored, &row_hash).as_deref(), Some("the account's token"));
//! ```

pub mod digest;
pub mod password_hash;
pub mod vault;
