//! Turns what was found in an answer into calls of declared tools.

use super::super::prompt::{Tool, ToolInput};
use super::json::Json;
use super::{lenient, schema};

/// A call as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct RawCall {
    pub name: String,
    pub input: RawInput,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RawInput {
    Json(Json),
    Text(String),
    /// Members whose values are text of any type: `<city>Paris</city>`.
    Members(Vec<(String, String)>),
}

/// A call that may go out.
#[derive(Debug, PartialEq)]
pub struct ReadyCall {
    pub name: String,
    pub input: String,
    pub is_custom: bool,
}

/// Returns the tool that a model means by a name: the name itself, or the only one that differs in case, in `-` and
/// `_`, or in a prefix such as `functions.`.
pub fn find_tool<'t>(tools: &'t [Tool], name: &str) -> Option<&'t Tool> {
    // Some models count their calls: `get_weather:0`.
    let name = name.trim().trim_matches(['"', '\'', '`']);
    let counted = name.rsplit_once(':').filter(|(_, count)| count.bytes().all(|byte| byte.is_ascii_digit()));
    let name = counted.map_or(name, |(name, _)| name);
    if let Some(tool) = tools.iter().find(|tool| tool.name == name) {
        return Some(tool);
    }
    let plain = |name: &str| name.to_ascii_lowercase().replace(['-', ' '], "_");
    let last = name.rsplit(['.', ':', '/']).next().unwrap_or(name);
    for wanted in [plain(name), plain(last)] {
        let mut alike = tools.iter().filter(|tool| plain(&tool.name) == wanted);
        if let (Some(tool), None) = (alike.next(), alike.next()) {
            return Some(tool);
        }
    }
    None
}

/// Returns what is wrong with a call of a tool that was not declared.
pub fn unknown(name: &str, tools: &[Tool]) -> String {
    format!("there is not a tool `{name}`; the tools are: {}.", names(tools))
}

/// Returns what is wrong with a call that names no tool.
pub fn unnamed(tools: &[Tool]) -> String {
    format!("the call does not name a tool; the tools are: {}.", names(tools))
}

fn names(tools: &[Tool]) -> String {
    tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Returns the call in the form that the client expects. With `must_fit`, arguments of every tool must fit its schema,
/// else only those of strict tools. Fails with words for the model.
pub fn resolve(call: RawCall, tools: &[Tool], must_fit: bool) -> Result<ReadyCall, String> {
    let Some(tool) = find_tool(tools, &call.name) else {
        return Err(unknown(&call.name, tools));
    };
    let name = tool.name.clone();
    match &tool.input {
        ToolInput::Text { .. } if must_fit && is_empty(&call.input) => Err(format!("the call of `{name}` is empty.")),
        ToolInput::Text { .. } => Ok(ReadyCall { name, input: free_text(call.input), is_custom: true }),
        ToolInput::Json { schema, strict } => {
            let mut input = object(call.input, schema).map_err(|why| format!("the call of `{name}` {why}"))?;
            schema::coerce(schema, &mut input);
            if (*strict || must_fit)
                && let Err(misfit) = schema::validate_json(schema, &input)
            {
                return Err(format!("the arguments of `{name}` do not fit its schema: {misfit}."));
            }
            Ok(ReadyCall { name, input: input.to_json(), is_custom: false })
        }
    }
}

fn is_empty(input: &RawInput) -> bool {
    matches!(input, RawInput::Text(text) if text.trim().is_empty())
}

/// Returns the text of a custom tool's call.
fn free_text(input: RawInput) -> String {
    match input {
        RawInput::Text(text) => text,
        RawInput::Json(Json::Text(text)) => text,
        RawInput::Json(Json::Object(mut members)) if members.len() == 1 && matches!(members[0].1, Json::Text(_)) => {
            match members.remove(0).1 {
                Json::Text(text) => text,
                other => other.to_json(),
            }
        }
        RawInput::Json(json) => json.to_json(),
        RawInput::Members(mut members) if members.len() == 1 => members.remove(0).1,
        RawInput::Members(members) => {
            Json::Object(members.into_iter().map(|(name, text)| (name, Json::Text(text))).collect()).to_json()
        }
    }
}

type Schema = serde_json::Map<String, serde_json::Value>;

/// Returns the arguments of a JSON tool.
fn object(input: RawInput, schema: &Schema) -> Result<Json, String> {
    match input {
        RawInput::Json(json @ Json::Object(_)) => Ok(json),
        RawInput::Json(Json::Null) => Ok(Json::Object(Vec::new())),
        RawInput::Json(Json::Text(text)) | RawInput::Text(text) => from_text(text, schema),
        RawInput::Json(other) => Err(format!("has {} as arguments, not an object.", other.type_name())),
        RawInput::Members(members) => {
            let typed = |(name, text): (String, String)| {
                let value = typed(&text, property(schema, &name));
                (name, value)
            };
            Ok(Json::Object(members.into_iter().map(typed).collect()))
        }
    }
}

/// Returns arguments that were written as text: JSON, or the value of the only argument.
fn from_text(text: String, schema: &Schema) -> Result<Json, String> {
    if text.trim().is_empty() {
        return Ok(Json::Object(Vec::new()));
    }
    match lenient::read_all(&text, true) {
        Ok(json @ Json::Object(_)) => return Ok(json),
        Err(lenient::Mistake::TooDeep) => {
            return Err("has arguments that are nested too deep.".to_owned());
        }
        _ => {}
    }
    match only_property(schema) {
        Some(name) if !text.trim_start().starts_with('{') => {
            let value = typed(&text, property(schema, &name));
            Ok(Json::Object(vec![(name, value)]))
        }
        _ => Err("has arguments that are not a JSON object.".to_owned()),
    }
}

fn property<'s>(schema: &'s Schema, name: &str) -> Option<&'s Schema> {
    schema.get("properties")?.get(name)?.as_object()
}

/// Returns the name of the only property, or the only required one.
fn only_property(schema: &Schema) -> Option<String> {
    let properties = schema.get("properties")?.as_object()?;
    let required = schema.get("required").and_then(serde_json::Value::as_array);
    match required.map(Vec::as_slice) {
        Some([one]) => one.as_str().map(str::to_owned),
        Some([]) | None if properties.len() == 1 => properties.keys().next().cloned(),
        _ => None,
    }
}

/// Returns a value that was written without quotes: text where a string is allowed, else JSON if it is some.
fn typed(text: &str, schema: Option<&Schema>) -> Json {
    let may_be_text = schema.is_some_and(|schema| match schema.get("type") {
        Some(serde_json::Value::String(one)) => one == "string",
        Some(serde_json::Value::Array(names)) => names.iter().any(|name| name == "string"),
        _ => false,
    });
    if may_be_text {
        return Json::Text(text.to_owned());
    }
    lenient::read_all(text, false).unwrap_or_else(|_| Json::Text(text.to_owned()))
}
