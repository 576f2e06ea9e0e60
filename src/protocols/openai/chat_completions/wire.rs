//! The JSON of answers, in the form of OpenAI's API reference.

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    inference::{
        event::{Finish, ToolCallStart},
        usage,
    },
    protocols::answer::wire::Cited,
};

/// The fields that all chunks of an answer share, and that the collected answer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub id: String,
    /// Unix seconds.
    pub created: u64,
    /// The client's name of the model.
    pub model: String,
}

impl Head {
    /// Returns a head whose id is made of `random`. `created` is in Unix seconds.
    pub fn new(random: [u8; 16], created: u64, model: &str) -> Self {
        Head { id: format!("chatcmpl-{:032x}", u128::from_be_bytes(random)), created, model: model.to_owned() }
    }
}

/// A chunk of a stream.
#[derive(Debug, Serialize)]
pub struct Chunk<'a> {
    pub id: &'a str,
    pub object: &'static str,
    pub created: u64,
    pub model: &'a str,
    pub choices: &'a [ChunkChoice<'a>],
    /// Absent unless the client requested it; then `null` in all chunks but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Option<Usage>>,
}

#[derive(Debug, Serialize)]
pub struct ChunkChoice<'a> {
    pub index: u32,
    pub delta: Delta<'a>,
    pub logprobs: (),
    pub finish_reason: Option<FinishReason>,
}

#[derive(Debug, Default, Serialize)]
pub struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<[CallDelta<'a>; 1]>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub annotations: &'a [Annotation],
}

/// A piece of one call. Its first piece has id, type and name.
#[derive(Debug, Serialize)]
pub struct CallDelta<'a> {
    pub index: usize,
    #[serde(flatten)]
    pub call: CallPart<'a>,
}

/// A call, or a piece of one. Without a name it has only a piece of the input.
#[derive(Debug, Clone, Copy)]
pub struct CallPart<'a> {
    pub named: Option<(&'a str, &'a str)>,
    pub is_custom: bool,
    pub input: &'a str,
}

impl<'a> CallPart<'a> {
    /// Returns the call with this beginning of its input.
    pub fn start(call: &'a ToolCallStart, input: &'a str) -> Self {
        CallPart { named: Some((&call.id, &call.name)), is_custom: call.is_custom, input }
    }
}

impl Serialize for CallPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kind = if self.is_custom { "custom" } else { "function" };
        let called = Called { name: self.named.map(|(_, name)| name), is_custom: self.is_custom, input: self.input };
        let mut map = serializer.serialize_map(None)?;
        if let Some((id, _)) = self.named {
            map.serialize_entry("id", id)?;
            map.serialize_entry("type", kind)?;
        }
        map.serialize_entry(kind, &called)?;
        map.end()
    }
}

struct Called<'a> {
    name: Option<&'a str>,
    is_custom: bool,
    input: &'a str,
}

impl Serialize for Called<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(name) = self.name {
            map.serialize_entry("name", name)?;
        }
        map.serialize_entry(if self.is_custom { "input" } else { "arguments" }, self.input)?;
        map.end()
    }
}

/// A source that the text cites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Annotation {
    pub r#type: &'static str,
    pub url_citation: UrlCitation,
}

/// Where the text has the link: `start_index` to before `end_index`, in characters (Unicode code points).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UrlCitation {
    pub start_index: u64,
    pub end_index: u64,
    pub title: String,
    pub url: String,
}

/// Returns the annotations of these citations.
pub fn annotations(citations: &[Cited]) -> Vec<Annotation> {
    let annotation = |Cited { start, end, title, url }: &Cited| {
        let (start_index, end_index, title, url) = (*start, *end, title.clone(), url.clone());
        Annotation { r#type: "url_citation", url_citation: UrlCitation { start_index, end_index, title, url } }
    };
    citations.iter().map(annotation).collect()
}

/// A collected answer.
#[derive(Debug, Serialize)]
pub struct Completion<'a> {
    pub id: &'a str,
    pub object: &'static str,
    pub created: u64,
    pub model: &'a str,
    pub choices: [Choice<'a>; 1],
    pub usage: Usage,
}

#[derive(Debug, Serialize)]
pub struct Choice<'a> {
    pub index: u32,
    pub message: AssistantMessage<'a>,
    pub logprobs: (),
    pub finish_reason: FinishReason,
}

#[derive(Debug, Serialize)]
pub struct AssistantMessage<'a> {
    pub role: &'static str,
    /// `null` if the answer has calls or a refusal only.
    pub content: Option<&'a str>,
    pub refusal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<CallPart<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub annotations: &'a [Annotation],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    Stop,
    Length,
    ToolCalls,
}

impl From<Finish> for FinishReason {
    fn from(finish: Finish) -> Self {
        match finish {
            Finish::Stop | Finish::StopSequence(_) => FinishReason::Stop,
            Finish::Length => FinishReason::Length,
            Finish::ToolCalls => FinishReason::ToolCalls,
        }
    }
}

/// What an answer used, in language tokens. The details are absent if the provider does not report them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Usage {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub total_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens_details: Option<PromptDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PromptDetails {
    pub cached_tokens: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CompletionDetails {
    pub reasoning_tokens: u64,
}

impl From<usage::Usage> for Usage {
    fn from(usage: usage::Usage) -> Self {
        Usage {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            total_tokens: usage.prompt_tokens + usage.completion_tokens,
            prompt_tokens_details: usage.cached_tokens.map(|cached_tokens| PromptDetails { cached_tokens }),
            completion_tokens_details: usage
                .reasoning_tokens
                .map(|tokens| CompletionDetails { reasoning_tokens: tokens }),
        }
    }
}
