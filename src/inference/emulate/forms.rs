//! Calls that do not have this request's mark. Models fall back to forms that they were trained on, most of all in long
//! dialogues.
//!
//! What has no mark may be a quote of a page or of a tool's result. So such a form counts only at the end of an answer,
//! at the beginning of a line, outside of code that the answer shows, if it names a declared tool, and if its arguments
//! fit that tool's schema. Where a call must come, and none did, the whole answer is searched.

use super::super::prompt::{Tool, ToolInput};
use super::calls::{self, RawCall, RawInput, ReadyCall, find_tool};
use super::json::Json;
use super::lenient;

mod objects;
mod python;
mod tag;
mod tags;

pub use objects::unwrapped;
pub use tag::pairs as attributes;
pub use tags::content as in_tags;

use tag::Kind;

/// How many places of an answer are tried as the beginning of a call.
const MAX_TRIES: usize = 32;
/// The longest first line of a form.
const MAX_LINE: usize = 120;
/// Grok's own tools: calls of them in Grok's own form are not for the client.
const OF_GROK: [&str; 13] = [
    "web_search",
    "web_search_with_snippets",
    "x_search",
    "x_keyword_search",
    "x_semantic_search",
    "x_user_search",
    "x_thread_fetch",
    "browse_page",
    "code_execution",
    "view_image",
    "view_x_video",
    "search_images",
    "chatroom_send",
];

/// What begins at a place of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    Nothing,
    /// Too short to decide.
    Unfinished,
    Form(Shape),
}

/// Where a form ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// After this closing tag.
    Tags(String),
    /// With its brackets.
    Json,
    /// With its code fence.
    Fence,
    /// With the answer.
    Open,
}

/// What follows a form.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Text,
    Unfinished,
    Form(Shape),
    /// The end of something around the form, of this length.
    End(usize),
    /// A result that the model made up.
    Result,
}

/// Returns what begins at the start of `text`, which is the first word of a line. Without `json`, JSON is text.
pub fn opens(text: &str, tools: &[Tool], json: bool) -> Opening {
    let decide = |may_begin: Option<bool>, shape| match may_begin {
        None => Opening::Unfinished,
        Some(true) => Opening::Form(shape),
        Some(false) => Opening::Nothing,
    };
    match text.chars().next() {
        Some('{') if json => decide(objects::may_begin(text, tools), Shape::Json),
        Some('[') if json && matches!(text[1..].trim_start().chars().next(), Some('{')) => {
            decide(objects::may_begin(text, tools), Shape::Json)
        }
        Some('[') if text.len() == 1 => Opening::Unfinished,
        Some('<' | '[') => opening_tag(text, tools),
        Some('`') => fence(text, tools, json),
        Some('A') => decide(begins_action(text, tools), Shape::Open),
        _ => Opening::Nothing,
    }
}

/// Returns what begins at the start of `text`, which stands within a line: a tag that no text has but a call.
pub fn opens_anywhere(text: &str, tools: &[Tool]) -> Opening {
    if !text.starts_with(['<', '[']) {
        return Opening::Nothing;
    }
    let tag = tag::may_become_call(text, tools).then(|| tag::tag(text)).flatten();
    match tag {
        Some(tag) if !tag.is_call_by_name() && tag.tool(tools).is_none_or(|_| tag.kind != Kind::Call) => {
            Opening::Nothing
        }
        _ => opening_tag(text, tools),
    }
}

fn opening_tag(text: &str, tools: &[Tool]) -> Opening {
    // Most tags are of other kinds, which their name alone shows.
    if !tag::may_become_call(text, tools) {
        return Opening::Nothing;
    }
    let Some(tag) = tag::tag(text) else {
        return if text.len() > tag::MAX_TAG { Opening::Nothing } else { Opening::Unfinished };
    };
    let named = tag.tool(tools);
    let is_grok = tag.is_grok && named.is_some_and(|tool| OF_GROK.contains(&tool.name.as_str()));
    match tag.kind {
        _ if tag.is_closing || is_grok => Opening::Nothing,
        Kind::Calls | Kind::Call if text.starts_with("<|") || text.starts_with("<｜") => Opening::Form(Shape::Open),
        Kind::Calls | Kind::Call if text.starts_with('[') => {
            // `[TOOL_CALLS]` has no end, `[TOOL_CALL]` has one.
            let has_end = tag.kind == Kind::Call && tag.name.eq_ignore_ascii_case("TOOL_CALL");
            Opening::Form(if has_end { Shape::Tags(format!("[/{}", tag.name)) } else { Shape::Open })
        }
        Kind::Calls | Kind::Call => {
            let space = text[1..].find(tag.name).map_or("", |at| &text[1..1 + at]);
            Opening::Form(Shape::Tags(format!("</{space}{}", tag.name)))
        }
        Kind::Other if named.is_some() && text.starts_with('[') => {
            let is_code = text[1 + tag.name.len()..].starts_with('(');
            if is_code { Opening::Form(Shape::Open) } else { Opening::Nothing }
        }
        Kind::Other if named.is_some() => Opening::Form(Shape::Tags(format!("</{}", tag.name))),
        _ => Opening::Nothing,
    }
}

fn fence(text: &str, tools: &[Tool], json: bool) -> Opening {
    let Some(rest) = text.strip_prefix("```") else {
        return if "```".starts_with(text) { Opening::Unfinished } else { Opening::Nothing };
    };
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
    let language = &rest[..end];
    let body = rest[end..].trim_start();
    if language.len() > 20 {
        return Opening::Nothing;
    }
    if body.is_empty() {
        return Opening::Unfinished;
    }
    if language == "tool_code" {
        return Opening::Form(Shape::Fence);
    }
    match body.starts_with(['{', '[', '<']).then(|| opens(body, tools, json)) {
        Some(Opening::Form(_)) => Opening::Form(Shape::Fence),
        Some(Opening::Unfinished) => Opening::Unfinished,
        _ => Opening::Nothing,
    }
}

/// Returns whether a line is `Action: NAME`, with the name of a tool.
fn begins_action(text: &str, tools: &[Tool]) -> Option<bool> {
    let Some(name) = text.strip_prefix("Action:") else {
        return if "Action:".starts_with(text) { None } else { Some(false) };
    };
    match name.find('\n') {
        None if name.len() > MAX_LINE => Some(false),
        None => None,
        Some(end) => Some(find_tool(tools, bare(&name[..end])).is_some()),
    }
}

/// Returns a name without the quotes around it.
fn bare(name: &str) -> &str {
    name.trim().trim_matches(['`', '"', '\'', '[', ']', '*'])
}

/// Returns what follows a form. `text` is not empty and does not begin with blanks.
pub fn follows(text: &str, tools: &[Tool], json: bool, at_end: bool) -> Next {
    if let Some(rest) = text.strip_prefix("```")
        && (rest.starts_with(['\n', '\r']) || rest.is_empty() && at_end)
    {
        // The end of the fence around the form.
        return Next::End(3);
    }
    if text.starts_with('`') {
        return match opens(text, tools, json) {
            Opening::Form(shape) => Next::Form(shape),
            Opening::Unfinished => Next::Unfinished,
            Opening::Nothing => Next::Text,
        };
    }
    if "Observation:".starts_with(text) && !at_end {
        return Next::Unfinished;
    }
    if text.starts_with("Observation:") {
        return Next::Result;
    }
    if text.starts_with(['<', '[']) {
        match tag::tag(text) {
            Some(tag) if tag.is_closing && tag.kind != Kind::Other => return Next::End(tag.length),
            Some(tag) if tag.kind == Kind::Result => return Next::Result,
            None if text.len() < MAX_LINE && text[1..].starts_with('/') => return Next::Unfinished,
            _ => {}
        }
    }
    match opens(text, tools, json) {
        Opening::Form(shape) => Next::Form(shape),
        Opening::Unfinished => Next::Unfinished,
        Opening::Nothing => Next::Text,
    }
}

/// Reads a text that is nothing but calls. With `close`, brackets and tags that are open at its end count as closed.
pub fn read(text: &str, tools: &[Tool], close: bool) -> Option<Vec<ReadyCall>> {
    let (found, used) = run(text, tools, close);
    text[used..].trim().is_empty().then(|| ready(found, tools)).flatten()
}

/// Returns the first calls in an answer that should hold some: wherever they stand.
pub fn search(text: &str, tools: &[Tool]) -> Option<Vec<ReadyCall>> {
    let places = text.char_indices().filter(|(_, c)| matches!(c, '<' | '[' | '{' | 'A')).map(|(at, _)| at);
    let possible = places.filter(|at| !text[*at..].starts_with('A') || text[*at..].starts_with("Action:"));
    possible.take(MAX_TRIES).find_map(|at| ready(run(&text[at..], tools, true).0, tools))
}

/// Returns the calls that a marked block without name holds.
pub fn inside(text: &str, tools: &[Tool], close: bool) -> Option<Vec<RawCall>> {
    let (found, _) = run(text, tools, close);
    if found.is_empty() { tags::calls(text, tools) } else { Some(found) }
}

/// Returns the call of the only tool that may be called, if the answer holds its arguments alone.
pub fn arguments(text: &str, tool: &Tool) -> Option<ReadyCall> {
    let ToolInput::Json { schema, .. } = &tool.input else {
        return None;
    };
    let properties = schema.get("properties")?.as_object()?;
    text.match_indices('{').take(MAX_TRIES).find_map(|(at, _)| {
        let (json, _) = lenient::read(&text[at..], false).ok()?;
        let Json::Object(members) = &json else {
            return None;
        };
        let are_known = members.iter().all(|(name, _)| properties.contains_key(name));
        let call = RawCall { name: tool.name.clone(), input: RawInput::Json(json.clone()) };
        calls::resolve(call, std::slice::from_ref(tool), true).ok().filter(|_| are_known && !members.is_empty())
    })
}

/// Returns the calls in the client's form. `None` if one of them is not for a tool, or does not fit.
fn ready(found: Vec<RawCall>, tools: &[Tool]) -> Option<Vec<ReadyCall>> {
    let calls = found.into_iter().map(|call| calls::resolve(call, tools, true).ok());
    calls.collect::<Option<Vec<_>>>().filter(|calls| !calls.is_empty())
}

/// Reads calls one after the other, and returns how far they go.
fn run(text: &str, tools: &[Tool], close: bool) -> (Vec<RawCall>, usize) {
    let mut found = Vec::new();
    let mut used = 0;
    let mut at = 0;
    let mut is_code = false;
    loop {
        let rest = text[at..].trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == ';');
        at = text.len() - rest.len();
        if rest.is_empty() {
            break;
        }
        if let Some(fence) = rest.strip_prefix("```") {
            let language = fence.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(fence.len());
            is_code = &fence[..language] == "tool_code";
            at += 3 + language;
            if !found.is_empty() {
                used = at;
            }
            continue;
        }
        match unit(rest, tools, close, is_code) {
            Unit::Calls(calls, length) => {
                found.extend(calls);
                at += length;
                used = at;
            }
            Unit::Around(length) => {
                at += length;
                if !found.is_empty() {
                    used = at;
                }
            }
            Unit::Result if !found.is_empty() => return (found, text.len()),
            Unit::Result | Unit::Text => break,
        }
    }
    (found, used)
}

/// What stands at the start of a text.
enum Unit {
    Calls(Vec<RawCall>, usize),
    /// A tag around calls.
    Around(usize),
    Result,
    Text,
}

fn unit(text: &str, tools: &[Tool], close: bool, is_code: bool) -> Unit {
    if text.starts_with("Observation:") {
        return Unit::Result;
    }
    if let Some((call, length)) = text.strip_prefix("Action:").and_then(|rest| action(rest, tools)) {
        return Unit::Calls(vec![call], "Action:".len() + length);
    }
    if text.starts_with(['{', '[']) {
        let json = lenient::read(text, close).ok();
        if let Some((calls, length)) = json.and_then(|(json, length)| Some((objects::calls(&json, tools)?, length))) {
            return Unit::Calls(calls, length);
        }
    }
    if let Some((calls, length)) = python::calls(text, tools, is_code) {
        return Unit::Calls(calls, length);
    }
    let Some(tag) = tag::tag(text) else {
        return Unit::Text;
    };
    match tag.kind {
        Kind::Result => Unit::Result,
        Kind::Calls if tag.is_closing || text.starts_with('<') => Unit::Around(tag.length),
        _ if tag.is_closing => Unit::Around(tag.length),
        Kind::Calls | Kind::Call => {
            tags::call(text, tools, close).map_or(Unit::Text, |(calls, length)| Unit::Calls(calls, length))
        }
        Kind::Other if tag.tool(tools).is_some() => {
            tags::call(text, tools, close).map_or(Unit::Text, |(calls, length)| Unit::Calls(calls, length))
        }
        _ => Unit::Text,
    }
}

/// Reads ` NAME`, and on the next line `Action Input: …`.
fn action(text: &str, tools: &[Tool]) -> Option<(RawCall, usize)> {
    let (name, rest) = text.split_once('\n')?;
    let tool = find_tool(tools, bare(name))?;
    let input = rest.trim_start().strip_prefix("Action Input:")?;
    let start = text.len() - input.len();
    let end = ["\nObserv", "\nThought:", "\nFinal Answer:"].iter().filter_map(|next| input.find(next)).min();
    let input = input[..end.unwrap_or(input.len())].trim();
    let read = lenient::read_all(input, false).ok();
    let raw = read.map_or_else(|| RawInput::Text(input.to_owned()), RawInput::Json);
    let is_made_up = end.is_some_and(|end| text[start + end..].starts_with("\nObserv"));
    let used = if is_made_up { text.len() } else { end.map_or(text.len(), |end| start + end) };
    Some((RawCall { name: tool.name.clone(), input: raw }, used))
}
