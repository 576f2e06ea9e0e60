//! Account tokens as operators paste them: bare, as `sso=…`, as a whole cookie line, many at once.

use std::collections::{HashMap, hash_map::Entry};

use super::identity::is_user_id;

/// Longer than any session token seen; shorter than what would break a header.
const MAX_TOKEN: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    Empty,
    /// A cookie line without a cookie named `sso`.
    NoSso,
    TooLong,
    /// A character that no cookie value holds.
    BadCharacter,
}

impl std::fmt::Display for TokenError {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            TokenError::Empty => "the token is empty",
            TokenError::NoSso => "the cookie line has no cookie named sso",
            TokenError::TooLong => "the token is longer than 4096 characters",
            TokenError::BadCharacter => "the token holds a character that no session token has",
        })
    }
}

/// An account in what was pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastedAccount {
    /// The bare session token.
    pub token: String,
    /// The owner's id, from the cookie `x-userid` beside the token; empty when there is none.
    pub user_id: String,
}

/// Returns the bare session token in what was pasted.
pub fn normalise_token(pasted: &str) -> Result<String, TokenError> {
    read_account(pasted).map(|account| account.token)
}

/// Reads one account: a bare token, or a cookie line.
pub fn read_account(pasted: &str) -> Result<PastedAccount, TokenError> {
    let clean: String = pasted.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0' | '\u{feff}')).collect();
    let quotes = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '[' | ']');
    let clean = clean.trim_matches(quotes);
    let line = match clean.get(..7) {
        Some(name) if name.eq_ignore_ascii_case("cookie:") => clean[7..].trim(),
        _ => clean,
    };
    let (token, user_id) = match is_cookie_line(line) {
        true => {
            let token = cookie(line, "sso").or_else(|| cookie(line, "sso-rw")).ok_or(TokenError::NoSso)?;
            (token, cookie(line, "x-userid").unwrap_or_default().trim_matches(quotes))
        }
        false => (line.trim_end_matches(';'), ""),
    };
    let token = token.trim_matches(quotes);
    let user_id = if is_user_id(user_id) { user_id } else { "" };
    match token {
        "" => Err(TokenError::Empty),
        _ if token.len() > MAX_TOKEN => Err(TokenError::TooLong),
        _ if !token.bytes().all(is_cookie_byte) => Err(TokenError::BadCharacter),
        _ => Ok(PastedAccount { token: token.to_owned(), user_id: user_id.to_owned() }),
    }
}

/// Accounts in the order in which they came, each token once.
#[derive(Default)]
pub struct AccountList {
    pub accounts: Vec<PastedAccount>,
    places: HashMap<String, usize>,
}

impl AccountList {
    /// Adds an account and returns whether its token is new. A repeated one may bring the user id that was missing.
    pub fn add(&mut self, account: PastedAccount) -> bool {
        match self.places.entry(account.token.clone()) {
            Entry::Vacant(place) => {
                place.insert(self.accounts.len());
                self.accounts.push(account);
                true
            }
            Entry::Occupied(place) => {
                let known = &mut self.accounts[*place.get()];
                if known.user_id.is_empty() {
                    known.user_id = account.user_id;
                }
                false
            }
        }
    }
}

/// Returns the accounts of a pasted list, each once, and what could not be read: its place, counted from 1, and why.
pub fn split_list(pasted: &str) -> (Vec<PastedAccount>, Vec<(usize, TokenError)>) {
    let mut list = AccountList::default();
    let mut refused = Vec::new();
    let entries = pasted.split(['\n', '\r', ',']).flat_map(entries_of_line);
    for (index, entry) in entries.enumerate() {
        match read_account(entry) {
            Ok(account) => drop(list.add(account)),
            Err(error) => refused.push((index + 1, error)),
        }
    }
    (list.accounts, refused)
}

/// Bare tokens may share a line; a cookie line is one entry, blanks and all.
fn entries_of_line(line: &str) -> Vec<&str> {
    let blank = |c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}' | '"' | '[' | ']');
    let line = line.trim_matches(blank);
    if line.is_empty() {
        Vec::new()
    } else if line.contains(';') || is_cookie_line(line) {
        vec![line]
    } else {
        line.split_whitespace().collect()
    }
}

/// Whether there is a `name=value`; `=` signs at the end alone are base64's padding.
fn is_cookie_line(line: &str) -> bool {
    line.trim_end_matches(['=', ';', ' ']).contains('=') || ["sso=", "sso-rw="].contains(&line)
}

fn cookie<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let pairs = line.split(';').filter_map(|pair| pair.split_once('='));
    let found = pairs.filter(|(found, _)| found.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    found.into_iter().find(|value| !value.is_empty())
}

/// RFC 6265's cookie-octet.
fn is_cookie_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uX2lkIjoiYSJ9.c2ln-_";

    #[test]
    fn every_spelling_gives_the_bare_token() {
        let spellings = [
            JWT.to_owned(),
            format!("  {JWT}\r\n"),
            format!("sso={JWT}"),
            format!("sso={JWT};"),
            format!("SSO={JWT}; sso-rw={JWT}; cf_clearance=x"),
            format!("cf_clearance=x;sso-rw={JWT};sso={JWT}"),
            format!("sso-rw={JWT}"),
            format!("Cookie: a=b; sso={JWT}"),
            format!("\"{JWT}\","),
            format!("\u{feff}sso={JWT}\0"),
        ];
        for spelling in spellings {
            let entry = spelling.trim_end_matches(',');
            assert_eq!(normalise_token(entry).as_deref(), Ok(JWT), "{spelling:?}");
        }
        assert_eq!(normalise_token("padded==").as_deref(), Ok("padded=="));
    }

    #[test]
    fn a_cookie_line_brings_the_owners_id_if_it_is_one() {
        const ID: &str = "8f1c1e0a-9f3e-4a5f-8f7f-2b0b5a8e4f10";
        let user_id = |line: &str| read_account(line).map(|account| (account.token, account.user_id));
        let found = |id: &str| Ok(("a.b.c".to_owned(), id.to_owned()));
        assert_eq!(user_id(&format!("sso=a.b.c; x-userid={ID}")), found(ID));
        assert_eq!(user_id(&format!("Cookie: X-UserId=\"{ID}\";cf_clearance=x;sso-rw=a.b.c")), found(ID));
        assert_eq!(user_id("sso=a.b.c; x-userid=42"), found(""));
        assert_eq!(user_id("a.b.c"), found(""));
        assert_eq!(user_id(&format!("x-userid={ID}")), Err(TokenError::NoSso));
        let (accounts, _) = split_list(&format!("a.b.c\nsso=a.b.c; x-userid={ID}\nsso=a.b.c; x-userid={ID}x"));
        assert_eq!(accounts, [PastedAccount { token: "a.b.c".to_owned(), user_id: ID.to_owned() }]);
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for (pasted, error) in [
            ("", TokenError::Empty),
            (" \r\n", TokenError::Empty),
            ("sso=", TokenError::NoSso),
            ("a=b; c=d", TokenError::NoSso),
            ("to ken", TokenError::BadCharacter),
            ("тoken", TokenError::BadCharacter),
        ] {
            assert_eq!(normalise_token(pasted), Err(error), "{pasted:?}");
        }
        assert_eq!(normalise_token(&"a".repeat(4097)), Err(TokenError::TooLong));
    }

    #[test]
    fn a_list_keeps_order_and_loses_repeats() {
        let list = "a.b.c\r\nsso=d.e.f; sso-rw=d.e.f\n\n  a.b.c g.h.i\n\"j.k.l\", m=n\n";
        let (accounts, refused) = split_list(list);
        let tokens: Vec<_> = accounts.iter().map(|account| account.token.as_str()).collect();
        assert_eq!(tokens, ["a.b.c", "d.e.f", "g.h.i", "j.k.l"]);
        assert_eq!(refused, [(6, TokenError::NoSso)]);
    }
}
