//! The JSON of responses and their items, in the form of OpenAI's API reference.

use std::cell::Cell;

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value, json};

use super::request::{Echo, Namespaced};
use crate::{
    inference::{
        event::ToolCallStart,
        usage::{Tally, Usage},
    },
    protocols::answer::wire::Cited,
};

/// What all of a response's JSON has in common.
#[derive(Debug, Clone)]
pub struct Head {
    /// 32 hexadecimal digits, which the ids of the response and its items contain.
    pub digits: String,
    /// Unix seconds.
    pub created: u64,
    /// The client's name of the model.
    pub model: String,
    /// Whether the response is stored.
    pub store: Cell<bool>,
    pub namespaced: Vec<Namespaced>,
    /// Whether the client wants the reasoning in its encrypted form as well.
    pub includes_encrypted: bool,
    /// Members that do not depend on the answer, as JSON without the braces.
    pub echo: String,
}

impl Head {
    /// Returns a head whose ids are made of `random`. `created` is in Unix seconds.
    pub fn new(random: [u8; 16], created: u64, model: &str, store: bool, echo: &Echo) -> Self {
        let digits = format!("{:032x}", u128::from_be_bytes(random));
        Head {
            digits,
            created,
            model: model.to_owned(),
            store: Cell::new(store),
            namespaced: Vec::new(),
            includes_encrypted: false,
            echo: echo_members(echo),
        }
    }

    /// Returns the response's id.
    pub fn id(&self) -> String {
        format!("resp_{}", self.digits)
    }

    /// Returns the id of the item at this place of the output.
    pub fn item_id(&self, prefix: &str, index: usize) -> String {
        format!("{prefix}_{}{index:02x}", self.digits)
    }

    /// Returns the response object. `output` are its items as JSON.
    pub fn response(&self, state: &State<'_>, output: &[String]) -> String {
        let reason = |reason| json!({ "reason": reason });
        let (status, incomplete) = match state {
            State::InProgress => ("in_progress", Value::Null),
            State::Completed(_) => ("completed", Value::Null),
            State::Incomplete(_) => ("incomplete", reason("max_output_tokens")),
            State::Failed { .. } => ("failed", Value::Null),
        };
        let error = match state {
            State::Failed { code, message } => json!({ "code": code, "message": message }),
            _ => Value::Null,
        };
        let usage = match state {
            State::Completed(usage) | State::Incomplete(usage) => text_of(usage),
            _ => "null".to_owned(),
        };
        let completed_at = match state {
            State::Completed(_) => self.created.to_string(),
            _ => "null".to_owned(),
        };
        let (id, model) = (self.id(), text_of(&self.model));
        format!(
            "{{\"id\":\"{id}\",\"object\":\"response\",\"created_at\":{created},\"status\":\"{status}\",\
             \"background\":false,\"completed_at\":{completed_at},\"error\":{error},\"incomplete_details\":{incomplete},\
             \"model\":{model},\"output\":[{output}],\"store\":{store},\"usage\":{usage},{echo}}}",
            created = self.created,
            output = output.join(","),
            store = self.store.get(),
            echo = self.echo,
        )
    }

    /// Returns a call's item as JSON.
    pub fn call(&self, index: usize, start: &ToolCallStart, input: &str, status: &'static str) -> String {
        let namespaced = self.namespaced.iter().find(|tool| tool.full == start.name);
        let id = self.item_id(if start.is_custom { "ctc" } else { "fc" }, index);
        text_of(&Call { id: &id, start, namespaced, input, status })
    }

    /// Returns the item of the reasoning as JSON, with its encrypted form if there is one.
    pub fn reasoning(&self, index: usize, text: &str, encrypted_content: Option<&str>) -> String {
        let summary: &[SummaryText] = if text.is_empty() { &[] } else { &[SummaryText::new(text)] };
        text_of(&Reasoning { id: &self.item_id("rs", index), r#type: "reasoning", summary, encrypted_content })
    }

    /// Returns the item of a message as JSON.
    pub fn message(&self, index: usize, content: &[Content<'_>], status: &'static str) -> String {
        let id = self.item_id("msg", index);
        text_of(&Message { id: &id, r#type: "message", status, role: "assistant", content })
    }
}

/// How far a response is.
#[derive(Debug)]
pub enum State<'a> {
    InProgress,
    Completed(UsageObject),
    /// The answer reached the limit of its length.
    Incomplete(UsageObject),
    Failed {
        code: &'static str,
        message: &'a str,
    },
}

/// Returns plain data as JSON.
pub fn text_of(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data always has a JSON form")
}

/// Returns the members that repeat the request.
fn echo_members(echo: &Echo) -> String {
    let or = |value: &Value, default: Value| if value.is_null() { default } else { value.clone() };
    let mut reasoning = Map::from_iter([("effort".into(), Value::Null), ("summary".into(), Value::Null)]);
    reasoning.extend(echo.reasoning.clone());
    let mut text =
        Map::from_iter([("format".into(), json!({ "type": "text" })), ("verbosity".into(), Value::from("medium"))]);
    text.extend(echo.text.clone().into_iter().filter(|(_, value)| !value.is_null()));
    let members = json!({
        "instructions": echo.instructions,
        "max_output_tokens": echo.max_output_tokens,
        "max_tool_calls": null,
        "metadata": echo.metadata,
        "parallel_tool_calls": echo.parallel_tool_calls,
        "previous_response_id": echo.previous_response_id,
        "prompt_cache_key": echo.prompt_cache_key,
        "reasoning": reasoning,
        "safety_identifier": echo.safety_identifier,
        "service_tier": "default",
        "temperature": or(&echo.temperature, json!(1.0)),
        "text": text,
        "tool_choice": echo.tool_choice,
        "tools": echo.tools,
        "top_logprobs": 0,
        "top_p": or(&echo.top_p, json!(1.0)),
        "truncation": or(&echo.truncation, json!("disabled")),
        "user": echo.user,
    });
    let text = members.to_string();
    text[1..text.len() - 1].to_owned()
}

/// What an answer used, in language tokens.
#[derive(Debug, Serialize)]
pub struct UsageObject {
    input_tokens: u64,
    input_tokens_details: InputDetails,
    output_tokens: u64,
    output_tokens_details: OutputDetails,
    total_tokens: u64,
}

#[derive(Debug, Serialize)]
struct InputDetails {
    cached_tokens: u64,
}

#[derive(Debug, Serialize)]
struct OutputDetails {
    reasoning_tokens: u64,
}

impl UsageObject {
    /// Returns the usage of an answer with this reasoning, whose tokens are estimated unless they are reported.
    pub fn new(usage: Usage, reasoning: Tally) -> Self {
        let reasoning_tokens = usage.reasoning_tokens.unwrap_or_else(|| reasoning.tokens());
        UsageObject {
            input_tokens: usage.prompt_tokens,
            input_tokens_details: InputDetails { cached_tokens: usage.cached_tokens.unwrap_or_default() },
            output_tokens: usage.completion_tokens,
            output_tokens_details: OutputDetails { reasoning_tokens },
            total_tokens: usage.prompt_tokens + usage.completion_tokens,
        }
    }
}

/// A part of a message's content.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content<'a> {
    OutputText { text: &'a str, annotations: &'a [Annotation<'a>], logprobs: [(); 0] },
    Refusal { refusal: &'a str },
}

impl<'a> Content<'a> {
    /// Returns a part with this text.
    pub fn text(text: &'a str, annotations: &'a [Annotation<'a>]) -> Self {
        Content::OutputText { text, annotations, logprobs: [] }
    }
}

/// A source that the text cites, from `start_index` to before `end_index`, in characters (Unicode code points).
#[derive(Debug, Clone, Serialize)]
pub struct Annotation<'a> {
    r#type: &'static str,
    start_index: u64,
    end_index: u64,
    title: &'a str,
    url: &'a str,
}

impl<'a> Annotation<'a> {
    fn of(cited: &'a Cited) -> Self {
        let Cited { start, end, title, url } = cited;
        Annotation { r#type: "url_citation", start_index: *start, end_index: *end, title, url }
    }
}

/// Returns the sources as annotations.
pub fn annotations(citations: &[Cited]) -> Vec<Annotation<'_>> {
    citations.iter().map(Annotation::of).collect()
}

#[derive(Serialize)]
struct Message<'a> {
    id: &'a str,
    r#type: &'static str,
    status: &'static str,
    role: &'static str,
    content: &'a [Content<'a>],
}

#[derive(Serialize)]
struct Reasoning<'a> {
    id: &'a str,
    r#type: &'static str,
    summary: &'a [SummaryText<'a>],
    encrypted_content: Option<&'a str>,
}

/// A part of a reasoning's summary.
#[derive(Debug, Serialize)]
pub struct SummaryText<'a> {
    r#type: &'static str,
    text: &'a str,
}

impl<'a> SummaryText<'a> {
    /// Returns a part with this text.
    pub fn new(text: &'a str) -> Self {
        SummaryText { r#type: "summary_text", text }
    }
}

struct Call<'a> {
    id: &'a str,
    start: &'a ToolCallStart,
    namespaced: Option<&'a Namespaced>,
    input: &'a str,
    status: &'static str,
}

impl Serialize for Call<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Call { id, start, namespaced, input, status } = self;
        let (kind, member) =
            if start.is_custom { ("custom_tool_call", "input") } else { ("function_call", "arguments") };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", id)?;
        map.serialize_entry("type", kind)?;
        map.serialize_entry("status", status)?;
        map.serialize_entry("call_id", &start.id)?;
        map.serialize_entry("name", namespaced.map_or(&start.name, |tool| &tool.name))?;
        if let Some(tool) = namespaced {
            map.serialize_entry("namespace", &tool.namespace)?;
        }
        map.serialize_entry(member, input)?;
        map.end()
    }
}
