//! Checks the tools of a request, and the choice among them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::output::{kind_of, missing, text_in};
use crate::{
    inference::prompt::{Searches, Tool, ToolChoice, ToolInput},
    json::Field,
    protocols::{
        fields::{Invalid, invalid, required, wrong_type},
        openai::{
            chat_completions::parse::tools::{ChoiceBody, check_name, check_schema, chosen, grammar},
            responses::request::Namespaced,
        },
    },
};

/// What the model may call.
pub struct Offered {
    pub tools: Vec<Tool>,
    pub choice: ToolChoice,
    pub namespaced: Vec<Namespaced>,
    pub searches: Searches,
}

/// Returns the checked tools, and the choice among them. Searches are not the client's tools. Fails with
/// the field at fault.
pub fn offered(bodies: Field<Vec<Value>>, choice: Field<ChoiceBody>) -> Result<Offered, Invalid> {
    let bodies = match bodies {
        Field::Missing | Field::Null => Vec::new(),
        bodies => required(bodies, "tools", "an array")?,
    };
    let mut reading = Reading::default();
    for (index, body) in bodies.into_iter().enumerate() {
        reading.tool(&format!("tools.{index}"), body)?;
    }
    let Reading { mut tools, namespaced, searches, .. } = reading;
    let choice = match choice {
        Field::Missing | Field::Null => ToolChoice::Auto,
        Field::Given(ChoiceBody::Object(object)) if is_search(kind_in(&object)) || kind_in(&object) == X_SEARCH => {
            ToolChoice::Auto
        }
        choice => chosen(required(choice, "tool_choice", "a string or an object")?, &mut tools)?,
    };
    // Whether it searches is the model's choice.
    let choice = if searches != Searches::default() && tools.is_empty() { ToolChoice::Auto } else { choice };
    if tools.is_empty() && matches!(choice, ToolChoice::Required | ToolChoice::Named(_)) {
        let message = "'tool_choice' asks for a call, and 'tools' names none: send 'tools' as well.";
        return Err(invalid("tool_choice", "invalid_value", message.to_owned()));
    }
    Ok(Offered { tools, choice, namespaced, searches })
}

fn kind_in(object: &Map<String, Value>) -> &str {
    object.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// The name of xAI's search in posts of X.
const X_SEARCH: &str = "x_search";

/// Returns whether this is one of the names of OpenAI's web search: `web_search`, `web_search_preview`, with dates.
fn is_search(kind: &str) -> bool {
    kind.starts_with("web_search")
}

#[derive(Default)]
struct Reading {
    tools: Vec<Tool>,
    names: BTreeSet<String>,
    namespaced: Vec<Namespaced>,
    searches: Searches,
}

impl Reading {
    fn tool(&mut self, path: &str, body: Value) -> Result<(), Invalid> {
        let body = object(path, body)?;
        let kind = text_in(&body, "type", &format!("{path}.type"))?.ok_or_else(|| missing(&format!("{path}.type")))?;
        match kind {
            "function" | "custom" => self.add(path, body, None),
            "namespace" => self.namespace(path, body),
            kind if is_search(kind) => {
                self.searches.web = true;
                Ok(())
            }
            X_SEARCH => {
                self.searches.x = true;
                Ok(())
            }
            _ => {
                let kind: String = kind.chars().take(64).collect();
                let message = format!(
                    "The built-in tool '{kind}' at '{path}' belongs to OpenAI's service and is not offered here: leave it \
                     out. 'function', 'custom', 'namespace', 'web_search' and 'x_search' work."
                );
                Err(invalid(&format!("{path}.type"), "unsupported_value", message))
            }
        }
    }

    /// Adds the tools of a namespace. Codex has the tools of MCP servers in these.
    fn namespace(&mut self, path: &str, mut body: Map<String, Value>) -> Result<(), Invalid> {
        let name = text_in(&body, "name", &format!("{path}.name"))?.ok_or_else(|| missing(&format!("{path}.name")))?;
        check_name(&format!("{path}.name"), name)?;
        let name = name.to_owned();
        let tools = match body.remove("tools") {
            Some(Value::Array(tools)) => tools,
            None | Some(Value::Null) => return Err(missing(&format!("{path}.tools"))),
            Some(found) => return Err(wrong_type(Some(&format!("{path}.tools")), "an array", kind_of(&found))),
        };
        for (index, tool) in tools.into_iter().enumerate() {
            let path = format!("{path}.tools.{index}");
            self.add(&path, object(&path, tool)?, Some(&name))?;
        }
        Ok(())
    }

    fn add(&mut self, path: &str, mut body: Map<String, Value>, namespace: Option<&str>) -> Result<(), Invalid> {
        let name = text_in(&body, "name", &format!("{path}.name"))?.ok_or_else(|| missing(&format!("{path}.name")))?;
        check_name(&format!("{path}.name"), name)?;
        let description = text_in(&body, "description", &format!("{path}.description"))?.unwrap_or_default();
        let (name, description) = (name.to_owned(), description.to_owned());
        let full = namespace.map_or(name.clone(), |namespace| full_name(namespace, &name));
        if !self.names.insert(full.clone()) {
            let message = format!("The tool name '{full}' is used twice: give each tool a name of its own.");
            return Err(invalid(path, "invalid_value", message));
        }
        let input = if kind_in(&body) == "custom" {
            let format = match body.remove("format") {
                Some(Value::Object(format)) => Field::Given(format),
                None | Some(Value::Null) => Field::Missing,
                Some(found) => Field::Wrong(kind_of(&found)),
            };
            ToolInput::Text { grammar: grammar(&format!("{path}.format"), &format)? }
        } else {
            let strict = matches!(body.get("strict"), Some(Value::Bool(true)));
            let path = format!("{path}.parameters");
            let schema = match body.remove("parameters") {
                Some(Value::Object(schema)) => schema,
                None | Some(Value::Null) => Map::new(),
                Some(found) => return Err(wrong_type(Some(&path), "an object", kind_of(&found))),
            };
            check_schema(&path, "invalid_function_parameters", &schema, strict)?;
            ToolInput::Json { schema, strict }
        };
        if let Some(namespace) = namespace {
            self.namespaced.push(Namespaced { full: full.clone(), namespace: namespace.to_owned(), name });
        }
        self.tools.push(Tool { name: full, description, input });
        Ok(())
    }
}

/// Returns the name by which the model knows a tool of a namespace.
pub fn full_name(namespace: &str, name: &str) -> String {
    format!("{namespace}.{name}")
}

fn object(path: &str, value: Value) -> Result<Map<String, Value>, Invalid> {
    match value {
        Value::Object(object) => Ok(object),
        found => Err(wrong_type(Some(path), "an object", kind_of(&found))),
    }
}
