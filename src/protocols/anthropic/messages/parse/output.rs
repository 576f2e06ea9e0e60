//! Checks what a request asks of its answer: length, stop sequences, reasoning, format.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Text, tools::check_schema};
use crate::{
    inference::prompt::{Effort, OutputFormat},
    json::{Field, Object},
    protocols::fields::{Invalid, invalid, invalid_choice, optional, required},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ThinkingBody<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    budget_tokens: Field<f64>,
    #[serde(borrow)]
    display: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct OutputBody<'a> {
    #[serde(borrow)]
    format: Field<Object<FormatBody<'a>>>,
    #[serde(borrow)]
    effort: Text<'a>,
}

/// What a request asks of its answer besides its length.
pub struct OutputWanted {
    /// `None`: text.
    pub format: Option<OutputFormat>,
    /// How much the model is to think; `None` for words that the gateway does not know.
    pub effort: Option<Effort>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct FormatBody<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    schema: Field<Map<String, Value>>,
}

/// Returns the limit of the answer in language tokens. Fails if it is not a whole number from 1, or missing though it
/// `is_required`.
pub fn max_tokens(field: &Field<f64>, is_required: bool) -> Result<Option<u64>, Invalid> {
    let number = match field {
        Field::Missing | Field::Null if !is_required => return Ok(None),
        field => required(field.clone(), "max_tokens", "a number")?,
    };
    if number < 1.0 || number.fract() != 0.0 {
        let message = "'max_tokens' must be a whole number of at least 1.";
        return Err(invalid("max_tokens", "integer_below_min_value", message.to_owned()));
    }
    Ok(Some(number as u64))
}

/// Maximum number of stop sequences: four times what OpenAI takes.
const MAX_STOP: usize = 16;

/// Returns the stop sequences that are not empty. Fails with the field at fault.
pub fn stop_sequences(field: &Field<Vec<Text>>) -> Result<Vec<String>, Invalid> {
    let given = optional(field, "stop_sequences", "an array of strings")?.map(Vec::as_slice).unwrap_or_default();
    let mut stop = Vec::with_capacity(given.len());
    for (index, text) in given.iter().enumerate() {
        let text = required(text.clone(), &format!("stop_sequences.{index}"), "a string")?;
        if !text.is_empty() {
            stop.push(text.into_owned());
        }
    }
    if stop.len() > MAX_STOP {
        let message = format!("'stop_sequences' has {} texts: send at most {MAX_STOP}.", stop.len());
        return Err(invalid("stop_sequences", "array_above_max_length", message));
    }
    Ok(stop)
}

/// Returns whether the answer shows the reasoning. Fails with the field at fault.
pub fn thinks(field: &Field<Object<ThinkingBody>>) -> Result<bool, Invalid> {
    let Some(Object(body)) = optional(field, "thinking", "an object")? else { return Ok(false) };
    optional(&body.budget_tokens, "thinking.budget_tokens", "a number")?;
    let is_omitted = optional(&body.display, "thinking.display", "a string")?.is_some_and(|word| word == "omitted");
    let kind = required(body.kind.clone(), "thinking.type", "a string")?;
    match &*kind {
        "enabled" | "adaptive" | "between_tools" => Ok(!is_omitted),
        "disabled" => Ok(false),
        _ => Err(invalid_choice("thinking.type", &kind, "'enabled', 'adaptive', 'disabled'")),
    }
}

/// Returns what `output_config`, or the older `output_format`, asks for. Fails with the field at fault.
pub fn wanted(config: Field<Object<OutputBody>>, older: Field<Object<FormatBody>>) -> Result<OutputWanted, Invalid> {
    let OutputBody { format, effort } = match config {
        Field::Missing | Field::Null => OutputBody::default(),
        config => required(config, "output_config", "an object")?.0,
    };
    let effort = optional(&effort, "output_config.effort", "a string")?.and_then(|name| Effort::named(name));
    Ok(OutputWanted { format: format_of(format, older)?, effort })
}

fn format_of(
    format: Field<Object<FormatBody>>,
    older: Field<Object<FormatBody>>,
) -> Result<Option<OutputFormat>, Invalid> {
    let (path, format) = match format {
        Field::Missing | Field::Null => ("output_format", older),
        format => ("output_config.format", format),
    };
    let Object(body) = match format {
        Field::Missing | Field::Null => return Ok(None),
        format => required(format, path, "an object")?,
    };
    let kind = required(body.kind, &format!("{path}.type"), "a string")?;
    if kind != "json_schema" {
        return Err(invalid_choice(&format!("{path}.type"), &kind, "'json_schema'"));
    }
    let path = format!("{path}.schema");
    let schema = required(body.schema, &path, "an object")?;
    check_schema(&path, &schema, false)?;
    let (name, description) = ("answer".to_owned(), String::new());
    Ok(Some(OutputFormat::JsonSchema { name, description, schema, strict: false }))
}
