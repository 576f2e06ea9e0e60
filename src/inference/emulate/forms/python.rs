//! Calls written as Python: `get_weather(city="Paris")`, in a list or inside `print(…)`.

use super::super::super::prompt::{Tool, ToolInput};
use super::super::calls::{RawCall, RawInput, find_tool};
use super::super::json::Json;
use super::super::lenient;

/// Reads the calls at the start of `text`, and returns them with the offset of what follows: those of a list, or one
/// where the text is code.
pub fn calls(text: &str, tools: &[Tool], is_code: bool) -> Option<(Vec<RawCall>, usize)> {
    let Some(mut rest) = text.strip_prefix('[') else {
        return is_code.then(|| read(text, tools)).flatten().map(|(call, length)| (vec![call], length));
    };
    let mut calls = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if let Some(rest) = rest.strip_prefix(']') {
            return (!calls.is_empty()).then_some((calls, text.len() - rest.len()));
        }
        let (call, length) = read(rest, tools)?;
        calls.push(call);
        rest = &rest[length..];
    }
}

/// Reads the call at the start of `text`, and returns it with the offset of what follows.
fn read(text: &str, tools: &[Tool]) -> Option<(RawCall, usize)> {
    let printed = text.strip_prefix("print(").unwrap_or(text);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let open = printed.find(|c| !is_part(c)).filter(|at| printed[*at..].starts_with('('))?;
    let tool = find_tool(tools, &printed[..open])?;
    let mut at = text.len() - printed.len() + open + 1;
    let mut members = Vec::new();
    loop {
        at += blanks(&text[at..]);
        if text[at..].starts_with(')') {
            break;
        }
        let rest = &text[at..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let after = rest[end..].trim_start();
        let name = if end > 0 && after.starts_with('=') {
            at += rest.len() - after.len() + 1;
            rest[..end].to_owned()
        } else {
            property(tool, members.len())?
        };
        at += blanks(&text[at..]);
        let (value, length) = lenient::read(&text[at..], false).ok()?;
        at += length;
        members.push((name, value));
    }
    at += 1;
    if text.len() != printed.len() {
        at += blanks(&text[at..]);
        at += usize::from(text[at..].starts_with(')'));
    }
    Some((RawCall { name: tool.name.clone(), input: RawInput::Json(Json::Object(members)) }, at))
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches(|c: char| c.is_whitespace() || c == ',').len()
}

/// Returns the name of an argument without name: the required ones come first.
fn property(tool: &Tool, at: usize) -> Option<String> {
    let ToolInput::Json { schema, .. } = &tool.input else {
        return None;
    };
    let required = schema.get("required")?.as_array()?;
    required.get(at)?.as_str().map(str::to_owned)
}
