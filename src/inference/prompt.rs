//! The request for an answer, independent of the client's protocol.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::usage::Tally;

/// A request for an answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prompt {
    /// In the order of the dialogue. Their parts refer to pictures by index.
    pub messages: Vec<Message>,
    pub pictures: Vec<Picture>,
    /// What the model may call. Names are unique.
    pub tools: Vec<Tool>,
    pub tool_choice: ToolChoice,
    /// Whether an answer has at most one call.
    pub single_tool_call: bool,
    pub format: OutputFormat,
    pub limits: OutputLimits,
    /// How much the model is to think; `None`: as it likes.
    pub effort: Option<Effort>,
    pub sampling: Sampling,
    pub searches: Searches,
    /// What a model that draws is to make.
    pub drawing: Drawing,
}

/// How much a model is to think. The least is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
}

impl Effort {
    const NAMES: [(&'static str, Effort); 6] = [
        ("none", Effort::None),
        ("minimal", Effort::Minimal),
        ("low", Effort::Low),
        ("medium", Effort::Medium),
        ("high", Effort::High),
        ("xhigh", Effort::Xhigh),
    ];

    /// Returns the effort that has this name in OpenAI's API; `None` for other words.
    pub fn named(name: &str) -> Option<Self> {
        Effort::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, effort)| effort)
    }

    /// Returns the name in OpenAI's API.
    pub fn name(self) -> &'static str {
        Effort::NAMES[self as usize].0
    }
}

/// How the model chooses its words. Providers without these parameters ignore them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sampling {
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
}

/// Where the client asks the model to search. Grok's web service searches as it likes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Searches {
    pub web: bool,
    /// Posts of X.
    pub x: bool,
}

/// What a model that draws is to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// Number of pictures.
    pub count: usize,
    /// Width to height, as the provider names it: `3:2`, or `auto`.
    pub ratio: &'static str,
    /// The most previews of each picture.
    pub previews: usize,
    /// Whether the client gets the bytes of each picture. If not, the provider may leave them out where a host has them.
    pub bytes: bool,
}

impl Default for Drawing {
    fn default() -> Self {
        Drawing { count: 1, ratio: "auto", previews: 0, bytes: false }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub parts: Vec<Part>,
}

impl Message {
    /// Returns the text without the pictures.
    pub fn text(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            // Providers without native tools get calls and results as text.
            Part::Picture(_) | Part::ToolCall(_) | Part::ToolResult(_) | Part::Reasoning(_) => None,
        });
        texts.collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    System,
    Developer,
    User,
    Assistant,
    Tool,
    Function,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(String),
    /// An index into [`Prompt::pictures`].
    Picture(usize),
    /// A call that an earlier answer made.
    ToolCall(ToolCall),
    /// What the client's tool returned. Pictures of the result follow as parts of their own.
    ToolResult(ToolResult),
    /// The reasoning of an earlier answer, as its provider encrypted it.
    Reasoning(SealedReasoning),
}

/// The reasoning of an earlier answer. Only the provider that encrypted it can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedReasoning {
    /// What the client saw of it; may be empty.
    pub summary: String,
    /// As [`Event::SealedReasoning`](super::event::Event) had it.
    pub sealed: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    /// JSON, or the free text of a custom tool.
    pub input: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolResult {
    /// Empty if the client names the function only.
    pub call_id: String,
    /// Empty if the client names the call only.
    pub name: String,
    pub output: String,
}

/// A tool of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    pub name: String,
    /// May be empty.
    pub description: String,
    pub input: ToolInput,
}

/// What a tool takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolInput {
    /// An object that fits the JSON schema. Without `strict`, an object that does not fit is passed on.
    Json { schema: Map<String, Value>, strict: bool },
    /// Free text, of this grammar if one is given (the client's words for it).
    Text { grammar: Option<String> },
}

/// Whether the model must call a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// It decides.
    #[default]
    Auto,
    /// It must not.
    None,
    /// It must call one or more.
    Required,
    /// It must call the tool of this name.
    Named(String),
}

/// The form of the answer's text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum OutputFormat {
    #[default]
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON that fits the schema. `description` may be empty.
    JsonSchema { name: String, description: String, schema: Map<String, Value>, strict: bool },
}

/// Where the answer's text ends early.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutputLimits {
    /// The text ends before the first of these; none of them is empty.
    pub stop: Vec<String>,
    /// In estimated language tokens; `None` means no limit.
    pub max_tokens: Option<u64>,
}

/// A picture that the client sent, or that was fetched for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// As found in the picture's bytes: `image/png`, …
    pub mime_type: &'static str,
    pub bytes: Bytes,
}

impl Prompt {
    /// Returns the text of the last user message that has any, without its pictures; empty if there is none. Pictures
    /// and videos are made from one instruction, not from a dialogue.
    pub fn last_question(&self) -> String {
        let of_users = self.messages.iter().rev().filter(|message| message.role == Role::User);
        let mut texts = of_users.map(|message| message.text().trim().to_owned());
        texts.find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// Returns the prompt without the reasoning of earlier answers, for providers that cannot read it; `None` if it has none.
    pub fn without_reasoning(&self) -> Option<Prompt> {
        let is_reasoning = |part: &Part| matches!(part, Part::Reasoning(_));
        self.messages.iter().flat_map(|message| &message.parts).find(|part| is_reasoning(part))?;
        let mut prompt = self.clone();
        prompt.messages.retain_mut(|message| {
            let had_none = message.parts.is_empty();
            message.parts.retain(|part| !is_reasoning(part));
            had_none || !message.parts.is_empty()
        });
        Some(prompt)
    }

    /// Returns an estimate of the prompt's language tokens. Pictures do not count, declarations of tools do.
    pub fn tokens(&self) -> u64 {
        let mut tally = Tally::default();
        for part in self.messages.iter().flat_map(|message| &message.parts) {
            match part {
                Part::Text(text) => tally.add(text),
                Part::ToolCall(call) => {
                    tally.add(&call.name);
                    tally.add(&call.input);
                }
                Part::ToolResult(result) => tally.add(&result.output),
                Part::Picture(_) | Part::Reasoning(_) => {}
            }
        }
        for tool in &self.tools {
            tally.add(&tool.name);
            tally.add(&tool.description);
            match &tool.input {
                ToolInput::Json { schema, .. } => tally.add(&json_of(schema)),
                ToolInput::Text { grammar } => tally.add(grammar.as_deref().unwrap_or_default()),
            }
        }
        if let OutputFormat::JsonSchema { schema, .. } = &self.format {
            tally.add(&json_of(schema));
        }
        // Three for the role and the ends of a message, as OpenAI counts them.
        tally.tokens() + 3 * self.messages.len() as u64
    }
}

/// Returns a schema as JSON.
fn json_of(schema: &Map<String, Value>) -> String {
    serde_json::to_string(schema).expect("a JSON value always has a JSON form")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_is_left_out_with_the_messages_that_have_nothing_else() {
        let reasoning = || Part::Reasoning(SealedReasoning { summary: "hm".into(), sealed: "x".into() });
        let says = |parts| Message { role: Role::Assistant, parts };
        let text = || Part::Text("yes".into());
        let messages = vec![says(vec![reasoning()]), says(vec![reasoning(), text()]), says(vec![])];
        let prompt = Prompt { messages, ..Prompt::default() };
        let kept = prompt.without_reasoning().expect("it has some");
        assert_eq!(kept.messages, [says(vec![text()]), says(vec![])]);
        assert_eq!(kept.without_reasoning(), None);
    }
}
