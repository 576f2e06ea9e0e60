//! Digests and encryption, with no I/O but random bytes and variables of the host.
//!
//! [`digest`] has what is compared and never read again (session tokens, API keys), [`password_hash`] the operator's
//! password, and [`vault`] encrypts what must be readable again (account tokens, API keys, `cf_clearance`):
//!
//! ```ignore
//! let vault = Vault::open(&*app.host).await?;
//! let stored = vault.seal(&*app.host, "the account's token", &row_hash);
//! assert_eq!(vault.unseal(&stored, &row_hash).as_deref(), Some("the account's token"));
//! ```

pub mod digest;
pub mod password_hash;
pub mod vault;
