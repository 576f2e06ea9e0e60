//! JSON: lists of texts and of objects, lists and objects by account type as other gateways write them, exports of
//! cookie extensions, and JSON lines. Counts and states of other gateways are ignored; they have other names than
//! ours.

use serde_json::{Map, Value};

use super::{
    BAD_BUDGET, BAD_NUMBER, BAD_STATE, BAD_TAGS, BAD_TYPE, Entry, Reading, State,
    cookies::{Cookie, Cookies},
    line::{self, is_comment},
};
use crate::{
    json::without_lone_surrogates,
    money::Usd,
    providers::{
        catalog::TokenType,
        grok_web::{
            pasted::one_account,
            token::{PastedAccount, TokenError, is_jwt},
        },
        xai::key::is_key,
    },
};

/// The fields that may hold an object's token, most exact first.
const TOKEN_FIELDS: [&str; 9] =
    ["token", "sso", "sso_token", "ssoToken", "sso-rw", "session_token", "cookie", "cookies", "session"];
const NO_FIELD: &str = "neither a text nor an object with `token` and fields of the right types";
const NO_TOKEN: &str = "This JSON does not contain a token";
const NO_JSON: &str = "this line is not JSON";

pub(super) fn read(content: &str, reading: &mut Reading, cookies: &mut Cookies) -> Result<(), String> {
    let content = &*without_lone_surrogates(content);
    let mut walk = Walk { reading, cookies, number: 0, line: None };
    match serde_json::from_str::<Value>(content) {
        Ok(document) => walk.document(&document),
        Err(_) if has_lines(content) => {
            walk.lines(content);
            Ok(())
        }
        Err(_) => match serde_json::from_str::<Value>(&strict(content)) {
            Ok(document) => walk.document(&document),
            // The error names the position and repeats nothing of the text.
            Err(error) => Err(format!("This is not a JSON list of tokens: {error}")),
        },
    }
}

/// Returns whether the first of several lines is a document of its own.
fn has_lines(content: &str) -> bool {
    let mut lines = content.lines().filter(says_something);
    lines.next().is_some_and(|line| of_line(line).is_ok()) && lines.next().is_some()
}

fn says_something(line: &&str) -> bool {
    let line = line.trim();
    !line.is_empty() && !is_comment(line)
}

fn of_line(line: &str) -> serde_json::Result<Value> {
    serde_json::from_str(line.trim().trim_end_matches(','))
}

/// Returns handwritten JSON without comments, and without a comma after a last entry.
fn strict(content: &str) -> String {
    let (mut text, mut in_text, mut escaped) = (String::with_capacity(content.len()), false, false);
    let mut rest = content;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = Some(rest).filter(|_| !in_text).and_then(after_comment) {
            text.extend(rest[..rest.len() - after.len()].chars().filter(|c| *c == '\n'));
            rest = after;
            continue;
        }
        if !in_text && matches!(c, ']' | '}') {
            let end = text.trim_end().len();
            if text[..end].ends_with(',') {
                text.replace_range(end - 1..end, "");
            }
        }
        in_text ^= c == '"' && !escaped;
        escaped = in_text && c == '\\' && !escaped;
        text.push(c);
        rest = &rest[c.len_utf8()..];
    }
    text
}

/// Returns the text after the comment that it begins with.
fn after_comment(text: &str) -> Option<&str> {
    if let Some(comment) = text.strip_prefix("/*") {
        // A comment that is never closed is searched once: nothing follows it.
        return Some(comment.split_once("*/").map_or("", |(_, after)| after));
    }
    is_comment(text).then(|| text.find('\n').map_or("", |end| &text[end..]))
}

struct Walk<'a> {
    reading: &'a mut Reading,
    cookies: &'a mut Cookies,
    /// The number of entries so far.
    number: usize,
    /// The line of JSON lines, which is the number of all entries in it.
    line: Option<usize>,
}

impl Walk<'_> {
    fn document(&mut self, document: &Value) -> Result<(), String> {
        match document {
            Value::Array(items) => self.items(items, None),
            Value::Object(object) => self.object(object, None, false),
            other => self.item(other, None),
        }
        if self.number == 0 { Err(NO_TOKEN.to_owned()) } else { Ok(()) }
    }

    fn lines(&mut self, content: &str) {
        for (index, line) in content.lines().enumerate().filter(|(_, line)| says_something(line)) {
            self.line = Some(index + 1);
            match of_line(line) {
                Ok(Value::Array(items)) => self.items(&items, None),
                Ok(value) => self.item(&value, None),
                Err(_) => self.refuse(NO_JSON),
            }
        }
    }

    fn place(&self) -> usize {
        self.line.unwrap_or(self.number.max(1))
    }

    fn refuse(&mut self, reason: &'static str) {
        self.reading.refused.push((self.place(), reason));
    }

    fn add(&mut self, entry: Result<Entry, &'static str>) {
        match entry {
            Ok(entry) => self.reading.entries.push((self.place(), entry)),
            Err(reason) => self.refuse(reason),
        }
    }

    fn items(&mut self, items: &[Value], token_type: Option<TokenType>) {
        items.iter().for_each(|item| self.item(item, token_type));
    }

    /// Reads one item of a list, which has a number.
    fn item(&mut self, item: &Value, token_type: Option<TokenType>) {
        match item {
            Value::Array(items) => return self.items(items, token_type),
            _ => self.number += 1,
        }
        match item {
            Value::String(text) => {
                let place = self.place();
                self.reading.accounts(place, line::accounts(text), |entry| Entry { token_type, ..entry });
            }
            Value::Object(object) => self.object(object, token_type, true),
            _ => self.refuse(NO_FIELD),
        }
    }

    fn object(&mut self, object: &Map<String, Value>, token_type: Option<TokenType>, is_listed: bool) {
        if let Some(cookie) = cookie(object) {
            if !cookie.name.eq_ignore_ascii_case("cookie") {
                return self.cookies.add(self.place(), &cookie);
            }
            // The header of that name in a recording of requests.
            let account = one_account(cookie.value).map_err(TokenError::words);
            return self.add(account.map(Entry::of));
        }
        let token = TOKEN_FIELDS
            .into_iter()
            .filter_map(|name| object.get(name))
            .find(|value| !is_container(value) && !value.is_null());
        if let Some(token) = token {
            if !is_listed {
                self.number += 1;
            }
            return self.add(entry(token, object, token_type));
        }
        let is_container = self.members(object, token_type);
        if is_listed && !is_container {
            self.refuse(NO_FIELD);
        }
    }

    /// Reads an object: lists by their names, and entries by their tokens. Returns whether it holds any.
    fn members(&mut self, object: &Map<String, Value>, token_type: Option<TokenType>) -> bool {
        let mut is_container = false;
        for (name, value) in object {
            let named = TokenType::named(name);
            match value {
                Value::Array(items) => self.items(items, named.or(token_type)),
                Value::Object(members) if named.is_some() => self.object(members, named, false),
                _ if token_type.is_some() || is_jwt(name) || is_key(name) => {
                    self.number += 1;
                    let none = Map::new();
                    let fields = value.as_object().unwrap_or(&none);
                    self.add(entry(&Value::String(name.clone()), fields, token_type));
                }
                Value::Object(members) => self.object(members, token_type, false),
                _ => continue,
            }
            is_container = true;
        }
        is_container
    }
}

fn is_container(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// Returns a cookie in the field names of several extensions.
fn cookie(object: &Map<String, Value>) -> Option<Cookie<'_>> {
    let text = |names: [&str; 3]| names.into_iter().find_map(|name| object.get(name)?.as_str());
    Some(Cookie {
        name: text(["name", "Name raw", "Name"])?,
        value: text(["value", "Content raw", "Value"])?,
        domain: text(["domain", "Host raw", "Domain"]).or_else(|| object.get("host")?.as_str()).unwrap_or_default(),
    })
}

/// Returns an entry with the values of its fields.
fn entry(token: &Value, fields: &Map<String, Value>, token_type: Option<TokenType>) -> Result<Entry, &'static str> {
    let field = |name: &str| fields.get(name).filter(|value| !value.is_null());
    let PastedAccount { token, mut user_id } =
        one_account(token.as_str().ok_or(NO_FIELD)?).map_err(TokenError::words)?;
    if let Some(id) = field("x-userid").and_then(Value::as_str).filter(|id| super::super::identity::is_user_id(id)) {
        user_id = id.to_owned();
    }
    let own_type = match field("token_type") {
        Some(word) => Some(word.as_str().and_then(TokenType::named).ok_or(BAD_TYPE)?),
        None => None,
    };
    let state = match field("state") {
        Some(word) => Some(word.as_str().and_then(State::named).ok_or(BAD_STATE)?),
        None => None,
    };
    let tags = match field("tags") {
        Some(tags) => Some(texts(tags).ok_or(BAD_TAGS)?),
        None => None,
    };
    let note = match field("note") {
        Some(note) => Some(note.as_str().ok_or(NO_FIELD)?.to_owned()),
        None => None,
    };
    let daily_budget_usd = match field("daily_budget_usd") {
        Some(amount) => Some(amount.as_f64().and_then(Usd::of).ok_or(BAD_BUDGET)?),
        None => None,
    };
    let number = |name: &str| field(name).map(|value| value.as_i64().ok_or(BAD_NUMBER)).transpose();
    Ok(Entry {
        token,
        user_id,
        token_type: own_type.or(token_type),
        state,
        tags,
        note,
        remaining_queries: number("remaining_queries")?,
        quota_until: number("quota_until")?,
        heavy_remaining_queries: number("heavy_remaining_queries")?,
        heavy_quota_until: number("heavy_quota_until")?,
        daily_budget_usd,
    })
}

fn texts(list: &Value) -> Option<Vec<String>> {
    list.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}
