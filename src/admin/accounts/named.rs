//! The accounts that a request names: by id, or by the token itself.

use serde::Deserialize;

use crate::{
    crypto::digest::sha256_hex,
    providers::grok_web::pasted::normalise_token,
    store::accounts::{Named, TokenType},
};

/// One account of a request: its id, or its whole token in any spelling.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "name an account by its id (a whole number) or its token (a string)")]
pub enum TokenName {
    Id(i64),
    Full(String),
}

/// Returns the accounts' ids and hashes, by which the store finds them. Drops a text that is not a token.
pub fn named(names: impl IntoIterator<Item = TokenName>, token_type: Option<TokenType>) -> Named {
    let mut named = Named { token_type, ..Named::default() };
    for name in names {
        match name {
            TokenName::Id(id) => named.ids.push(id),
            TokenName::Full(text) => named.hashes.extend(normalise_token(&text).ok().map(|full| sha256_hex(&full))),
        }
    }
    named
}
