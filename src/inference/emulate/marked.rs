//! Reads the content of a marked call, with the mistakes that models make in it.

use super::super::prompt::{Tool, ToolInput};
use super::calls::{self, RawCall, RawInput};
use super::json::Json;
use super::{forms, lenient};

/// The longest rest of an opening tag after its name.
const MAX_ATTRIBUTES: usize = 512;
/// What a call is closed with if the mark was forgotten there.
const CLOSERS: [&str; 4] = ["</tool_call", "</function_call", "</call", "</function"];

/// What a block holds.
#[derive(Debug, PartialEq)]
pub struct Found<'t> {
    pub calls: Vec<RawCall>,
    /// Text that follows the call, where only the mark of its end was forgotten.
    pub rest: &'t str,
}

/// Why a marked call was not read.
#[derive(Debug, PartialEq)]
pub struct Mistake {
    /// For the model.
    pub message: String,
    /// Whether the call would be complete if more had come.
    pub is_unfinished: bool,
}

/// Returns the calls of a block: what stands between the name of its tag and its end.
pub fn read<'t>(content: &'t str, is_closed: bool, tools: &[Tool]) -> Result<Found<'t>, Mistake> {
    let (attributes, body) = split(content);
    let names = forms::attributes(attributes);
    let tool = names.iter().find_map(|(_, value)| calls::find_tool(tools, value)).or_else(|| named(attributes, tools));
    if tool.is_some() && attributes.trim_end().ends_with('/') {
        let members = names.iter().filter(|(name, _)| !["name", "tool"].contains(name));
        let members = members.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let calls = tool.map(|tool| RawCall { name: tool.name.clone(), input: RawInput::Members(members) });
        return Ok(Found { calls: calls.into_iter().collect(), rest: body });
    }
    match tool {
        Some(Tool { name, input: ToolInput::Text { grammar }, .. }) if is_closed => {
            // A grammar does not begin with a code fence.
            let text = if grammar.is_some() && body.trim_start().starts_with("```") { unfenced(body) } else { body };
            Ok(one(name, RawInput::Text(free_text(text))))
        }
        Some(Tool { input: ToolInput::Text { .. }, .. }) => Err(unfinished()),
        Some(tool) => of_json_tool(tool, body, is_closed, tools),
        None if body.trim().is_empty() && names.is_empty() => Ok(Found { calls: Vec::new(), rest: "" }),
        None => match forms::inside(body, tools, is_closed) {
            Some(calls) => Ok(Found { calls, rest: "" }),
            None => Err(match names.iter().find(|(name, _)| *name == "name") {
                Some((_, name)) => Mistake { message: calls::unknown(name, tools), is_unfinished: !is_closed },
                None => Mistake { message: calls::unnamed(tools), is_unfinished: !is_closed },
            }),
        },
    }
}

fn one<'t>(name: &str, input: RawInput) -> Found<'t> {
    Found { calls: vec![RawCall { name: name.to_owned(), input }], rest: "" }
}

fn unfinished() -> Mistake {
    Mistake { message: "the call is not complete.".to_owned(), is_unfinished: true }
}

/// Reads the arguments of a call of this tool.
fn of_json_tool<'t>(tool: &Tool, body: &'t str, is_closed: bool, tools: &[Tool]) -> Result<Found<'t>, Mistake> {
    let name = &tool.name;
    let (body, rest) = without_rest(body);
    let is_closed = is_closed || !rest.is_empty();
    let inside = unfenced(body);
    if inside.is_empty() {
        return if is_closed { Ok(one(name, RawInput::Json(Json::Object(Vec::new())))) } else { Err(unfinished()) };
    }
    if inside.starts_with('<') {
        let call = forms::in_tags(inside, tool, tools).filter(|_| is_closed);
        let calls = call.ok_or_else(|| if is_closed { not_json(name) } else { unfinished() })?;
        return Ok(Found { calls: vec![calls], rest });
    }
    let calls = match lenient::read(inside, is_closed) {
        Ok((json, length)) => several(json, &inside[length..], tool),
        Err(lenient::Mistake::Unfinished) if !is_closed => return Err(unfinished()),
        Err(lenient::Mistake::TooDeep) => {
            let message = format!("the arguments of `{name}` are nested too deep.");
            return Err(Mistake { message, is_unfinished: false });
        }
        Err(_) if is_closed && !inside.starts_with(['{', '[']) => {
            vec![RawInput::Text(inside.to_owned())]
        }
        Err(_) => return Err(not_json(name)),
    };
    let calls = calls.into_iter().map(|input| RawCall { name: name.clone(), input }).collect();
    Ok(Found { calls, rest })
}

fn not_json(name: &str) -> Mistake {
    Mistake { message: format!("the arguments of `{name}` are not JSON."), is_unfinished: false }
}

/// Returns the inputs of the calls that one block holds: of one call most often.
fn several(json: Json, mut rest: &str, tool: &Tool) -> Vec<RawInput> {
    let mut found = match json {
        Json::List(items) if !items.is_empty() && items.iter().all(|item| matches!(item, Json::Object(_))) => items,
        json => vec![json],
    };
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        match lenient::read(rest, false) {
            Ok((json @ Json::Object(_), length)) if rest.starts_with('{') => {
                found.push(json);
                rest = &rest[length..];
            }
            _ => break,
        }
    }
    found.into_iter().map(|json| RawInput::Json(forms::unwrapped(json, tool))).collect()
}

/// Splits text that follows an end without mark.
fn without_rest(body: &str) -> (&str, &str) {
    let ends = CLOSERS.iter().filter_map(|closer| body.find(closer)).min();
    let Some(at) = ends else { return (body, "") };
    let end = body[at..].find('>').map_or(body.len(), |end| at + end + 1);
    let rest = if body[end..].trim().is_empty() { "" } else { &body[end..] };
    (&body[..at], rest)
}

/// Splits the attributes of the opening tag from what it holds.
fn split(content: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, c) in content.char_indices().take_while(|(at, _)| *at < MAX_ATTRIBUTES) {
        match c {
            '>' | ']' if quote.is_none() => return (&content[..at], &content[at + 1..]),
            '\n' | '{' => return content.split_at(at),
            '"' | '\'' if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            _ => {}
        }
    }
    ("", content)
}

/// Returns the tool that one of the words of an opening tag names.
fn named<'t>(attributes: &str, tools: &'t [Tool]) -> Option<&'t Tool> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    attributes.split(|c| !is_part(c)).filter(|word| !word.is_empty()).find_map(|word| calls::find_tool(tools, word))
}

/// Returns a text without the line breaks of its tags.
fn free_text(body: &str) -> String {
    let body = body.strip_prefix("\r\n").or(body.strip_prefix('\n')).unwrap_or(body);
    body.strip_suffix("\r\n").or(body.strip_suffix('\n')).unwrap_or(body).to_owned()
}

/// Returns what a code fence around the whole text holds.
fn unfenced(body: &str) -> &str {
    let body = body.trim();
    let Some(inside) = body.strip_prefix("```") else {
        return body;
    };
    let inside = inside.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    inside.trim_end().strip_suffix("```").unwrap_or(inside).trim()
}
