//! Checks what a request asks of its answer: format, length, reasoning.

use serde_json::{Map, Value};

use crate::{
    inference::prompt::{Effort, OutputFormat},
    json::Field,
    protocols::{
        fields::{Invalid, invalid, invalid_choice, optional, wrong_type},
        openai::chat_completions::parse::tools::check_schema,
    },
    settings::ReasoningFormat,
};

/// Returns the format that `text.format` asks for. Fails with the field at fault.
pub fn format(text: &Field<Map<String, Value>>) -> Result<OutputFormat, Invalid> {
    const PATH: &str = "text.format";
    let Some(text) = optional(text, "text", "an object")? else { return Ok(OutputFormat::Text) };
    text_in(text, "verbosity", "text.verbosity")?;
    let format = match text.get("format") {
        None | Some(Value::Null) => return Ok(OutputFormat::Text),
        Some(Value::Object(format)) => format,
        Some(found) => return Err(wrong_type(Some(PATH), "an object", kind_of(found))),
    };
    let kind = text_in(format, "type", "text.format.type")?.ok_or_else(|| missing("text.format.type"))?;
    match kind {
        "text" => Ok(OutputFormat::Text),
        "json_object" => Ok(OutputFormat::JsonObject),
        "json_schema" => {
            let name = text_in(format, "name", "text.format.name")?.ok_or_else(|| missing("text.format.name"))?;
            let description = text_in(format, "description", "text.format.description")?.unwrap_or_default();
            let strict = matches!(format.get("strict"), Some(Value::Bool(true)));
            let path = "text.format.schema";
            let schema = match format.get("schema") {
                Some(Value::Object(schema)) => schema.clone(),
                None | Some(Value::Null) => return Err(missing(path)),
                Some(found) => return Err(wrong_type(Some(path), "an object", kind_of(found))),
            };
            check_schema(path, "invalid_json_schema", &schema, strict)?;
            let (name, description) = (name.to_owned(), description.to_owned());
            Ok(OutputFormat::JsonSchema { name, description, schema, strict })
        }
        _ => Err(invalid_choice("text.format.type", kind, "'text', 'json_object', 'json_schema'")),
    }
}

/// Returns the most language tokens of the answer; `None` without a limit. Fails with the field at fault.
pub fn max_tokens(field: &Field<f64>) -> Result<Option<u64>, Invalid> {
    const PATH: &str = "max_output_tokens";
    match optional(field, PATH, "a number")? {
        Some(number) if *number < 1.0 || number.fract() != 0.0 => {
            let message = format!("'{PATH}' must be a whole number of at least 1.");
            Err(invalid(PATH, "integer_below_min_value", message))
        }
        number => Ok(number.map(|number| *number as u64)),
    }
}

/// Returns where the answer has the reasoning: in items of its own if the request asks for summaries, nowhere if its
/// effort is `none`. Fails with the field at fault.
pub fn reasoning(field: &Field<Map<String, Value>>) -> Result<Option<ReasoningFormat>, Invalid> {
    let Some(reasoning) = optional(field, "reasoning", "an object")? else { return Ok(None) };
    let effort = text_in(reasoning, "effort", "reasoning.effort")?;
    let summary = match text_in(reasoning, "summary", "reasoning.summary")? {
        // The older name.
        None => text_in(reasoning, "generate_summary", "reasoning.generate_summary")?,
        summary => summary,
    };
    Ok(match (effort, summary) {
        (_, Some("none")) | (Some("none"), None) => Some(ReasoningFormat::Hidden),
        (_, Some(_)) => Some(ReasoningFormat::Parsed),
        (_, None) => None,
    })
}

/// Returns how much the model is to think; `None` for words that the gateway does not know. Fails with the field at fault.
pub fn effort(field: &Field<Map<String, Value>>) -> Result<Option<Effort>, Invalid> {
    let Some(reasoning) = optional(field, "reasoning", "an object")? else { return Ok(None) };
    Ok(text_in(reasoning, "effort", "reasoning.effort")?.and_then(Effort::named))
}

/// Returns whether the client wants the reasoning in its encrypted form. Fails with the field at fault.
pub fn includes_encrypted(field: &Field<Vec<Value>>) -> Result<bool, Invalid> {
    let included = optional(field, "include", "an array")?;
    Ok(included.is_some_and(|all| all.iter().any(|name| name == "reasoning.encrypted_content")))
}

/// Returns the text in a member; `None` if it is missing or null. Fails if it has another type.
pub fn text_in<'o>(object: &'o Map<String, Value>, member: &str, path: &str) -> Result<Option<&'o str>, Invalid> {
    match object.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(found) => Err(wrong_type(Some(path), "a string", kind_of(found))),
    }
}

/// Returns the fault of a field that must be given.
pub fn missing(path: &str) -> Invalid {
    invalid(path, "missing_required_parameter", format!("Missing required parameter: '{path}'."))
}

/// Returns the name of a value's type, for errors.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
