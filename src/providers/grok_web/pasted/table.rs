//! Tables whose first line names the columns: the gateway's own CSV, and those of spreadsheets and cookies.

use super::{
    BAD_BUDGET, BAD_NUMBER, BAD_STATE, BAD_TAGS, BAD_TYPE, Entry, Reading, State,
    cookies::{Cookie, Cookies},
};
use crate::{
    json::without_lone_surrogates,
    money::Usd,
    providers::{
        catalog::TokenType,
        grok_web::{
            pasted::one_account,
            token::{TokenError, is_jwt},
        },
    },
    spreadsheet::is_formula,
};

const TOKEN_NAMES: [&str; 5] = ["token", "sso", "sso_token", "cookie", "令牌"];
const NOTE_NAMES: [&str; 6] = ["note", "notes", "remark", "comment", "notiz", "备注"];
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// Returns whether the first line with content names columns, among them that of the tokens.
pub(super) fn has_header(content: &str) -> bool {
    let header = header_of(content);
    let names: Vec<String> = header.split(SEPARATORS).map(name_of).collect();
    let is_name = |name: &String| {
        !name.contains(['.', '@', '/', '=', '#']) && !name.contains(|c: char| c.is_ascii_digit()) && !is_jwt(name)
    };
    names.iter().all(is_name) && (token_column(&names).is_some() || is_of_cookies(&names))
}

fn header_of(content: &str) -> &str {
    content.lines().find(|line| !line.trim().is_empty() && !is_hint(line)).unwrap_or_default()
}

/// Returns whether the line is `sep=;`, a spreadsheet's hint.
fn is_hint(line: &str) -> bool {
    line.trim().get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sep="))
}

fn name_of(cell: &str) -> String {
    cell.trim().trim_matches('"').trim().to_lowercase()
}

fn token_column(names: &[String]) -> Option<usize> {
    TOKEN_NAMES.into_iter().find_map(|token| names.iter().position(|name| name == token))
}

fn is_of_cookies(names: &[String]) -> bool {
    ["domain", "name", "value"].into_iter().all(|wanted| names.iter().any(|name| name == wanted))
}

pub(super) fn read(content: &str, reading: &mut Reading, cookies: &mut Cookies) -> Result<(), String> {
    let header = header_of(content);
    let separator = SEPARATORS.into_iter().max_by_key(|c| (header.matches(*c).count(), *c == ',')).unwrap_or(',');
    let is_named = |(_, cells): &(usize, Vec<String>)| !(cells[0].trim_start().to_lowercase().starts_with("sep="));
    let mut records = records(content, separator)?.into_iter().filter(is_named);
    let names: Vec<String> =
        records.next().map(|(_, cells)| cells.iter().map(|cell| name_of(cell)).collect()).unwrap_or_default();
    if let Some(column) = token_column(&names) {
        for (line, cells) in records {
            match entry(&names, column, &cells) {
                Ok(entry) => reading.entries.push((line, entry)),
                Err(reason) => reading.refused.push((line, reason)),
            }
        }
        return Ok(());
    }
    if !is_of_cookies(&names) {
        return Err("The first line must name the columns, one of them `token`".to_owned());
    }
    for (line, cells) in records {
        let cell = |wanted: &str| {
            let at = names.iter().position(|name| name == wanted);
            at.and_then(|at| cells.get(at)).map(String::as_str).unwrap_or_default()
        };
        cookies.add(line, &Cookie { domain: cell("domain"), name: cell("name"), value: cell("value") });
    }
    Ok(())
}

fn entry(names: &[String], column: usize, cells: &[String]) -> Result<Entry, &'static str> {
    let token = unguarded(cells.get(column).map(String::as_str).unwrap_or_default());
    let mut entry = Entry::of(one_account(token).map_err(TokenError::words)?);
    for (name, cell) in names.iter().zip(cells) {
        let cell = unguarded(cell);
        let trimmed = cell.trim();
        match (name.as_str(), trimmed) {
            ("tags", _) => entry.tags = Some(tags(trimmed)?),
            (name, _) if NOTE_NAMES.contains(&name) => entry.note = Some(cell.to_owned()),
            (_, "") => {}
            ("token_type" | "type", word) => entry.token_type = Some(TokenType::named(word).ok_or(BAD_TYPE)?),
            ("state", word) => entry.state = Some(State::named(word).ok_or(BAD_STATE)?),
            ("remaining_queries", number) => entry.remaining_queries = Some(whole(number)?),
            ("quota_until", number) => entry.quota_until = Some(whole(number)?),
            ("heavy_remaining_queries", number) => entry.heavy_remaining_queries = Some(whole(number)?),
            ("heavy_quota_until", number) => entry.heavy_quota_until = Some(whole(number)?),
            ("daily_budget_usd", amount) => {
                entry.daily_budget_usd = Some(amount.parse().ok().and_then(Usd::of).ok_or(BAD_BUDGET)?);
            }
            _ => {}
        }
    }
    Ok(entry)
}

fn whole(text: &str) -> Result<i64, &'static str> {
    text.parse().map_err(|_| BAD_NUMBER)
}

/// Reads the tags in one cell, separated by commas, or as a JSON list if a tag contains a comma.
fn tags(cell: &str) -> Result<Vec<String>, &'static str> {
    if cell.starts_with('[') {
        return serde_json::from_str(&without_lone_surrogates(cell)).map_err(|_| BAD_TAGS);
    }
    Ok(cell.split([',', ';']).map(str::to_owned).collect())
}

/// Returns the records of cells (RFC 4180), each with the line where it begins. Empty ones are left out. Fails if
/// quotes are never closed.
fn records(content: &str, separator: char) -> Result<Vec<(usize, Vec<String>)>, String> {
    let mut records = Vec::new();
    let (mut cells, mut cell) = (Vec::new(), String::new());
    let (mut line, mut begun_in, mut quoted) = (1, 1, false);
    let mut chars = content.chars().chain(['\n']).peekable();
    while let Some(c) = chars.next() {
        line += usize::from(c == '\n');
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' if quoted => quoted = false,
            _ if quoted => cell.push(c),
            '"' if cell.trim().is_empty() => {
                quoted = true;
                cell.clear();
            }
            '\n' => {
                cells.push(std::mem::take(&mut cell).trim_end_matches('\r').to_owned());
                let record = std::mem::take(&mut cells);
                if record.iter().any(|cell| !cell.is_empty()) {
                    records.push((begun_in, record));
                }
                begun_in = line;
            }
            _ if c == separator => cells.push(std::mem::take(&mut cell)),
            _ => cell.push(c),
        }
    }
    if quoted { Err(format!("The quotes that open in line {begun_in} are never closed")) } else { Ok(records) }
}

/// Returns the cell without the apostrophe that keeps a spreadsheet from evaluating it.
fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_formula(rest.trim_start_matches('\''))).unwrap_or(cell)
}
