//! Calls written as JSON: `{"name": …, "arguments": …}` and its many relatives.

use super::super::super::prompt::{Tool, ToolInput};
use super::super::calls::{RawCall, RawInput, find_tool};
use super::super::json::Json;
use super::super::lenient;

/// Members that hold several calls, and those that hold one.
const LISTS: [&str; 6] = ["tool_calls", "toolCalls", "tool_uses", "function_calls", "calls", "actions"];
const SINGLE: [&str; 6] = ["tool_call", "toolCall", "function_call", "functionCall", "tool_use", "function"];
/// Members that name the tool. `type` is the last, because it most often says that this is a call.
const NAMES: [&str; 8] = ["name", "tool", "tool_name", "function", "function_name", "action", "recipient_name", "type"];
/// Members that hold the arguments.
const INPUTS: [&str; 8] =
    ["arguments", "parameters", "args", "input", "params", "action_input", "tool_input", "kwargs"];
/// Members beside flattened arguments that are not arguments.
const OTHERS: [&str; 4] = ["id", "type", "call_id", "index"];
/// The most values that hold each other.
const MAX_DEPTH: usize = 4;

/// Returns the calls that a value stands for. `None` if a part of it is not a call of one of the tools.
pub fn calls(json: &Json, tools: &[Tool]) -> Option<Vec<RawCall>> {
    within(json, tools, 0).filter(|calls| !calls.is_empty())
}

/// Returns the arguments of a call of this tool, without the call's own members around them.
pub fn unwrapped(json: Json, tool: &Tool) -> Json {
    if INPUTS.iter().chain(&NAMES).any(|name| json.get(name).is_some() && is_property(tool, name)) {
        return json;
    }
    let of_tool = NAMES.iter().any(|name| json.get(name).and_then(Json::as_text).is_some_and(|text| text == tool.name));
    match &json {
        Json::Object(members) if of_tool || members.len() == 1 => {
            let inside = INPUTS.iter().find_map(|name| json.get(name));
            inside.filter(|inside| of_tool || matches!(inside, Json::Object(_))).cloned().unwrap_or(json)
        }
        _ => json,
    }
}

fn within(json: &Json, tools: &[Tool], depth: usize) -> Option<Vec<RawCall>> {
    match json {
        _ if depth > MAX_DEPTH => None,
        Json::List(items) => {
            let mut calls = Vec::new();
            for item in items {
                calls.extend(within(item, tools, depth + 1)?);
            }
            Some(calls)
        }
        Json::Text(text) if text.trim_start().starts_with(['{', '[']) => {
            within(&lenient::read_all(text, false).ok()?, tools, depth + 1)
        }
        Json::Object(members) => object(json, members, tools, depth),
        _ => None,
    }
}

fn object(json: &Json, members: &[(String, Json)], tools: &[Tool], depth: usize) -> Option<Vec<RawCall>> {
    if let Some(inside) = LISTS.iter().find_map(|name| json.get(name)) {
        return within(inside, tools, depth + 1);
    }
    let single = SINGLE.iter().find_map(|name| json.get(name).filter(|inside| matches!(inside, Json::Object(_))));
    if let Some(inside) = single {
        return within(inside, tools, depth + 1);
    }
    let named = NAMES.iter().find_map(|key| Some((*key, find_tool(tools, json.get(key)?.as_text()?)?)));
    if let Some((key, tool)) = named {
        let input = INPUTS.iter().find_map(|input| json.get(input).filter(|_| *input != key));
        let input = input.cloned().unwrap_or_else(|| flattened(members, key, tool));
        return Some(vec![RawCall { name: tool.name.clone(), input: RawInput::Json(input) }]);
    }
    match members {
        [(name, input @ (Json::Object(_) | Json::Text(_)))] => {
            let tool = tools.iter().find(|tool| tool.name == *name)?;
            Some(vec![RawCall { name: tool.name.clone(), input: RawInput::Json(input.clone()) }])
        }
        _ => None,
    }
}

/// Returns arguments that stand beside the tool's name.
fn flattened(members: &[(String, Json)], key: &str, tool: &Tool) -> Json {
    let is_argument = |name: &str| name != key && (is_property(tool, name) || !OTHERS.contains(&name));
    Json::Object(members.iter().filter(|(name, _)| is_argument(name)).cloned().collect())
}

fn is_property(tool: &Tool, name: &str) -> bool {
    match &tool.input {
        ToolInput::Json { schema, .. } => schema.get("properties").is_some_and(|known| known.get(name).is_some()),
        ToolInput::Text { .. } => false,
    }
}

/// Returns whether an object that begins like this may be a call, or `None` if more must come first.
pub fn may_begin(text: &str, tools: &[Tool]) -> Option<bool> {
    let inside = text.trim_start_matches(['{', '[']).trim_start();
    let first = inside.chars().next()?;
    let quoted = inside.strip_prefix(['"', '\'', '“']).unwrap_or(inside);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
    let end = quoted.find(|c| !is_part(c)).unwrap_or(quoted.len());
    let key = &quoted[..end];
    let known = || LISTS.iter().chain(&SINGLE).chain(&NAMES).chain(&INPUTS).chain(&["id"]);
    if end == quoted.len() {
        let may_become =
            known().any(|name| name.starts_with(key)) || tools.iter().any(|tool| tool.name.starts_with(key));
        return if may_become { None } else { Some(false) };
    }
    if key.is_empty() || first == ']' {
        return Some(false);
    }
    if tools.iter().any(|tool| tool.name == key) || LISTS.contains(&key) || INPUTS.contains(&key) {
        return Some(true);
    }
    if !known().any(|name| *name == key) {
        return Some(false);
    }
    let value = quoted[end..].trim_start_matches(['"', '\'', '”']).trim_start();
    let Some(value) = value.strip_prefix([':', '=']) else {
        return if value.is_empty() { None } else { Some(false) };
    };
    begins_call(value.trim_start_matches('>').trim_start(), key, tools)
}

/// Returns whether the value of the first member may be that of a call.
fn begins_call(value: &str, key: &str, tools: &[Tool]) -> Option<bool> {
    if value.is_empty() {
        return None;
    }
    if value.starts_with(['{', '[']) {
        return Some(SINGLE.contains(&key));
    }
    let Some(text) = value.strip_prefix(['"', '\'', '“']) else {
        return Some(false);
    };
    let Some(end) = text.find(['"', '\'', '”', '\n']) else {
        return if text.len() > 200 { Some(false) } else { None };
    };
    let word = &text[..end];
    Some(
        match key {
            "id" => word.starts_with("call") || word.starts_with("toolu") || word.starts_with("func"),
            "type" => ["function", "tool_call", "tool_use", "function_call", "custom"].contains(&word),
            _ => false,
        } || find_tool(tools, word).is_some(),
    )
}
