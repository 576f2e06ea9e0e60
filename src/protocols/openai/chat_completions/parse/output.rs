//! Checks what a chat request asks of its answer: format, length, stop sequences, reasoning.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::SeqAccess;
use serde_json::{Map, Value};

use super::{Text, tools::check_schema};
use crate::{
    inference::prompt::{Effort, OutputFormat, OutputLimits},
    json::{Field, Kind, Object},
    protocols::fields::{Invalid, invalid, invalid_choice, optional, required},
    settings::ReasoningFormat,
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct FormatBody<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    json_schema: Field<Object<SchemaBody<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SchemaBody<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    schema: Field<Map<String, Value>>,
    strict: Field<bool>,
}

/// Returns the format that `response_format` asks for. Fails with the field at fault.
pub fn format(body: Field<Object<FormatBody>>) -> Result<OutputFormat, Invalid> {
    let Object(body) = match body {
        Field::Missing | Field::Null => return Ok(OutputFormat::Text),
        body => required(body, "response_format", "an object")?,
    };
    let kind = required(body.kind, "response_format.type", "a string")?;
    match &*kind {
        "text" => Ok(OutputFormat::Text),
        "json_object" => Ok(OutputFormat::JsonObject),
        "json_schema" => {
            let path = "response_format.json_schema";
            let Object(body) = required(body.json_schema, path, "an object")?;
            let name = required(body.name, &format!("{path}.name"), "a string")?.into_owned();
            let description = optional(&body.description, &format!("{path}.description"), "a string")?;
            let description = description.map(|text| text.to_string()).unwrap_or_default();
            let strict = optional(&body.strict, &format!("{path}.strict"), "a boolean")?.is_some_and(|on| *on);
            let path = format!("{path}.schema");
            let schema = required(body.schema, &path, "an object")?;
            check_schema(&path, "invalid_json_schema", &schema, strict)?;
            Ok(OutputFormat::JsonSchema { name, description, schema, strict })
        }
        _ => {
            let choices = "'text', 'json_object', 'json_schema'";
            Err(invalid_choice("response_format.type", &kind, choices))
        }
    }
}

/// One stop sequence or several.
pub struct Stop<'a>(Vec<Cow<'a, str>>);

impl<'de: 'a, 'a> Kind<'de> for Stop<'a> {
    fn borrowed(text: &'de str) -> Option<Self> {
        Some(Stop(vec![text.into()]))
    }
    fn text(text: &str) -> Option<Self> {
        Some(Stop(vec![text.to_owned().into()]))
    }
    fn list<A: SeqAccess<'de>>(items: A) -> Result<Option<Self>, A::Error> {
        let items: Vec<Text<'a>> = Vec::list(items)?.unwrap_or_default();
        Ok(items.into_iter().map(Field::given).collect::<Option<_>>().map(Stop))
    }
}

/// Maximum number of stop sequences: four times what OpenAI takes.
const MAX_STOP: usize = 16;

/// Returns where the answer's text ends early. Fails with the field at fault.
pub fn limits(stop: &Field<Stop>, numbers: [(&Field<f64>, &str); 2]) -> Result<OutputLimits, Invalid> {
    let stop = optional(stop, "stop", "a string or an array of strings")?;
    let stop: Vec<_> = stop.iter().flat_map(|Stop(texts)| texts).filter(|text| !text.is_empty()).collect();
    if stop.len() > MAX_STOP {
        let message = format!("'stop' has {} sequences: send at most {MAX_STOP}.", stop.len());
        return Err(invalid("stop", "array_above_max_length", message));
    }
    let mut max_tokens = None;
    for (field, name) in numbers {
        match optional(field, name, "a number")? {
            Some(number) if *number < 1.0 || number.fract() != 0.0 => {
                let message = format!("'{name}' must be a whole number of at least 1.");
                return Err(invalid(name, "integer_below_min_value", message));
            }
            Some(number) => max_tokens = max_tokens.or(Some(*number as u64)),
            None => {}
        }
    }
    Ok(OutputLimits { stop: stop.into_iter().map(|text| text.to_string()).collect(), max_tokens })
}

/// Returns where the answer has the reasoning: as `reasoning_format` says, else nowhere if `reasoning_effort` is
/// `none`. Fails with the field at fault.
pub fn reasoning(format: &Text, effort: &Text) -> Result<Option<ReasoningFormat>, Invalid> {
    let effort = optional(effort, "reasoning_effort", "a string")?;
    let Some(name) = optional(format, "reasoning_format", "a string")? else {
        return Ok(effort.filter(|effort| *effort == "none").map(|_| ReasoningFormat::Hidden));
    };
    let format = ReasoningFormat::named(name);
    format.map(Some).ok_or_else(|| invalid_choice("reasoning_format", name, "'raw', 'parsed', 'hidden'"))
}

/// Returns how much the model is to think; `None` for words that the gateway does not know. Fails with the field at fault.
pub fn effort(effort: &Text) -> Result<Option<Effort>, Invalid> {
    Ok(optional(effort, "reasoning_effort", "a string")?.and_then(|name| Effort::named(name)))
}
