//! Checks a request of the Responses API field by field, so that an error names the field.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};

use self::{
    input::{Input, InputBody},
    tools::Offered,
};
use super::request::{Echo, ResponsesRequest};
use crate::{
    inference::prompt::OutputLimits,
    json::Field,
    protocols::{
        fields::{self, Invalid, invalid, invalid_choice, optional, required},
        openai::chat_completions::{chat_request::ChatRequest, parse::tools::ChoiceBody},
    },
};

pub mod input;
mod output;
mod tools;

type Text<'a> = Field<Cow<'a, str>>;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    model: Text<'a>,
    #[serde(borrow)]
    input: Field<InputBody<'a>>,
    #[serde(borrow)]
    instructions: Text<'a>,
    #[serde(borrow)]
    previous_response_id: Text<'a>,
    tools: Field<Vec<Value>>,
    tool_choice: Field<ChoiceBody>,
    parallel_tool_calls: Field<bool>,
    text: Field<Map<String, Value>>,
    reasoning: Field<Map<String, Value>>,
    max_output_tokens: Field<f64>,
    stream: Field<bool>,
    store: Field<bool>,
    #[serde(borrow)]
    truncation: Text<'a>,
    metadata: Field<Map<String, Value>>,
    #[serde(borrow)]
    user: Text<'a>,
    #[serde(borrow)]
    prompt_cache_key: Text<'a>,
    #[serde(borrow)]
    safety_identifier: Text<'a>,
    temperature: Field<f64>,
    top_p: Field<f64>,
    include: Field<Vec<Value>>,
    // What OpenAI's service offers and the gateway does not.
    background: Field<bool>,
    conversation: Value,
    prompt: Value,
}

/// Parses and checks the JSON of a request. Fails with the field at fault, OpenAI's code for it and what to send.
pub fn responses_request(body: &[u8]) -> Result<ResponsesRequest<'_>, Invalid> {
    let mut body = fields::body(body)?;
    refuse_unsupported(&body)?;
    let model = required(std::mem::take(&mut body.model), "model", "a string")?;
    if model.trim().is_empty() {
        return Err(invalid("model", "invalid_value", "'model' must not be empty.".to_owned()));
    }
    let stream = is_on(&body.stream, "stream")?.unwrap_or_default();
    let store = is_on(&body.store, "store")?.unwrap_or(true);
    let single_tool_call = is_on(&body.parallel_tool_calls, "parallel_tool_calls")? == Some(false);
    let previous = optional(&body.previous_response_id, "previous_response_id", "a string")?.map(|id| id.to_string());
    let limits = OutputLimits { stop: Vec::new(), max_tokens: output::max_tokens(&body.max_output_tokens)? };
    let format = output::format(&body.text)?;
    let (reasoning_format, effort) = (output::reasoning(&body.reasoning)?, output::effort(&body.reasoning)?);
    let sampling = fields::sampling(&body.temperature, &body.top_p)?;
    let includes_encrypted = output::includes_encrypted(&body.include)?;
    let echo = echo(&body)?;
    let Offered { tools, choice: tool_choice, namespaced, searches } = tools::offered(body.tools, body.tool_choice)?;
    let input = required(body.input, "input", "a string or an array of items")?;
    let Input { messages, references } = input::items(input, previous.is_some())?;
    let chat = ChatRequest {
        model,
        messages,
        stream,
        include_usage: false,
        tools,
        tool_choice,
        single_tool_call,
        format,
        limits,
        reasoning_format,
        effort,
        sampling,
        searches,
    };
    let instructions = body.instructions.given();
    Ok(ResponsesRequest { chat, instructions, references, previous, store, namespaced, includes_encrypted, echo })
}

fn is_on(field: &Field<bool>, path: &str) -> Result<Option<bool>, Invalid> {
    Ok(optional(field, path, "a boolean")?.copied())
}

/// Refuses what only OpenAI's own service can do.
fn refuse_unsupported(body: &Body) -> Result<(), Invalid> {
    let message = match body {
        body if is_on(&body.background, "background")? == Some(true) => {
            ("background", "'background' is not supported: leave it out, and read the answer as a stream.")
        }
        body if !body.conversation.is_null() => {
            ("conversation", "'conversation' is not supported: send 'previous_response_id', or the whole dialogue.")
        }
        body if !body.prompt.is_null() => {
            ("prompt", "'prompt' names a template of OpenAI's service: send its text as 'instructions'.")
        }
        _ => return Ok(()),
    };
    Err(invalid(message.0, "unsupported_parameter", message.1.to_owned()))
}

/// Returns the fields that the response repeats. Fails with the field that has the wrong type.
fn echo(body: &Body) -> Result<Echo, Invalid> {
    let text = |field: &Text, path: &str| -> Result<Value, Invalid> {
        Ok(optional(field, path, "a string")?.map_or(Value::Null, |text| Value::from(&**text)))
    };
    let number = |field: &Field<f64>, path: &str| -> Result<Value, Invalid> {
        Ok(optional(field, path, "a number")?.map_or(Value::Null, |number| Value::from(*number)))
    };
    let truncation = text(&body.truncation, "truncation")?;
    if let Some(word) = truncation.as_str().filter(|word| !["auto", "disabled"].contains(word)) {
        return Err(invalid_choice("truncation", word, "'auto', 'disabled'"));
    }
    let metadata = optional(&body.metadata, "metadata", "an object")?.cloned().unwrap_or_default();
    let tool_choice = match &body.tool_choice {
        Field::Given(ChoiceBody::Word(word)) => Value::from(word.as_str()),
        Field::Given(ChoiceBody::Object(object)) => Value::Object(object.clone()),
        _ => Value::from("auto"),
    };
    let max_output_tokens = optional(&body.max_output_tokens, "max_output_tokens", "a number")?;
    Ok(Echo {
        instructions: text(&body.instructions, "instructions")?,
        max_output_tokens: max_output_tokens.map_or(Value::Null, |number| Value::from(*number as u64)),
        metadata: Value::Object(metadata),
        parallel_tool_calls: Value::from(body.parallel_tool_calls.as_ref().copied().unwrap_or(true)),
        previous_response_id: text(&body.previous_response_id, "previous_response_id")?,
        prompt_cache_key: text(&body.prompt_cache_key, "prompt_cache_key")?,
        reasoning: body.reasoning.as_ref().cloned().unwrap_or_default(),
        safety_identifier: text(&body.safety_identifier, "safety_identifier")?,
        temperature: number(&body.temperature, "temperature")?,
        text: body.text.as_ref().cloned().unwrap_or_default(),
        tool_choice,
        tools: Value::Array(body.tools.as_ref().cloned().unwrap_or_default()),
        top_p: number(&body.top_p, "top_p")?,
        truncation,
        user: text(&body.user, "user")?,
    })
}
