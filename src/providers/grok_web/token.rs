//! Account tokens as operators paste them: bare, as `sso=…`, as a whole cookie line, many at once.

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

/// The bare session token in what was pasted.
pub fn normalise_token(pasted: &str) -> Result<String, TokenError> {
    let clean: String = pasted.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0' | '\u{feff}')).collect();
    let quotes = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '[' | ']');
    let clean = clean.trim_matches(quotes);
    let line = match clean.get(..7) {
        Some(name) if name.eq_ignore_ascii_case("cookie:") => clean[7..].trim(),
        _ => clean,
    };
    let token = match is_cookie_line(line) {
        true => cookie(line, "sso").or_else(|| cookie(line, "sso-rw")).ok_or(TokenError::NoSso)?,
        false => line.trim_end_matches(';'),
    };
    let token = token.trim_matches(quotes);
    match token {
        "" => Err(TokenError::Empty),
        _ if token.len() > MAX_TOKEN => Err(TokenError::TooLong),
        _ if !token.bytes().all(is_cookie_byte) => Err(TokenError::BadCharacter),
        _ => Ok(token.to_owned()),
    }
}

/// The tokens of a pasted list, each once, and what could not be read: its place, counted from 1, and why.
pub fn split_list(pasted: &str) -> (Vec<String>, Vec<(usize, TokenError)>) {
    let mut tokens: Vec<String> = Vec::new();
    let mut refused = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let entries = pasted.split(['\n', '\r', ',']).flat_map(entries_of_line);
    for (index, entry) in entries.enumerate() {
        match normalise_token(entry) {
            Ok(token) if seen.insert(token.clone()) => tokens.push(token),
            Ok(_) => {}
            Err(error) => refused.push((index + 1, error)),
        }
    }
    (tokens, refused)
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
        let (tokens, refused) = split_list(list);
        assert_eq!(tokens, ["a.b.c", "d.e.f", "g.h.i", "j.k.l"]);
        assert_eq!(refused, [(6, TokenError::NoSso)]);
    }
}
