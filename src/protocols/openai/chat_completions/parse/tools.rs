//! Checks the tools of a chat request, and the choice among them.

use std::collections::BTreeSet;

use serde::{Deserialize, de::MapAccess};
use serde_json::{Map, Value};

use super::Text;
use crate::{
    inference::{
        emulate::schema,
        prompt::{Tool, ToolChoice, ToolInput},
    },
    json::{Field, Kind, Object},
    protocols::fields::{Invalid, invalid, invalid_choice, optional, required},
};

/// A tool. The Responses API has a function's fields beside its type; some clients send that form here.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ToolBody<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    function: Field<Object<DeclaredBody<'a>>>,
    #[serde(borrow)]
    custom: Field<Object<DeclaredBody<'a>>>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    parameters: Field<Map<String, Value>>,
    strict: Field<bool>,
    format: Field<Map<String, Value>>,
}

/// A function has `parameters` and `strict`, a custom tool has a `format`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct DeclaredBody<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    parameters: Field<Map<String, Value>>,
    strict: Field<bool>,
    format: Field<Map<String, Value>>,
}

/// A word, or an object that names a tool.
pub enum ChoiceBody {
    Word(String),
    Object(Map<String, Value>),
}

impl<'de> Kind<'de> for ChoiceBody {
    fn text(text: &str) -> Option<Self> {
        Some(ChoiceBody::Word(text.to_owned()))
    }
    fn object<A: MapAccess<'de>>(entries: A) -> Result<Option<Self>, A::Error> {
        Ok(Map::object(entries)?.map(ChoiceBody::Object))
    }
}

/// Returns the checked tools, and the choice among them. Fails with the field at fault.
pub fn tools(
    bodies: Field<Vec<Field<Object<ToolBody>>>>,
    choice: Field<ChoiceBody>,
) -> Result<(Vec<Tool>, ToolChoice), Invalid> {
    let bodies = match bodies {
        Field::Missing | Field::Null => Vec::new(),
        bodies => required(bodies, "tools", "an array")?,
    };
    let mut tools = Vec::with_capacity(bodies.len());
    let mut names = BTreeSet::new();
    for (index, body) in bodies.into_iter().enumerate() {
        let path = format!("tools.{index}");
        let tool = tool(&path, body)?;
        if !names.insert(tool.name.clone()) {
            let message = format!("The tool name '{}' is used twice: give each tool a name of its own.", tool.name);
            return Err(invalid(&path, "invalid_value", message));
        }
        tools.push(tool);
    }
    let choice = match choice {
        Field::Missing | Field::Null => ToolChoice::Auto,
        choice => chosen(required(choice, "tool_choice", "a string or an object")?, &mut tools)?,
    };
    if tools.is_empty() && matches!(choice, ToolChoice::Required | ToolChoice::Named(_)) {
        let message = "'tool_choice' asks for a call, and 'tools' names none: send 'tools' as well.";
        return Err(invalid("tool_choice", "invalid_value", message.to_owned()));
    }
    Ok((tools, choice))
}

fn tool(path: &str, body: Field<Object<ToolBody>>) -> Result<Tool, Invalid> {
    let Object(body) = required(body, path, "an object")?;
    let kind = required(body.kind, &format!("{path}.type"), "a string")?;
    let is_function = match &*kind {
        "function" => true,
        "custom" => false,
        _ => return Err(invalid_choice(&format!("{path}.type"), &kind, "'function', 'custom'")),
    };
    let nested = if is_function { body.function } else { body.custom };
    let (path, declared) = match nested {
        Field::Missing if !matches!(body.name, Field::Missing) => {
            let ToolBody { name, description, parameters, strict, format, .. } = body;
            (path.to_owned(), DeclaredBody { name, description, parameters, strict, format })
        }
        nested => {
            let path = format!("{path}.{kind}");
            let Object(declared) = required(nested, &path, "an object")?;
            (path, declared)
        }
    };
    let name = required(declared.name, &format!("{path}.name"), "a string")?;
    check_name(&format!("{path}.name"), &name)?;
    let description = optional(&declared.description, &format!("{path}.description"), "a string")?;
    let description = description.map(|text| text.to_string()).unwrap_or_default();
    let input = if is_function {
        let strict = optional(&declared.strict, &format!("{path}.strict"), "a boolean")?.is_some_and(|on| *on);
        let path = format!("{path}.parameters");
        let schema = optional(&declared.parameters, &path, "an object")?.cloned().unwrap_or_default();
        check_schema(&path, "invalid_function_parameters", &schema, strict)?;
        ToolInput::Json { schema, strict }
    } else {
        ToolInput::Text { grammar: grammar(&format!("{path}.format"), &declared.format)? }
    };
    Ok(Tool { name: name.into_owned(), description, input })
}

/// Checks a tool's name. Other programs allow more than OpenAI, which takes letters, digits, `_` and `-`, up to 64.
pub fn check_name(path: &str, name: &str) -> Result<(), Invalid> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte);
    if (1..=128).contains(&name.len()) && name.bytes().all(is_allowed) {
        return Ok(());
    }
    let message = format!("'{path}' must have 1 to 128 letters, digits or characters of '_-.:/'.");
    Err(invalid(path, "invalid_value", message))
}

/// Checks that a schema uses what the gateway can check. Fails with the path of the keyword at fault.
pub fn check_schema(path: &str, code: &'static str, schema: &Map<String, Value>, strict: bool) -> Result<(), Invalid> {
    schema::check(schema, strict).map_err(|error| {
        let path = if error.path.is_empty() { path.to_owned() } else { format!("{path}.{}", error.path) };
        invalid(&path, code, format!("Invalid schema at '{path}': {}", error.message))
    })
}

/// Returns a custom tool's grammar in the client's words: `{type: grammar, grammar: {syntax, definition}}`.
pub fn grammar(path: &str, format: &Field<Map<String, Value>>) -> Result<Option<String>, Invalid> {
    let Some(format) = optional(format, path, "an object")? else { return Ok(None) };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let definition = format.get("grammar").and_then(|grammar| text(grammar.get("definition")));
    match text(format.get("type")).as_deref() {
        Some("text") => Ok(None),
        Some("grammar") => match definition.or_else(|| text(format.get("definition"))) {
            Some(definition) => Ok(Some(definition)),
            None => {
                let path = format!("{path}.grammar.definition");
                let message = format!("Missing required parameter: '{path}'.");
                Err(invalid(&path, "missing_required_parameter", message))
            }
        },
        kind => Err(invalid_choice(&format!("{path}.type"), kind.unwrap_or_default(), "'text', 'grammar'")),
    }
}

/// Returns the choice. Of a list of allowed tools, only those stay in `tools`.
pub fn chosen(choice: ChoiceBody, tools: &mut Vec<Tool>) -> Result<ToolChoice, Invalid> {
    const WORDS: &str = "'none', 'auto', 'required', or an object that names a tool";
    let object = match choice {
        ChoiceBody::Word(word) => {
            return mode(&word).ok_or_else(|| invalid_choice("tool_choice", &word, WORDS));
        }
        ChoiceBody::Object(object) => object,
    };
    let kind = object.get("type").and_then(Value::as_str).unwrap_or_default();
    match kind {
        "function" | "custom" => {
            let name = name_in(&object, kind).ok_or_else(|| {
                let path = format!("tool_choice.{kind}.name");
                let message = format!("Missing required parameter: '{path}'.");
                invalid(&path, "missing_required_parameter", message)
            })?;
            check_known(&format!("tool_choice.{kind}.name"), name, tools)?;
            Ok(ToolChoice::Named(name.to_owned()))
        }
        "allowed_tools" => {
            let allowed = object.get("allowed_tools").and_then(Value::as_object).unwrap_or(&object);
            let named = allowed.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let names: BTreeSet<_> = named
                .iter()
                .filter_map(Value::as_object)
                .filter_map(|tool| name_in(tool, tool.get("type").and_then(Value::as_str).unwrap_or_default()))
                .collect();
            for name in &names {
                check_known("tool_choice.allowed_tools.tools", name, tools)?;
            }
            tools.retain(|tool| names.contains(tool.name.as_str()));
            let word = allowed.get("mode").and_then(Value::as_str).unwrap_or("auto");
            mode(word).ok_or_else(|| invalid_choice("tool_choice.allowed_tools.mode", word, "'auto', 'required'"))
        }
        _ => Err(invalid_choice("tool_choice.type", kind, "'function', 'custom', 'allowed_tools'")),
    }
}

fn mode(word: &str) -> Option<ToolChoice> {
    match word {
        "none" => Some(ToolChoice::None),
        "auto" => Some(ToolChoice::Auto),
        "required" => Some(ToolChoice::Required),
        _ => None,
    }
}

/// Returns the name in an object like `{type: function, function: {name}}`, or in the Responses API's `{type, name}`.
fn name_in<'t>(object: &'t Map<String, Value>, kind: &str) -> Option<&'t str> {
    let nested = object.get(kind).and_then(|nested| nested.get("name"));
    nested.or_else(|| object.get("name")).and_then(Value::as_str)
}

fn check_known(path: &str, name: &str, tools: &[Tool]) -> Result<(), Invalid> {
    if tools.iter().any(|tool| tool.name == name) {
        return Ok(());
    }
    let name: String = name.chars().take(64).collect();
    Err(invalid(path, "invalid_value", format!("'{path}' names '{name}', which is not in 'tools'.")))
}
