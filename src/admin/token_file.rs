//! Tokens in files, as they are exported and imported: a plain list, CSV, JSON.
//!
//! Pure. Every line that cannot be taken is told with its number; in JSON the number is that of the entry.

use serde::{Deserialize, Serialize};

use super::{
    export::{Table, is_formula},
    tokens::{clean_note, clean_tags},
};
use crate::{
    providers::grok_web::token::{PastedAccount, read_account, split_list},
    store::tokens::{Quota, TokenType},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    Text,
    Csv,
    Json,
}

impl FileFormat {
    /// What a file looks like.
    pub fn of(content: &str) -> Self {
        let content = content.trim_start_matches('\u{feff}').trim_start();
        let header = content.lines().next().unwrap_or_default().to_lowercase();
        match content.chars().next() {
            Some('[' | '{') => FileFormat::Json,
            _ if header.split([',', ';', '\t']).any(|name| name.trim().trim_matches('"') == "token") => FileFormat::Csv,
            _ => FileFormat::Text,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Active,
    Disabled,
    Expired,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::Active => "active",
            State::Disabled => "disabled",
            State::Expired => "expired",
        }
    }
}

/// A token with what the file says of it; `None` is not said.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub token: String,
    pub token_type: Option<TokenType>,
    pub state: Option<State>,
    pub tags: Option<Vec<String>>,
    pub note: Option<String>,
    pub remaining_queries: Option<i64>,
    pub quota_until: Option<i64>,
    pub heavy_remaining_queries: Option<i64>,
    pub heavy_quota_until: Option<i64>,
    /// The owner's id, when the token is a cookie line that has it; empty otherwise. No field of a file.
    #[serde(skip)]
    pub user_id: String,
}

/// An entry, or why it is none, with the number of its line.
pub type Line = (usize, Result<Entry, String>);

/// Reads a file; the error is one of the file as a whole.
pub fn read(content: &str, format: FileFormat) -> Result<Vec<Line>, String> {
    let content = content.trim_start_matches('\u{feff}');
    let lines = match format {
        FileFormat::Text => text(content),
        FileFormat::Csv => csv(content)?,
        FileFormat::Json => json(content)?,
    };
    Ok(lines.into_iter().map(|(line, entry)| (line, entry.and_then(Entry::checked))).collect())
}

impl Entry {
    fn checked(mut self) -> Result<Self, String> {
        let account = read_account(&self.token).map_err(|error| error.to_string())?;
        self.token = account.token;
        if self.user_id.is_empty() {
            self.user_id = account.user_id;
        }
        if let Some(tags) = &self.tags {
            self.tags = Some(clean_tags(tags).ok_or("too many tags, or too long ones")?);
        }
        if let Some(note) = &self.note {
            self.note = Some(clean_note(note).ok_or("the note is too long")?.to_owned());
        }
        let numbers = [self.remaining_queries, self.quota_until, self.heavy_remaining_queries, self.heavy_quota_until];
        if numbers.into_iter().flatten().any(|number| !(-1..1 << 53).contains(&number)) {
            return Err("a number is out of range".to_owned());
        }
        Ok(self)
    }

    /// The quotas whose windows have not ended.
    pub fn quotas(&self, now: i64) -> [Quota; 2] {
        let quota = |remaining: Option<i64>, until| {
            let quota = Quota { remaining: remaining.filter(|left| *left >= 0), until };
            quota.known_at(now).map_or(Quota::default(), |_| quota)
        };
        [quota(self.remaining_queries, self.quota_until), quota(self.heavy_remaining_queries, self.heavy_quota_until)]
    }
}

fn text(content: &str) -> Vec<Line> {
    let of_line = |(index, line): (usize, &str)| {
        let (accounts, refused) = split_list(line);
        let entry =
            |account: PastedAccount| Entry { token: account.token, user_id: account.user_id, ..Entry::default() };
        let refused = refused.into_iter().map(|(_, error)| Err(error.to_string()));
        accounts
            .into_iter()
            .map(|account| Ok(entry(account)))
            .chain(refused)
            .map(move |entry| (index + 1, entry))
            .collect::<Vec<_>>()
    };
    content.split('\n').enumerate().flat_map(of_line).collect()
}

fn json(content: &str) -> Result<Vec<Line>, String> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Item {
        Bare(String),
        Entry(Box<Entry>),
        Other(serde::de::IgnoredAny),
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Lists {
        tokens: Vec<Item>,
        sso: Vec<Item>,
        #[serde(rename = "ssoSuper")]
        supers: Vec<Item>,
    }
    let error = |error: serde_json::Error| format!("This is no JSON list of tokens: {error}");
    let lists = if content.trim_start().starts_with('[') {
        Lists { tokens: serde_json::from_str(content).map_err(error)?, ..Lists::default() }
    } else {
        serde_json::from_str(content).map_err(error)?
    };
    let of_type = |items: Vec<Item>, token_type: Option<TokenType>| {
        items.into_iter().map(move |item| match item {
            Item::Bare(token) => Ok(Entry { token, token_type, ..Entry::default() }),
            Item::Entry(entry) => Ok(Entry { token_type: entry.token_type.or(token_type), ..*entry }),
            Item::Other(_) => Err("neither a text nor an object with `token` and fields of the right types".to_owned()),
        })
    };
    let entries = of_type(lists.tokens, None)
        .chain(of_type(lists.sso, Some(TokenType::Basic)))
        .chain(of_type(lists.supers, Some(TokenType::Super)));
    Ok(entries.enumerate().map(|(index, entry)| (index + 1, entry)).collect())
}

fn csv(content: &str) -> Result<Vec<Line>, String> {
    let header = content.lines().next().unwrap_or_default();
    let separator = [',', ';', '\t'].into_iter().max_by_key(|c| (header.matches(*c).count(), *c == ',')).unwrap_or(',');
    let mut records = records(content, separator)?.into_iter();
    let names: Vec<String> = records
        .next()
        .map(|(_, cells)| cells.iter().map(|cell| cell.trim().to_lowercase()).collect())
        .unwrap_or_default();
    if !names.iter().any(|name| name == "token") {
        return Err("The first line has to name the columns, and one of them `token`".to_owned());
    }
    Ok(records.map(|(line, cells)| (line, entry(&names, &cells))).collect())
}

fn entry(names: &[String], cells: &[String]) -> Result<Entry, String> {
    let mut entry = Entry::default();
    for (name, cell) in names.iter().zip(cells) {
        let cell = unguarded(cell);
        let trimmed = cell.trim();
        match (name.as_str(), trimmed) {
            ("token", _) => entry.token = cell.to_owned(),
            ("tags", _) => entry.tags = Some(tags(trimmed)?),
            ("note", _) => entry.note = Some(cell.to_owned()),
            (_, "") => {}
            ("token_type", word) => entry.token_type = Some(parsed(name, word)?),
            ("state", word) => entry.state = Some(parsed(name, word)?),
            ("remaining_queries", number) => entry.remaining_queries = Some(whole(name, number)?),
            ("quota_until", number) => entry.quota_until = Some(whole(name, number)?),
            ("heavy_remaining_queries", number) => entry.heavy_remaining_queries = Some(whole(name, number)?),
            ("heavy_quota_until", number) => entry.heavy_quota_until = Some(whole(name, number)?),
            _ => {}
        }
    }
    Ok(entry)
}

fn parsed<'a, T: Deserialize<'a>>(name: &str, word: &'a str) -> Result<T, String> {
    let word = serde::de::value::BorrowedStrDeserializer::<serde::de::value::Error>::new(word);
    T::deserialize(word).map_err(|error| format!("{name}: {error}"))
}

fn whole(name: &str, text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("{name} is no whole number"))
}

/// Tags in one cell: commas between them, or a JSON list where a tag holds one.
fn tags(cell: &str) -> Result<Vec<String>, String> {
    if cell.starts_with('[') {
        return serde_json::from_str(cell).map_err(|_| "tags: this is no JSON list of texts".to_owned());
    }
    Ok(cell.split([',', ';']).map(str::to_owned).collect())
}

/// Records of cells after RFC 4180, each with the line it begins in; empty ones are left out.
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

/// Without the apostrophe that keeps a spreadsheet from running the text.
fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_formula(rest.trim_start_matches('\''))).unwrap_or(cell)
}

/// A text that looks like a guarded one gets a guard of its own.
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
    use crate::admin::export::Format;

    fn entries(content: &str, format: FileFormat) -> Vec<Line> {
        read(content, format).expect("the file can be read")
    }

    fn full(token: &str, tags: &[&str], note: &str) -> Entry {
        Entry {
            token: token.to_owned(),
            token_type: Some(TokenType::Super),
            state: Some(State::Disabled),
            tags: Some(tags.iter().map(|tag| (*tag).to_owned()).collect()),
            note: Some(note.to_owned()),
            remaining_queries: Some(0),
            quota_until: Some(1_769_673_600_000),
            heavy_remaining_queries: None,
            heavy_quota_until: None,
            user_id: String::new(),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let all = [
            full("a.b.c", &["prod", "two words"], "a, \"b\"\r\nand c; d"),
            full("-leading-dash", &["a,b", "c;d"], "=1+1"),
            full("quoted", &["[x]"], "'=1+1"),
            full("x", &["'@y"], "''=1+1"),
            full("y", &["=z"], "-5"),
            full("z", &[], ""),
        ];
        for format in [Format::Csv, Format::Json] {
            let file = format.page(&all[..2], true, false) + &format.page(&all[2..], false, true);
            let kind = if format == Format::Csv { FileFormat::Csv } else { FileFormat::Json };
            assert_eq!(FileFormat::of(&file), kind);
            let read: Vec<Entry> =
                entries(&file, kind).into_iter().map(|(_, entry)| entry.expect("it is good")).collect();
            assert_eq!(read, all);
        }
    }

    #[test]
    fn lines_are_numbered_as_an_editor_shows_them() {
        let csv = "Token;note;extra\n\"a\";\"two\nlines\";1\n\nb;x;2\nto ken;y\n;z\nc\n";
        let found = entries(csv, FileFormat::of(csv));
        let lines: Vec<(usize, bool)> = found.iter().map(|(line, entry)| (*line, entry.is_ok())).collect();
        assert_eq!(lines, [(2, true), (5, true), (6, false), (7, false), (8, true)]);
        let text = "a.b.c\r\n\nx=y\nsso=d; sso-rw=d\n";
        let found = entries(text, FileFormat::of(text));
        let lines: Vec<(usize, bool)> = found.iter().map(|(line, entry)| (*line, entry.is_ok())).collect();
        assert_eq!(lines, [(1, true), (3, false), (4, true)]);
        let json = r#"{"sso":["a",5,{"token":"b","tags":"x"}],"ssoSuper":[{"token":"c","note":"n","unknown":[]}]}"#;
        let found = entries(json, FileFormat::of(json));
        let lines: Vec<(usize, bool)> = found.iter().map(|(line, entry)| (*line, entry.is_ok())).collect();
        assert_eq!(lines, [(1, true), (2, false), (3, false), (4, true)]);
        assert_eq!(found[3].1.as_ref().map(|entry| entry.token_type), Ok(Some(TokenType::Super)));
    }

    #[test]
    fn a_file_that_is_broken_says_where() {
        for (content, format) in [
            ("token\n\"a", FileFormat::Csv),
            ("a,b\n", FileFormat::Csv),
            ("[1", FileFormat::Json),
            ("{\"tokens\":5}", FileFormat::Json),
        ] {
            assert!(read(content, format).is_err(), "{content}");
        }
        let wrong = "token,token_type,state,remaining_queries,tags\na,gold,,,\nb,sso,tired,,\nc,sso,,many,\nd,sso,,,[x\ne,sso,,-2,";
        assert!(entries(wrong, FileFormat::Csv).iter().all(|(_, entry)| entry.is_err()));
    }
}
