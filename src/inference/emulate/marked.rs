//! Reads the content of a marked call, with the mistakes that models make in it.

use super::super::prompt::{Tool, ToolInput};
use super::calls::{self, RawCall, RawInput};
use super::json::Json;
use super::lenient;

/// The longest rest of an opening tag after its name.
const MAX_ATTRIBUTES: usize = 256;

/// Why a marked call was not read.
#[derive(Debug, PartialEq)]
pub struct Mistake {
    /// For the model.
    pub message: String,
    /// Whether the call would be complete if more had come.
    pub is_unfinished: bool,
}

/// Returns the calls of a block: what stands between the name of its tag and its end.
pub fn read(content: &str, is_closed: bool, tools: &[Tool]) -> Result<Vec<RawCall>, Mistake> {
    let (attributes, body) = split(content);
    let tool = named(attributes, tools);
    match tool {
        Some(Tool { name, input: ToolInput::Text { .. }, .. }) if is_closed => {
            Ok(vec![RawCall { name: name.clone(), input: RawInput::Text(free_text(body)) }])
        }
        Some(Tool { input: ToolInput::Text { .. }, .. }) => Err(unfinished()),
        Some(tool) => {
            let name = tool.name.clone();
            match lenient::read_all(unfenced(body), is_closed) {
                Ok(json) => Ok(vec![RawCall { name, input: RawInput::Json(json) }]),
                Err(lenient::Mistake::Unfinished) if body.trim().is_empty() && is_closed => {
                    Ok(vec![RawCall { name, input: RawInput::Json(Json::Object(Vec::new())) }])
                }
                Err(lenient::Mistake::Unfinished) => Err(unfinished()),
                Err(_) => {
                    Err(Mistake { message: format!("the arguments of `{name}` are not JSON."), is_unfinished: false })
                }
            }
        }
        None => Err(Mistake { message: "the call names none of the tools.".to_owned(), is_unfinished: !is_closed }),
    }
}

fn unfinished() -> Mistake {
    Mistake { message: "the call is not complete.".to_owned(), is_unfinished: true }
}

/// Splits the attributes of the opening tag from what it holds.
fn split(content: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, c) in content.char_indices().take_while(|(at, _)| *at < MAX_ATTRIBUTES) {
        match c {
            '>' if quote.is_none() => return (&content[..at], &content[at + 1..]),
            '\n' | '{' => return content.split_at(at),
            '"' | '\'' if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            _ => {}
        }
    }
    ("", content)
}

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
    let Some(inside) = body.strip_prefix("```") else { return body };
    let inside = inside.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    inside.trim_end().strip_suffix("```").unwrap_or(inside)
}
