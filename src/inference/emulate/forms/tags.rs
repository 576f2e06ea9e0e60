//! Calls written in tags: `<tool_call>`, `<function=…>`, `<invoke name="…">`, `[TOOL_CALLS]`, `<|tool_call_begin|>`, …

use super::super::super::prompt::Tool;
use super::super::calls::{RawCall, RawInput, find_tool};
use super::super::json::Json;
use super::super::lenient;
use super::objects;
use super::tag::{Kind, Tag, is_end_of, tag};

/// The most tags of a call, and the most places in it that are tried as JSON.
const MAX_TAGS: usize = 128;
const MAX_TRIES: usize = 4;

/// What has been found of a call.
#[derive(Default)]
struct Parts {
    name: Option<String>,
    members: Vec<(String, String)>,
    json: Option<Json>,
    loose: String,
    key: Option<String>,
}

/// Reads the call whose tag `text` begins with, and returns it with the offset of what follows. With `close`, a call
/// without end ends with the text.
pub fn call(text: &str, tools: &[Tool], close: bool) -> Option<(Vec<RawCall>, usize)> {
    let first = tag(text)?;
    let mut parts = Parts { name: first.tool(tools).map(|tool| tool.name.clone()), ..Parts::default() };
    let (used, is_closed) = parts.content(&text[first.length..], tools, close);
    if !is_closed && !close {
        return None;
    }
    Some((parts.calls(tools)?, first.length + used))
}

/// Reads the content of a call of a known tool: members in tags, or JSON.
pub fn content(text: &str, tool: &Tool, tools: &[Tool]) -> Option<RawCall> {
    let mut parts = Parts { name: Some(tool.name.clone()), ..Parts::default() };
    parts.content(text, tools, true);
    if parts.members.is_empty() && parts.json.is_none() {
        return None;
    }
    parts.calls(tools)?.pop()
}

/// Reads the content of a call whose tag names no tool.
pub fn calls(text: &str, tools: &[Tool]) -> Option<Vec<RawCall>> {
    let mut parts = Parts::default();
    parts.content(text, tools, true);
    parts.calls(tools)
}

impl Parts {
    /// Reads up to the end of the call. Returns how much, and whether an end was there.
    fn content(&mut self, text: &str, tools: &[Tool], close: bool) -> (usize, bool) {
        let mut at = 0;
        let mut tags = 0;
        let mut tries = 0;
        while at < text.len() && tags < MAX_TAGS {
            let rest = &text[at..];
            let is_tried = rest.starts_with(['{', '[']) && self.json.is_none() && tries < MAX_TRIES;
            tries += usize::from(is_tried);
            if is_tried && let Some((json, length)) = json(rest, close) {
                self.json = Some(json);
                at += length;
                continue;
            }
            let Some(tag) = tag(rest) else {
                let first = rest.chars().next().map_or(1, char::len_utf8);
                let next = rest[first..].find(['<', '[', '{']).map_or(rest.len(), |next| first + next);
                self.words(&rest[..next], tools);
                at += next;
                continue;
            };
            tags += 1;
            match self.tag(&tag, rest, tools) {
                Some(used) => at += used,
                None => return (at, true),
            }
            if tag.is_closing && matches!(tag.kind, Kind::Call | Kind::Calls) || self.is_closed_by(&tag) {
                return (at, true);
            }
        }
        (at, self.json.is_some())
    }

    /// Returns whether a tag is `</NAME>` of `<NAME>`.
    fn is_closed_by(&self, tag: &Tag) -> bool {
        tag.is_closing && tag.kind == Kind::Other && self.name.as_deref() == Some(tag.name)
    }

    /// Takes a tag, and its content if it holds a part of the call. Returns the length, or `None` before the next call.
    fn tag(&mut self, tag: &Tag, rest: &str, tools: &[Tool]) -> Option<usize> {
        if tag.is_closing {
            return Some(tag.length);
        }
        let body = &rest[tag.length..];
        match tag.kind {
            Kind::Result => return None,
            Kind::Calls if self.name.is_some() || self.json.is_some() => return None,
            Kind::Calls => {}
            Kind::Call if self.name.is_some() || self.json.is_some() => return None,
            Kind::Call => self.name = tag.tool(tools).map(|tool| tool.name.clone()),
            Kind::Name => {
                let (content, used) = inside(body, tag);
                self.name = find_tool(tools, content).map(|tool| tool.name.clone());
                return Some(tag.length + used);
            }
            Kind::Argument => {
                let name = tag.value().unwrap_or_default().to_owned();
                let (content, used) = inside(body, tag);
                self.members.push((name, without_breaks(content)));
                return Some(tag.length + used);
            }
            Kind::Key => {
                let (content, used) = inside(body, tag);
                self.key = Some(content.trim().to_owned());
                return Some(tag.length + used);
            }
            Kind::Value => {
                let (content, used) = inside(body, tag);
                self.members.push((self.key.take().unwrap_or_default(), without_breaks(content)));
                return Some(tag.length + used);
            }
            Kind::Arguments => {}
            Kind::Other if self.name.is_none() && tag.tool(tools).is_some() => self.name = Some(tag.name.to_owned()),
            Kind::Other if tag.has_bars => {}
            Kind::Other if self.name.is_some() && body.contains(&format!("</{}", tag.name)) => {
                let (content, used) = inside(body, tag);
                self.members.push((tag.name.to_owned(), without_breaks(content)));
                return Some(tag.length + used);
            }
            Kind::Other => self.loose.push_str(&rest[..tag.length]),
        }
        Some(tag.length)
    }

    /// Takes text outside of tags: the tool's name, or the input of a custom tool.
    fn words(&mut self, text: &str, tools: &[Tool]) {
        if self.name.is_none() {
            let words =
                text.split(|c: char| c.is_whitespace() || matches!(c, '=' | '`' | '(')).filter(|word| !word.is_empty());
            let named =
                words.map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':')).chain([text.trim()]);
            if let Some(tool) = named.filter(|word| !word.is_empty()).find_map(|word| find_tool(tools, word)) {
                self.name = Some(tool.name.clone());
                return;
            }
        }
        self.loose.push_str(text);
    }

    fn calls(self, tools: &[Tool]) -> Option<Vec<RawCall>> {
        let Some(name) = self.name else {
            return objects::calls(&self.json?, tools);
        };
        let input = match self.json {
            Some(json) if self.members.is_empty() => {
                let tool = find_tool(tools, &name)?;
                RawInput::Json(objects::unwrapped(json, tool))
            }
            _ if self.members.is_empty() => RawInput::Text(without_breaks(&self.loose)),
            _ => RawInput::Members(self.members),
        };
        Some(vec![RawCall { name, input }])
    }
}

/// Returns the content of a tag and the length of it with its end. Without an end, it ends before the next tag of a call.
fn inside<'t>(body: &'t str, open: &Tag) -> (&'t str, usize) {
    let mut fallback = None;
    for (at, _) in body.match_indices('<') {
        let rest = &body[at..];
        if is_end_of(rest, open) {
            let end = rest.find(['>', '\n']).map_or(rest.len(), |end| end + 1);
            return (&body[..at], at + end);
        }
        if fallback.is_none()
            && let Some(next) = tag(rest)
            && (next.is_closing && matches!(next.kind, Kind::Call | Kind::Calls | Kind::Arguments)
                || !next.is_closing && next.kind == open.kind && next.kind != Kind::Other)
        {
            fallback = Some(at);
        }
        // The end of an argument may be missing, while later ones have theirs.
        if let Some(at) = fallback
            && open.kind == Kind::Argument
        {
            return (&body[..at], at);
        }
    }
    let end = fallback.unwrap_or(body.len());
    (&body[..end], end)
}

/// Returns a text without the line breaks of its tags.
fn without_breaks(text: &str) -> String {
    let text = text.strip_prefix("\r\n").or(text.strip_prefix('\n')).unwrap_or(text);
    text.strip_suffix("\r\n").or(text.strip_suffix('\n')).unwrap_or(text).to_owned()
}

/// Reads the JSON that a text begins with. Brackets that are open at the end of its tag count as closed.
fn json(text: &str, close: bool) -> Option<(Json, usize)> {
    let end = text.find("</");
    let closed = || (close || end.is_some()).then(|| lenient::read(&text[..end.unwrap_or(text.len())], true).ok())?;
    let (json, length) = lenient::read(text, false).ok().or_else(closed)?;
    matches!(json, Json::Object(_) | Json::List(_)).then_some((json, length))
}
