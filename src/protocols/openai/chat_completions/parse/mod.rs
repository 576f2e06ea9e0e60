//! Checks a chat request field by field, so that an error names the field.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};

use self::{
    messages::{MessageBody, messages},
    output::{FormatBody, Stop},
    tools::{ChoiceBody, ToolBody},
};
use super::chat_request::{ChatRequest, Message, Part};
use crate::{
    inference::prompt::{Role, Searches},
    json::{Field, Object, Present},
    protocols::{
        fields::{self, Invalid, invalid, optional, required},
        openai::responses::parse::input::{Input, InputBody, items, joined},
    },
};

mod messages;
mod output;
pub mod tools;

type Text<'a> = Field<Cow<'a, str>>;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    model: Text<'a>,
    #[serde(borrow)]
    messages: Field<Vec<Field<Object<MessageBody<'a>>>>>,
    /// Fields of the Responses API, in place of `messages`: Cursor sends them here, and reads a chat's answer.
    #[serde(borrow)]
    input: Field<InputBody<'a>>,
    #[serde(borrow)]
    instructions: Text<'a>,
    stream: Field<bool>,
    stream_options: Field<Object<StreamOptions>>,
    n: Field<f64>,
    #[serde(borrow)]
    tools: Field<Vec<Field<Object<ToolBody<'a>>>>>,
    tool_choice: Field<ChoiceBody>,
    parallel_tool_calls: Field<bool>,
    #[serde(borrow)]
    response_format: Field<Object<FormatBody<'a>>>,
    #[serde(borrow)]
    stop: Field<Stop<'a>>,
    max_tokens: Field<f64>,
    max_completion_tokens: Field<f64>,
    #[serde(borrow)]
    reasoning_format: Text<'a>,
    #[serde(borrow)]
    reasoning_effort: Text<'a>,
    /// The older form of tools.
    functions: Field<Vec<IgnoredAny>>,
    temperature: Field<f64>,
    top_p: Field<f64>,
    web_search_options: Field<Present>,
    // Parameters that no provider has. Their types are checked, their values ignored.
    presence_penalty: Field<f64>,
    frequency_penalty: Field<f64>,
    seed: Field<f64>,
    #[serde(borrow)]
    user: Text<'a>,
    metadata: Field<Present>,
    logit_bias: Field<Present>,
    logprobs: Field<bool>,
    top_logprobs: Field<f64>,
    store: Field<bool>,
    #[serde(borrow)]
    service_tier: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StreamOptions {
    include_usage: Field<bool>,
}

/// Parses and checks the JSON of a chat request. Fails with the field at fault, OpenAI's code for it and what to send.
pub fn chat_request(body: &[u8]) -> Result<ChatRequest<'_>, Invalid> {
    let mut body = fields::body(body)?;
    unused_parameters(&body)?;
    older_parameters(&body)?;
    let input = std::mem::take(&mut body.input);
    let instructions = std::mem::take(&mut body.instructions);
    let model = required(body.model, "model", "a string")?;
    if model.trim().is_empty() {
        return Err(invalid("model", "invalid_value", "'model' must not be empty.".to_owned()));
    }
    if let Some(n) = optional(&body.n, "n", "an integer")?.filter(|n| **n != 1.0) {
        let message = format!("'n' must be 1: one answer per request is supported, not {n}.");
        return Err(invalid("n", "unsupported_value", message));
    }
    let stream = optional(&body.stream, "stream", "a boolean")?.is_some_and(|on| *on);
    let include_usage = match optional(&body.stream_options, "stream_options", "an object")? {
        Some(Object(options)) => optional(&options.include_usage, "stream_options.include_usage", "a boolean")?,
        None => None,
    };
    let include_usage = include_usage.is_some_and(|on| *on);
    let single_tool_call = optional(&body.parallel_tool_calls, "parallel_tool_calls", "a boolean")? == Some(&false);
    let max_tokens = [(&body.max_completion_tokens, "max_completion_tokens"), (&body.max_tokens, "max_tokens")];
    let limits = output::limits(&body.stop, max_tokens)?;
    let reasoning_format = output::reasoning(&body.reasoning_format, &body.reasoning_effort)?;
    let effort = output::effort(&body.reasoning_effort)?;
    let sampling = fields::sampling(&body.temperature, &body.top_p)?;
    let web = optional(&body.web_search_options, "web_search_options", "an object")?.is_some();
    let format = output::format(body.response_format)?;
    let (tools, tool_choice) = tools::tools(body.tools, body.tool_choice)?;
    let messages = match (body.messages, input) {
        (Field::Missing, Field::Given(input)) => messages_of(input, instructions)?,
        (given, _) => messages(required(given, "messages", "an array")?)?,
    };
    Ok(ChatRequest {
        model,
        messages,
        stream,
        include_usage,
        tools,
        tool_choice,
        single_tool_call,
        format,
        limits,
        reasoning_format,
        effort,
        sampling,
        searches: Searches { web, x: false },
    })
}

/// Returns the messages of the items that the Responses API takes. Fails with the field at fault.
fn messages_of<'a>(input: InputBody<'a>, instructions: Text<'a>) -> Result<Vec<Message<'a>>, Invalid> {
    let Input { mut messages, references } = items(input, false)?;
    if !references.is_empty() {
        let message = "Earlier answers can only be named to POST /v1/responses: send the items themselves here.";
        return Err(invalid("input", "unsupported_parameter", message.to_owned()));
    }
    if let Field::Given(instructions) = instructions {
        messages.insert(0, Message { role: Role::System, parts: vec![Part::Text(instructions)] });
    }
    Ok(joined(messages))
}

/// Refuses parameters of other interfaces, and says which to send instead.
fn older_parameters(body: &Body) -> Result<(), Invalid> {
    if optional(&body.functions, "functions", "an array")?.is_some_and(|functions| !functions.is_empty()) {
        let message = "'functions' is the older form of 'tools': send 'tools' instead.";
        return Err(invalid("functions", "unsupported_parameter", message.to_owned()));
    }
    Ok(())
}

fn unused_parameters(body: &Body) -> Result<(), Invalid> {
    let numbers = [
        (&body.presence_penalty, "presence_penalty"),
        (&body.frequency_penalty, "frequency_penalty"),
        (&body.seed, "seed"),
        (&body.top_logprobs, "top_logprobs"),
    ];
    for (field, name) in numbers {
        optional(field, name, "a number")?;
    }
    for (field, name) in [(&body.user, "user"), (&body.service_tier, "service_tier")] {
        optional(field, name, "a string")?;
    }
    for (field, name) in [(&body.metadata, "metadata"), (&body.logit_bias, "logit_bias")] {
        optional(field, name, "an object")?;
    }
    for (field, name) in [(&body.logprobs, "logprobs"), (&body.store, "store")] {
        optional(field, name, "a boolean")?;
    }
    Ok(())
}
