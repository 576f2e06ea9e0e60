//! Checks a request field by field, so that an error names the field, and converts it to the neutral prompt.
//!
//! Fields that this API has and Grok does not, such as `cache_control`, `metadata` or `service_tier`, and fields that
//! the gateway does not know, pass.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};

use self::{
    blocks::Content,
    messages::{Dialogue, MessageBody},
    output::{OutputBody, OutputWanted, ThinkingBody},
    tools::{ChoiceBody, ToolBody, Tools},
};
use crate::{
    inference::prompt::{OutputFormat, OutputLimits, Prompt},
    json::{Field, Object, Present},
    media::input::ImageInput,
    protocols::{
        anthropic::error::THREADS_UNSUPPORTED,
        fields::{self, Invalid, invalid, optional, required},
    },
};

mod blocks;
mod messages;
mod output;
mod tools;

type Text<'a> = Field<Cow<'a, str>>;

/// A checked request.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageRequest<'a> {
    /// The client's model name, which may not exist.
    pub model: Cow<'a, str>,
    pub stream: bool,
    /// Whether the client wants the reasoning.
    pub thinks: bool,
    /// Without its pictures.
    pub prompt: Prompt,
    /// The prompt's pictures, in the order of their indices.
    pub images: Vec<ImageInput<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    model: Text<'a>,
    max_tokens: Field<f64>,
    #[serde(borrow)]
    messages: Field<Vec<Field<Object<MessageBody<'a>>>>>,
    #[serde(borrow)]
    system: Field<Content<'a>>,
    stream: Field<bool>,
    #[serde(borrow)]
    stop_sequences: Field<Vec<Text<'a>>>,
    #[serde(borrow)]
    thinking: Field<Object<ThinkingBody<'a>>>,
    #[serde(borrow)]
    tools: Field<Vec<Field<Object<ToolBody<'a>>>>>,
    #[serde(borrow)]
    tool_choice: Field<Object<ChoiceBody<'a>>>,
    #[serde(borrow)]
    output_config: Field<Object<OutputBody<'a>>>,
    /// The older place of the format.
    #[serde(borrow)]
    output_format: Field<Object<output::FormatBody<'a>>>,
    // What only Anthropic's servers have.
    thread: Field<Present>,
    container: Field<Present>,
    mcp_servers: Field<Vec<IgnoredAny>>,
    temperature: Field<f64>,
    top_p: Field<f64>,
    // Parameters that no provider has. Their types are checked, their values ignored.
    top_k: Field<f64>,
    metadata: Field<Present>,
}

/// Parses and checks the JSON of a request for a message. Fails with the field at fault and what to send.
pub fn message_request(json: &[u8]) -> Result<MessageRequest<'_>, Invalid> {
    read(json, true)
}

/// Parses and checks the JSON of a request to count tokens: that of a message, in which `max_tokens` may be missing.
/// Fails with the field at fault and what to send.
pub fn count_request(json: &[u8]) -> Result<MessageRequest<'_>, Invalid> {
    read(json, false)
}

fn read(json: &[u8], is_answered: bool) -> Result<MessageRequest<'_>, Invalid> {
    let body = fields::body(json)?;
    if is_answered {
        server_state(&body)?;
    }
    unused_parameters(&body)?;
    let model = required(body.model, "model", "a string")?;
    if model.trim().is_empty() {
        return Err(invalid("model", "invalid_value", "'model' must not be empty.".to_owned()));
    }
    let max_tokens = output::max_tokens(&body.max_tokens, is_answered)?;
    let stop = output::stop_sequences(&body.stop_sequences)?;
    let stream = optional(&body.stream, "stream", "a boolean")?.is_some_and(|on| *on);
    let thinks = output::thinks(&body.thinking)?;
    let sampling = fields::sampling(&body.temperature, &body.top_p)?;
    let OutputWanted { format, effort } = output::wanted(body.output_config, body.output_format)?;
    let dialogue = messages::dialogue(body.system, required(body.messages, "messages", "an array")?)?;
    let offers = |name: &str| dialogue.offers(name);
    let Tools { tools, choice, single, searches } = tools::tools(body.tools, body.tool_choice, offers)?;
    let Dialogue { messages, images, .. } = dialogue;
    let prompt = Prompt {
        messages,
        tools,
        tool_choice: choice,
        single_tool_call: single,
        format: format.unwrap_or(OutputFormat::Text),
        limits: OutputLimits { stop, max_tokens },
        effort,
        sampling,
        searches,
        ..Prompt::default()
    };
    Ok(MessageRequest { model, stream, thinks, prompt, images })
}

/// Refuses what needs state on the server. A thread comes first: its request has only the newest messages.
fn server_state(body: &Body) -> Result<(), Invalid> {
    if is_given(&body.thread) {
        let message = "'thread' is not supported, because the gateway keeps no conversations: send the whole \
                       conversation in 'messages', without 'thread'.";
        return Err(invalid("thread", THREADS_UNSUPPORTED, message.to_owned()));
    }
    if is_given(&body.container) {
        let message = "'container' is not supported, because Grok runs no code: leave it out.";
        return Err(invalid("container", "unsupported_parameter", message.to_owned()));
    }
    if optional(&body.mcp_servers, "mcp_servers", "an array")?.is_some_and(|servers| !servers.is_empty()) {
        let message = "'mcp_servers' is not supported: connect to these servers in your program, and send their tools \
                       as 'tools'.";
        return Err(invalid("mcp_servers", "unsupported_parameter", message.to_owned()));
    }
    Ok(())
}

fn is_given<T>(field: &Field<T>) -> bool {
    !matches!(field, Field::Missing | Field::Null)
}

fn unused_parameters(body: &Body) -> Result<(), Invalid> {
    optional(&body.top_k, "top_k", "a number")?;
    optional(&body.metadata, "metadata", "an object")?;
    Ok(())
}
