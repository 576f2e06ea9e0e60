//! Entries of account files: checks what [`pasted`](crate::providers::grok_web::pasted) reads, and writes them as
//! tables.

use super::{clean_note, clean_tags};
use crate::{
    admin::csv::Table,
    providers::{
        catalog::QuotaBucket,
        grok_web::pasted::{self, Entry, NOT_A_KEY, Reading, State},
    },
    spreadsheet::is_formula,
    store::accounts::{Quota, TokenType, reading::BucketQuota},
};

pub use pasted::FileFormat;

/// Reads a text of any form. `token_type` is the type of entries that name none. Entries whose tags, note or numbers exceed the
/// limits, or whose tokens are not of their type, are refused one by one. Fails with the reason if the text as a whole cannot be
/// read.
pub fn read(content: &str, format: Option<FileFormat>, token_type: Option<TokenType>) -> Result<Reading, String> {
    let mut reading = pasted::read(content, format)?;
    for (line, entry) in std::mem::take(&mut reading.entries) {
        match checked(entry, token_type) {
            Ok(entry) => reading.entries.push((line, entry)),
            Err(reason) => reading.refused.push((line, reason)),
        }
    }
    reading.refused.sort_by_key(|(line, _)| *line);
    Ok(reading)
}

fn checked(mut entry: Entry, token_type: Option<TokenType>) -> Result<Entry, &'static str> {
    if entry.token_type.is_none() && token_type == Some(TokenType::Xai) {
        return Err(NOT_A_KEY);
    }
    if let Some(tags) = &entry.tags {
        entry.tags = Some(clean_tags(tags).ok_or("too many tags, or too long ones")?);
    }
    if let Some(note) = &entry.note {
        entry.note = Some(clean_note(note).ok_or("the note is too long")?.to_owned());
    }
    let numbers = [entry.remaining_queries, entry.quota_until, entry.heavy_remaining_queries, entry.heavy_quota_until];
    if numbers.into_iter().flatten().any(|number| !(-1..1 << 53).contains(&number)) {
        return Err("a number is out of range");
    }
    Ok(entry)
}

/// Returns the quotas of an entry whose windows have not ended: those of the modes fast and heavy.
pub fn quotas(entry: &Entry, now: i64) -> Vec<BucketQuota> {
    let fast = (QuotaBucket::Fast, entry.remaining_queries, entry.quota_until);
    let heavy = (QuotaBucket::Heavy, entry.heavy_remaining_queries, entry.heavy_quota_until);
    let quota = |(bucket, remaining, until): (_, Option<i64>, _)| {
        let quota = Quota { remaining: remaining.filter(|left| *left >= 0), until, ..Quota::default() };
        quota.known_at(now).map(|_| BucketQuota { bucket, quota })
    };
    [fast, heavy].into_iter().filter_map(quota).collect()
}

/// Returns the text with an apostrophe in front if it already looks guarded, so that reading restores it.
fn guarded(text: &str) -> String {
    let looks_guarded = text.starts_with('\'') && is_formula(text.trim_start_matches('\''));
    format!("{}{text}", if looks_guarded { "'" } else { "" })
}

impl Table for Entry {
    const COLUMNS: &'static str = "token,token_type,state,tags,note,remaining_queries,quota_until,\
        heavy_remaining_queries,heavy_quota_until";

    fn cells(&self) -> Vec<String> {
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let tags = self.tags.as_deref().unwrap_or_default();
        let is_plain = |tag: &String| !tag.contains([',', ';']) && !tag.starts_with(['[', '\'']);
        let tags = match tags.iter().all(is_plain) {
            true => tags.join(", "),
            false => serde_json::to_string(tags).expect("texts always have a JSON form"),
        };
        vec![
            guarded(&self.token),
            self.token_type.map(TokenType::as_str).unwrap_or_default().to_owned(),
            self.state.map(State::as_str).unwrap_or_default().to_owned(),
            tags,
            guarded(self.note.as_deref().unwrap_or_default()),
            number(self.remaining_queries),
            number(self.quota_until),
            number(self.heavy_remaining_queries),
            number(self.heavy_quota_until),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::csv::Format;

    fn full(token: &str, tags: &[&str], note: &str) -> Entry {
        Entry {
            token: token.to_owned(),
            token_type: Some(TokenType::Super),
            state: Some(State::Disabled),
            tags: Some(tags.iter().map(|tag| (*tag).to_owned()).collect()),
            note: Some(note.to_owned()),
            remaining_queries: Some(0),
            quota_until: Some(1_769_673_600_000),
            ..Entry::default()
        }
    }

    #[test]
    fn written_files_are_read_back() {
        let all = [
            full("a.b.c-of-twenty-characters", &["prod", "two words"], "a, \"b\"\r\nand c; d"),
            full("-leading-dash-of-a-token", &["a,b", "c;d"], "=1+1"),
            full("quoted-of-twenty-characters", &["[x]"], "'=1+1"),
            full("x-of-twenty-characters", &["'@y"], "''=1+1"),
            full("y-of-twenty-characters", &["=z"], "-5"),
            full("z-of-twenty-characters", &[], ""),
        ];
        for format in [Format::Csv, Format::Json] {
            let file = format.page(&all[..2], true, false) + &format.page(&all[2..], false, true);
            let reading = read(&file, None, None).expect("it can be read");
            assert_eq!(reading.entries.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>(), all);
            assert_eq!(reading.refused, []);
        }
    }

    #[test]
    fn lines_are_numbered_as_an_editor_shows_them() {
        let token = |name: &str| format!("a-token-of-the-tests.{name}");
        let (a, b, c) = (token("a"), token("b"), token("c"));
        let csv = format!("Token;note;extra\n\"{a}\";\"two\nlines\";1\n\n{b};x;2\nto ken;y\n;z\n{c}\n");
        let reading = read(&csv, None, None).expect("it is a table");
        assert_eq!(reading.entries.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 5, 8]);
        assert_eq!(reading.refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [6, 7]);
    }

    #[test]
    fn fields_of_an_entry_are_checked() {
        let columns = "token,token_type,state,remaining_queries,tags,note";
        for (cells, reason) in [
            ("gold,,,,", "token_type is sso (Basic), ssoSuper (Super), ssoHeavy (Heavy) or xai (a key of xAI's API)"),
            ("sso,tired,,,", "state is active, disabled or expired"),
            ("sso,,many,,", "a quota or its end is not a whole number"),
            ("sso,,,[x,", "tags is not a list of texts"),
            ("sso,,-2,,", "a number is out of range"),
        ] {
            let content = format!("{columns}\na-token-of-the-tests.a,{cells}");
            assert_eq!(read(&content, None, None).expect("it is a table").refused, [(2, reason)], "{cells}");
        }
        let long = format!("{columns}\na-token-of-the-tests.a,,,,,{}", "n".repeat(2_001));
        assert_eq!(read(&long, None, None).expect("it is a table").refused, [(2, "the note is too long")]);
    }
}
