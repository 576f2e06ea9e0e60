//! Checks the tools of a request, and the choice among them.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Text;
use crate::{
    inference::{
        emulate::schema,
        prompt::{Searches, Tool, ToolChoice, ToolInput},
    },
    json::{Field, Object},
    protocols::fields::{Invalid, invalid, invalid_choice, optional, required},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ToolBody<'a> {
    /// Missing or `custom` for a tool that the client describes.
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    input_schema: Field<Map<String, Value>>,
    strict: Field<bool>,
    defer_loading: Field<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ChoiceBody<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    disable_parallel_tool_use: Field<bool>,
}

/// The checked tools.
pub struct Tools {
    pub tools: Vec<Tool>,
    pub choice: ToolChoice,
    /// Whether an answer has at most one call.
    pub single: bool,
    pub searches: Searches,
}

/// What the gateway does with a tool that runs on Anthropic's servers.
enum ServerTool {
    /// The model searches the web itself.
    Search,
    /// All tools are offered, so that none must be searched for.
    ToolSearch,
}

/// Returns the checked tools, and the choice among them. `offers` says whether the messages offer or withdraw a tool. If
/// they do neither, one whose loading is deferred counts only if a tool of the server was to search for it. Fails with
/// the field at fault.
pub fn tools(
    bodies: Field<Vec<Field<Object<ToolBody>>>>,
    choice: Field<Object<ChoiceBody>>,
    offers: impl Fn(&str) -> Option<bool>,
) -> Result<Tools, Invalid> {
    let bodies = match bodies {
        Field::Missing | Field::Null => Vec::new(),
        bodies => required(bodies, "tools", "an array")?,
    };
    let (mut tools, mut deferred, mut left_out) = (Vec::with_capacity(bodies.len()), BTreeSet::new(), BTreeSet::new());
    let (mut searches_tools, mut searches) = (false, Searches::default());
    for (index, body) in bodies.into_iter().enumerate() {
        let path = format!("tools.{index}");
        let Object(body) = required(body, &path, "an object")?;
        if let Some(server) = server_tool(&path, &body)? {
            searches_tools |= matches!(server, ServerTool::ToolSearch);
            searches.web |= matches!(server, ServerTool::Search);
            left_out.extend(body.name.given().map(|name| name.into_owned()));
            continue;
        }
        let is_deferred = optional(&body.defer_loading, &format!("{path}.defer_loading"), "a boolean")? == Some(&true);
        let tool = tool(&path, body)?;
        if tools.iter().any(|other: &Tool| other.name == tool.name) {
            let message = format!("The tool name '{}' is used twice: give each tool a name of its own.", tool.name);
            return Err(invalid(&format!("{path}.name"), "invalid_value", message));
        }
        if is_deferred {
            deferred.insert(tool.name.clone());
        }
        tools.push(tool);
    }
    let (choice, single) = chosen(choice, &tools, &left_out)?;
    let is_named = |tool: &Tool| matches!(&choice, ToolChoice::Named(name) if *name == tool.name);
    tools.retain(|tool| {
        let is_loaded = searches_tools || !deferred.contains(&tool.name);
        offers(&tool.name).unwrap_or(is_loaded) || is_named(tool)
    });
    Ok(Tools { tools, choice, single, searches })
}

/// Returns what a tool of the server is, and `None` for one of the client. Fails if Grok cannot do what it does.
fn server_tool(path: &str, body: &ToolBody) -> Result<Option<ServerTool>, Invalid> {
    let path = format!("{path}.type");
    let Some(kind) = optional(&body.kind, &path, "a string")?.filter(|kind| *kind != "custom") else {
        return Ok(None);
    };
    if kind.starts_with("web_search_") {
        return Ok(Some(ServerTool::Search));
    }
    if kind.starts_with("tool_search_tool_") {
        return Ok(Some(ServerTool::ToolSearch));
    }
    let kind: String = kind.chars().take(64).collect();
    let message = format!(
        "Grok does not have the tool '{kind}': leave it out, or describe a tool of your own with 'name', 'description' \
         and 'input_schema', without 'type'."
    );
    Err(invalid(&path, "unsupported_value", message))
}

fn tool(path: &str, body: ToolBody) -> Result<Tool, Invalid> {
    let name = required(body.name, &format!("{path}.name"), "a string")?;
    check_name(&format!("{path}.name"), &name)?;
    let description = optional(&body.description, &format!("{path}.description"), "a string")?;
    let description = description.map(|text| text.to_string()).unwrap_or_default();
    let strict = optional(&body.strict, &format!("{path}.strict"), "a boolean")?.is_some_and(|on| *on);
    let path = format!("{path}.input_schema");
    let schema = required(body.input_schema, &path, "an object")?;
    check_schema(&path, &schema, strict)?;
    Ok(Tool { name: name.into_owned(), description, input: ToolInput::Json { schema, strict } })
}

/// Names of tools that other programs allow, too: Anthropic itself takes letters, digits, `_` and `-`.
fn check_name(path: &str, name: &str) -> Result<(), Invalid> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte);
    if (1..=128).contains(&name.len()) && name.bytes().all(is_allowed) {
        return Ok(());
    }
    let message = format!("'{path}' must have 1 to 128 letters, digits or characters of '_-.:/'.");
    Err(invalid(path, "invalid_value", message))
}

/// Checks that a schema uses what the gateway can check. Fails with the path of the keyword at fault.
pub fn check_schema(path: &str, schema: &Map<String, Value>, strict: bool) -> Result<(), Invalid> {
    schema::check(schema, strict).map_err(|error| {
        let path = if error.path.is_empty() { path.to_owned() } else { format!("{path}.{}", error.path) };
        invalid(&path, "invalid_json_schema", format!("Invalid schema at '{path}': {}", error.message))
    })
}

/// Returns the choice, and whether an answer has at most one call. A choice of a tool that was left out is the model's.
fn chosen(
    body: Field<Object<ChoiceBody>>,
    tools: &[Tool],
    left_out: &BTreeSet<String>,
) -> Result<(ToolChoice, bool), Invalid> {
    let Object(body) = match body {
        Field::Missing | Field::Null => return Ok((ToolChoice::Auto, false)),
        body => required(body, "tool_choice", "an object")?,
    };
    let path = "tool_choice.disable_parallel_tool_use";
    let single = optional(&body.disable_parallel_tool_use, path, "a boolean")? == Some(&true);
    let kind = required(body.kind, "tool_choice.type", "a string")?;
    let choice = match &*kind {
        "auto" => ToolChoice::Auto,
        "none" => ToolChoice::None,
        "any" if !tools.is_empty() => ToolChoice::Required,
        "any" if !left_out.is_empty() => ToolChoice::Auto,
        "any" => {
            let message = "'tool_choice' asks for a call, and 'tools' names none: send 'tools' as well.";
            return Err(invalid("tool_choice", "invalid_value", message.to_owned()));
        }
        "tool" => named(required(body.name, "tool_choice.name", "a string")?.into_owned(), tools, left_out)?,
        _ => return Err(invalid_choice("tool_choice.type", &kind, "'auto', 'any', 'tool', 'none'")),
    };
    Ok((choice, single))
}

fn named(name: String, tools: &[Tool], left_out: &BTreeSet<String>) -> Result<ToolChoice, Invalid> {
    if tools.iter().any(|tool| tool.name == name) {
        return Ok(ToolChoice::Named(name));
    }
    if left_out.contains(&name) {
        return Ok(ToolChoice::Auto);
    }
    let name: String = name.chars().take(64).collect();
    let message = format!("'tool_choice.name' names '{name}', which is not in 'tools'.");
    Err(invalid("tool_choice.name", "invalid_value", message))
}
