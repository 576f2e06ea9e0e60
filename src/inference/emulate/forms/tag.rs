//! One tag of a call, in the many ways in which models write them.

use super::super::super::prompt::Tool;
use super::super::calls::find_tool;

/// The longest attributes of a tag.
const MAX_ATTRIBUTES: usize = 300;
/// What is looked at of a name. Names of tools have 128 characters at most.
const MAX_NAME: usize = 160;
/// The longest beginning of a tag that may still become one.
pub const MAX_TAG: usize = MAX_NAME + MAX_ATTRIBUTES;

/// What a tag's name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Around several calls.
    Calls,
    Call,
    Name,
    Arguments,
    Argument,
    Key,
    Value,
    /// Of a call, made up by the model.
    Result,
    Other,
}

const KINDS: [(Kind, &[&str]); 8] = [
    (Kind::Calls, &["toolcalls", "functioncalls", "tooluses", "calls"]),
    (
        Kind::Call,
        &[
            "toolcall",
            "functioncall",
            "function",
            "invoke",
            "tool",
            "tooluse",
            "call",
            "callrecord",
            "toolrequest",
            "pythontag",
            "channel",
        ],
    ),
    (Kind::Name, &["name", "toolname", "functionname"]),
    (Kind::Arguments, &["arguments", "args", "parameters", "params", "input", "toolinput", "toolcallargument"]),
    (Kind::Argument, &["parameter", "param", "arg", "argument"]),
    (Kind::Key, &["argkey"]),
    (Kind::Value, &["argvalue"]),
    (
        Kind::Result,
        &[
            "toolresponse",
            "toolresult",
            "toolresults",
            "functionresult",
            "functionresults",
            "functionresponse",
            "tooloutput",
        ],
    ),
];
/// What stands before a name, as in `<minimax:tool_call>` and `<｜DSML｜invoke>`.
const SPACES: [&str; 5] = ["minimax:", "antml:", "xai:", "dsml", "function:"];

#[derive(Debug)]
pub struct Tag<'t> {
    pub kind: Kind,
    /// As written, without what stands before it.
    pub name: &'t str,
    /// What follows the name.
    attributes: &'t str,
    pub is_closing: bool,
    /// Whether it is one of Grok's own tags.
    pub is_grok: bool,
    /// Whether it has bars inside: such tags have no end.
    pub has_bars: bool,
    pub length: usize,
}

/// Returns the tag that `text` begins with.
pub fn tag(text: &str) -> Option<Tag<'_>> {
    let closer = match text.chars().next()? {
        '<' => '>',
        '[' => ']',
        _ => return None,
    };
    let start = &text[1..];
    let inside = start.strip_prefix('/').unwrap_or(start);
    let mut is_closing = inside.len() < start.len();
    let after_bars = inside.trim_start_matches(is_bar);
    let has_bars = after_bars.len() < inside.len();
    let (space, rest) = without_space(after_bars);
    let rest = rest.trim_start_matches(is_bar);
    let slash = rest.strip_prefix('/').unwrap_or(rest);
    is_closing |= slash.len() < rest.len();
    let end = slash.find(|c: char| !is_name(c)).unwrap_or(slash.len());
    let name = &slash[..end];
    if name.is_empty() {
        return None;
    }
    let (attributes, length) = to_end(&slash[end..], closer)?;
    let mut plain = plain(name);
    if has_bars {
        is_closing |= plain.ends_with("end") || plain == "call";
        for ending in ["sectionbegin", "sectionend", "begin", "end"] {
            if let Some(shorter) = plain.strip_suffix(ending) {
                plain.truncate(shorter.len());
                break;
            }
        }
    }
    let kind = if plain == "channel" && !has_bars { Kind::Other } else { kind(&plain) };
    let length = text.len() - slash.len() + end + length;
    Some(Tag { kind, name, attributes, is_closing, is_grok: space == "xai:", has_bars, length })
}

/// Returns what is left of a tag after its name, and its length with the closing bracket. A tag whose bracket was
/// forgotten ends with its line, or before the next tag.
fn to_end(text: &str, closer: char) -> Option<(&str, usize)> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match c {
            _ if at > MAX_ATTRIBUTES => return None,
            c if c == closer && quote.is_none() => {
                return Some((text[..at].trim_end_matches(is_bar), at + 1));
            }
            '\n' | '<' if text.starts_with('=') => return Some((&text[..at], at)),
            '<' if quote.is_none() => return Some((&text[..at], at)),
            '"' | '\'' if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            _ => {}
        }
    }
    None
}

fn is_bar(c: char) -> bool {
    matches!(c, '|' | '｜' | '‖')
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '▁')
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn without_space(text: &str) -> (&'static str, &str) {
    let found =
        SPACES.iter().find(|space| text.get(..space.len()).is_some_and(|start| start.eq_ignore_ascii_case(space)));
    found.map_or(("", text), |space| (*space, &text[space.len()..]))
}

fn kind(plain: &str) -> Kind {
    KINDS.iter().find(|(_, names)| names.contains(&plain)).map_or(Kind::Other, |(kind, _)| *kind)
}

/// Returns whether a tag may begin a call or a result, as far as its name has come.
pub fn may_become_call(text: &str, tools: &[Tool]) -> bool {
    let inside = text[1..].trim_start_matches(is_bar);
    let inside = &inside[..inside.floor_char_boundary(MAX_NAME)];
    if SPACES.iter().any(|space| inside.len() <= space.len() && space[..inside.len()].eq_ignore_ascii_case(inside)) {
        return true;
    }
    let (_, rest) = without_space(inside);
    let rest = rest.trim_start_matches(is_bar);
    let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
    let (name, is_full) = (&rest[..end], end < rest.len());
    let has_bars = text[1..].starts_with(is_bar);
    let first = first_letter(name);
    let begins = |kind: &Kind| matches!(kind, Kind::Calls | Kind::Call | Kind::Result);
    let known = KINDS.iter().filter(|(kind, _)| begins(kind)).flat_map(|(_, names)| names.iter());
    known.filter(|known| first.is_none() || first_letter(known) == first).any(|known| {
        let more = after(name, known);
        more.is_some_and(|more| more.is_empty() || has_bars && "sectionbegin".contains(more.as_str()))
            || !is_full && after(known, name).is_some()
    }) || tools.iter().filter(|tool| first.is_none() || first_letter(&tool.name) == first).any(|tool| {
        after(name, &tool.name).is_some_and(|more| more.is_empty()) || !is_full && after(&tool.name, name).is_some()
    })
}

/// Returns the first letter or digit of a name, which most names differ in.
fn first_letter(name: &str) -> Option<u8> {
    name.bytes().find(|byte| byte.is_ascii_alphanumeric() || *byte > 127).map(|byte| byte.to_ascii_lowercase())
}

/// Returns what follows in a name after the beginning of it, both without case and signs.
fn after(name: &str, beginning: &str) -> Option<String> {
    let letters = |text| str::chars(text).filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase());
    let mut rest = letters(name);
    letters(beginning).all(|c| rest.next() == Some(c)).then(|| rest.collect())
}

impl Tag<'_> {
    /// Returns the tool that the tag names: `<function=NAME>`, `<invoke name="NAME">`, `<NAME>`.
    pub fn tool<'l>(&self, tools: &'l [Tool]) -> Option<&'l Tool> {
        match self.kind {
            Kind::Call => self.value().and_then(|value| find_tool(tools, value)),
            Kind::Other => tools.iter().find(|tool| tool.name == self.name),
            _ => None,
        }
    }

    /// Returns whether the name is that of calls alone: `<tool_call>`, not `<tool>`.
    pub fn is_call_by_name(&self) -> bool {
        let name = plain(self.name);
        ["toolcall", "functioncall"].iter().any(|known| name.starts_with(known))
    }

    /// Returns the value of `=…` after the name, or of the attribute `name`, `tool` or `key`.
    pub fn value(&self) -> Option<&str> {
        let attributes = self.attributes.trim();
        if let Some(value) = attributes.strip_prefix('=') {
            return Some(value.trim().trim_matches(['"', '\'']));
        }
        let (_, value) = pairs(attributes).into_iter().find(|(name, _)| ["name", "tool", "key"].contains(name))?;
        Some(value)
    }
}

/// Returns the attributes of a tag: `name="value"`.
pub fn pairs(mut text: &str) -> Vec<(&str, &str)> {
    let mut pairs = Vec::new();
    while let Some((name, rest)) = text.split_once('=') {
        let rest = rest.trim_start();
        let name = name.trim().rsplit(char::is_whitespace).next().unwrap_or_default();
        let (value, after) = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => rest[1..].split_once(quote).unwrap_or((&rest[1..], "")),
            _ => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        pairs.push((name, value));
        text = after;
    }
    pairs
}

/// Returns whether a text begins with the end of a tag, or with something like it: `</parameter1>`.
pub fn is_end_of(text: &str, open: &Tag) -> bool {
    text.strip_prefix("</").is_some_and(|end| {
        let (_, end) = without_space(end.trim_start_matches(is_bar));
        let end = end.trim_start_matches(is_bar);
        end.get(..open.name.len()).is_some_and(|start| start.eq_ignore_ascii_case(open.name))
    })
}
