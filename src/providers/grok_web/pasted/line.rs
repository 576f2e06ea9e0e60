//! Lines: bare tokens, cookie lines, ledgers, rows of cookie files and developer tools, commands for curl.

use std::{borrow::Cow, collections::HashSet};

use super::{
    Reading,
    cookies::{Cookie, Cookies, is_grok},
};
use crate::providers::{
    grok_web::{
        identity::is_user_id,
        token::{PastedAccount, RULE, TokenError, check, is_jwt},
    },
    xai::key::is_key,
};

pub(super) fn read(content: &str, reading: &mut Reading, cookies: &mut Cookies) {
    let mut lines = content.split('\n').enumerate();
    while let Some((index, line)) = lines.next() {
        let number = index + 1;
        let line = plain(line);
        let text = line.trim();
        if is_command(text) {
            let mut command = text.to_owned();
            while command.ends_with(['\\', '^', '`'])
                && let Some((_, next)) = lines.next()
            {
                command.pop();
                command.push_str(plain(next).trim());
            }
            reading.accounts(number, of_command(&command), |entry| entry);
        } else if let Some(cookie) = netscape_row(text).or_else(|| developer_row(text)) {
            cookies.add(number, &cookie);
        } else if !is_comment(text) && !is_header_row(text) && !bare(text).is_empty() {
            reading.accounts(number, accounts(text), |entry| entry);
        }
    }
}

/// Returns the accounts in a text on its own, each token once.
pub(in super::super) fn accounts(text: &str) -> Result<Vec<PastedAccount>, TokenError> {
    let line = plain(text);
    let text = line.trim();
    if is_comment(text) {
        return Err(TokenError::Empty);
    }
    let found = accounts_of(bare(without_comment(text)));
    // A password may look like the start of a comment.
    let is_ledger = || text.contains('@') || text.contains(RULE);
    if found.is_err() && is_ledger() { accounts_of(bare(text)).or(found) } else { found }
}

fn accounts_of(text: &str) -> Result<Vec<PastedAccount>, TokenError> {
    match check(text) {
        Ok(()) | Err(TokenError::ApiKey) => {
            return Ok(vec![PastedAccount { token: text.to_owned(), user_id: String::new() }]);
        }
        Err(error @ (TokenError::Empty | TokenError::TooLong)) => return Err(error),
        Err(_) => {}
    }
    let ledger = ledger_cells(text);
    let labelled = of_labels(&ledger);
    let cells: Vec<&str> =
        ledger.iter().flat_map(|cell| cell.split(parts_cells)).filter(|cell| !cell.is_empty()).collect();
    let tokens = cells.iter().filter(|cell| is_jwt(cell)).map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    let keys = keys(&cells);
    match labelled {
        // If a ledger's token is a JWT, a cell that merely looks like a label is a password.
        Some(Ok(accounts)) if !tokens.is_empty() && !accounts.iter().any(|account| is_jwt(&account.token)) => {}
        Some(found) => return found,
        None => {}
    }
    match cells[..] {
        _ if !tokens.is_empty() => Ok(each_once(tokens, "")),
        _ if !keys.is_empty() => Ok(each_once(keys, "")),
        _ if text.trim_end_matches(['=', ';', ' ']).contains('=') => Err(TokenError::NoSso),
        [cell] if cell == text => Err(check(cell).err().unwrap_or(TokenError::NoToken)),
        _ => Err(TokenError::NoToken),
    }
}

/// Returns the keys of xAI's API among cells, which may be the value of a name, as in `XAI_API_KEY=xai-…`.
fn keys(cells: &[&str]) -> Vec<String> {
    let values = cells.iter().filter_map(|cell| cell.rsplit('=').next());
    values.filter(|value| is_key(value)).map(str::to_owned).collect()
}

/// Returns the values after `sso=`, or else after `sso-rw=`; `None` if there is neither.
fn of_labels(cells: &[&str]) -> Option<Result<Vec<PastedAccount>, TokenError>> {
    let labelled = |name: &str| cells.iter().flat_map(|cell| values_of(cell, name)).collect::<Vec<_>>();
    let (sso, sso_rw) = (labelled("sso"), labelled("sso-rw"));
    let first_error = sso.iter().chain(&sso_rw).map(|value| check(value).err()).next()?;
    let good = |values: &[&str]| {
        values.iter().filter(|value| check(value).is_ok()).map(|value| (*value).to_owned()).collect::<Vec<_>>()
    };
    let tokens = Some(good(&sso)).filter(|tokens| !tokens.is_empty()).unwrap_or_else(|| good(&sso_rw));
    if tokens.is_empty() {
        let error = first_error.filter(|error| *error != TokenError::Empty).unwrap_or(TokenError::NoSso);
        return Some(Err(error));
    }
    let user_id = labelled("x-userid").into_iter().find(|id| is_user_id(id)).unwrap_or_default();
    Some(Ok(each_once(tokens, user_id)))
}

/// Returns each token once. A user id belongs only to a single token.
fn each_once(tokens: Vec<String>, user_id: &str) -> Vec<PastedAccount> {
    let mut seen = HashSet::new();
    let mut accounts: Vec<PastedAccount> = tokens
        .into_iter()
        .filter(|token| seen.insert(token.clone()))
        .map(|token| PastedAccount { token, user_id: String::new() })
        .collect();
    if let [account] = &mut accounts[..] {
        account.user_id = user_id.to_owned();
    }
    accounts
}

/// Returns the values of `name=value` in a text, ignoring the case of the name.
fn values_of<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let lower = text.to_ascii_lowercase();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_end =
        |c: char| c.is_whitespace() || matches!(c, ';' | ',' | '"' | '\'' | '`' | '|' | ':' | '\\' | '&' | '^');
    let is_open = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | '^');
    let begin = |at: usize| {
        let rest = text[at + name.len()..].trim_start().strip_prefix('=')?;
        (!text[..at].ends_with(is_name)).then_some(())?;
        let rest =
            if rest.starts_with(char::is_whitespace) { rest.trim_start() } else { rest.trim_start_matches(is_open) };
        Some(text.len() - rest.len())
    };
    // Backwards, so that text in which no value ends is searched only once for all names before it.
    let (mut seen, mut end, mut values) = (text.len(), text.len(), Vec::new());
    for from in lower.rmatch_indices(name).filter_map(|(at, _)| begin(at)) {
        end = text[from..seen.max(from)].find(is_end).map_or(end.max(from), |length| from + length);
        seen = from;
        values.push(text[from..end].trim_end_matches([')', ']', '}', '>']));
    }
    values.reverse();
    values
}

/// Returns the columns between [`RULE`]s. The shortest run of dashes in the text separates columns; in a longer run
/// the first dashes belong to the column.
fn ledger_cells(text: &str) -> Vec<&str> {
    let runs = text.split(|c| c != '-').map(str::len).filter(|length| *length >= RULE.len());
    let Some(width) = runs.min() else { return vec![text] };
    let (mut cells, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(&"-".repeat(width)) {
        let run = rest[at..].len() - rest[at..].trim_start_matches('-').len();
        cells.push(&rest[..at + run - width]);
        rest = &rest[at + run..];
    }
    cells.push(rest);
    cells
}

fn parts_cells(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | '|' | ',' | ';') || is_wrapping(c)
}

fn is_wrapping(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '[' | ']' | '(' | ')' | '{' | '}' | '<' | '>')
}

/// Returns the text without the quotes, brackets and commas of a list around it, and without the name of a header.
fn bare(text: &str) -> &str {
    let around = |c: char| c.is_whitespace() || matches!(c, ',' | ';') || is_wrapping(c);
    let text = text.trim_matches(around);
    let header = ["cookie:", "set-cookie:"]
        .into_iter()
        .find(|name| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)));
    text[header.map_or(0, str::len)..].trim_matches(around)
}

pub(super) fn is_comment(text: &str) -> bool {
    text.starts_with('#') || text.starts_with("//")
}

fn without_comment(text: &str) -> &str {
    let begins = |(at, _): &(usize, &str)| text[..*at].ends_with(char::is_whitespace);
    let starts = ["#", "//"].into_iter().filter_map(|mark| text.match_indices(mark).find(begins));
    starts.map(|(at, _)| at).min().map_or(text, |at| text[..at].trim_end())
}

/// Reads a row of a Netscape cookie file: domain, whether its subdomains count, path, secure, end, name, value.
fn netscape_row(text: &str) -> Option<Cookie<'_>> {
    let row = text.strip_prefix("#HttpOnly_").unwrap_or(text);
    let cells: Vec<&str> =
        if row.contains('\t') { row.split('\t').collect() } else { row.split_whitespace().collect() };
    let is_flag = |cell: &str| cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("false");
    match cells[..] {
        [domain, all, path, secure, _, name, ref value @ ..]
            if is_flag(all) && is_flag(secure) && path.starts_with('/') =>
        {
            Some(Cookie { domain, name, value: value.first().unwrap_or(&"") })
        }
        _ => None,
    }
}

/// Reads a row of a browser's developer tools: name, value, domain, path, and more.
fn developer_row(text: &str) -> Option<Cookie<'_>> {
    let cells: Vec<&str> =
        if text.contains('\t') { text.split('\t').collect() } else { text.split_whitespace().collect() };
    match cells[..] {
        [name, value, domain, path, ..] if is_domain(domain) && path.starts_with('/') => {
            Some(Cookie { domain, name, value })
        }
        _ => None,
    }
}

fn is_domain(cell: &str) -> bool {
    cell.contains('.') && cell.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
}

/// Returns whether the text is the header of such rows.
fn is_header_row(text: &str) -> bool {
    let mut names = text.split('\t').map(str::trim);
    names.next() == Some("Name") && names.next() == Some("Value")
}

fn is_command(text: &str) -> bool {
    text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("curl ") || start.eq_ignore_ascii_case("curl."))
}

fn of_command(command: &str) -> Result<Vec<PastedAccount>, TokenError> {
    let address =
        command.split(|c: char| c.is_whitespace() || is_wrapping(c) || c == '^').find(|word| word.contains("://"));
    if address.is_some_and(|address| !is_grok(address)) {
        let keys = keys(&command.split(parts_cells).collect::<Vec<_>>());
        return if keys.is_empty() { Err(TokenError::OtherSite) } else { Ok(each_once(keys, "")) };
    }
    of_labels(&[command]).unwrap_or(Err(TokenError::NoSso))
}

/// Returns a line without invisible characters, and with full-width signs replaced by their ASCII forms.
fn plain(line: &str) -> Cow<'_, str> {
    if line.bytes().all(|byte| byte.is_ascii() && byte != 0 && byte != b'\r') {
        return Cow::Borrowed(line);
    }
    let mut clean = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\0' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}' => {}
            '\r' | '\u{a0}' | '\u{3000}' => clean.push(' '),
            '\u{ff01}'..='\u{ff5e}' => clean.extend(char::from_u32(c as u32 - 0xfee0)),
            '“' | '”' | '„' | '「' | '」' | '『' | '』' => clean.push('"'),
            '‘' | '’' | '‚' => clean.push('\''),
            '、' => clean.push(','),
            '【' | '《' => clean.push('['),
            '】' | '》' => clean.push(']'),
            '—' => clean.push_str("--"),
            _ => clean.push(c),
        }
    }
    Cow::Owned(clean)
}
