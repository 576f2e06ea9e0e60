//! The dialogue as items of a request: messages, calls, their outputs, and reasoning.
//!
//! The API refuses a call without its output, and an output without its call. Clients send both: after an interruption, or
//! when they have dropped the beginning of a dialogue.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use base64::{display::Base64Display, engine::general_purpose::STANDARD};
use serde::{Serialize, Serializer};
use serde_json::json;

use super::{calls::INPUT, names::Names, sealed};
use crate::{
    inference::prompt::{Message, Part, Picture, Prompt, Role, SealedReasoning, ToolCall, ToolResult},
    providers::ProviderError,
};

/// One item of the input.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Item<'a> {
    Message { role: &'static str, content: Vec<Piece<'a>> },
    FunctionCall { call_id: Cow<'a, str>, name: &'a str, arguments: Cow<'a, str> },
    FunctionCallOutput { call_id: Cow<'a, str>, output: Output<'a> },
    Reasoning { summary: Vec<Summary<'a>>, encrypted_content: &'a str },
}

/// One part of a message.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Piece<'a> {
    InputText { text: Cow<'a, str> },
    OutputText { text: &'a str },
    InputImage { image_url: DataUrl<'a> },
}

/// What a tool returned.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output<'a> {
    Text(&'a str),
    Pieces(Vec<Piece<'a>>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "summary_text")]
pub struct Summary<'a> {
    text: &'a str,
}

/// A picture as a `data:` URL, which is written without a copy.
#[derive(Debug, Clone, Copy)]
pub struct DataUrl<'a>(&'a Picture);

impl fmt::Display for DataUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data:{};base64,{}", self.0.mime_type, Base64Display::new(&self.0.bytes, &STANDARD))
    }
}

impl Serialize for DataUrl<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'a> DataUrl<'a> {
    /// Returns the picture at this place of the prompt. Fails if the API does not take its type.
    pub fn of(prompt: &'a Prompt, at: usize) -> Result<Self, ProviderError> {
        let picture = &prompt.pictures[at];
        match picture.mime_type {
            "image/jpeg" | "image/png" => Ok(DataUrl(picture)),
            other => {
                let message = format!(
                    "picture {} of the request is {other}, but it takes only JPEG and PNG: convert the picture",
                    at + 1
                );
                Err(ProviderError::CallerError(message))
            }
        }
    }
}

/// What the API gets for a call whose output the client does not have.
const NO_OUTPUT: &str = "(The client has no result of this call.)";

/// Returns the items of a prompt for the account with this id, with the reasoning that is its own or without any. Fails if
/// the API does not take a picture.
pub fn of<'a>(
    prompt: &'a Prompt,
    names: &'a Names,
    account_id: i64,
    with_reasoning: bool,
) -> Result<Vec<Item<'a>>, ProviderError> {
    let mut input = Input { prompt, names, account_id, with_reasoning, items: Vec::new(), calls: Vec::new() };
    for message in &prompt.messages {
        input.message(message)?;
    }
    Ok(input.finish())
}

struct Input<'a> {
    prompt: &'a Prompt,
    names: &'a Names,
    account_id: i64,
    with_reasoning: bool,
    items: Vec<Item<'a>>,
    calls: Vec<Called<'a>>,
}

/// A call of the dialogue.
struct Called<'a> {
    call: &'a ToolCall,
    /// The id that is sent: unlike the client's, each is another.
    id: Cow<'a, str>,
    is_answered: bool,
}

impl<'a> Input<'a> {
    fn message(&mut self, message: &'a Message) -> Result<(), ProviderError> {
        let role = match message.role {
            // Only the first message may be a developer's; messages of the system may stand anywhere.
            Role::System | Role::Developer => "system",
            Role::Assistant => "assistant",
            Role::User | Role::Tool | Role::Function => "user",
        };
        let is_result = matches!(message.role, Role::Tool | Role::Function);
        let mut content = Vec::new();
        for part in &message.parts {
            match part {
                Part::Text(text) if text.is_empty() => {}
                Part::Text(text) if role == "assistant" => content.push(Piece::OutputText { text }),
                Part::Text(text) => content.push(Piece::InputText { text: text.into() }),
                Part::Picture(at) => {
                    let picture = Piece::InputImage { image_url: DataUrl::of(self.prompt, *at)? };
                    self.picture(picture, role, is_result, &mut content);
                }
                Part::ToolCall(call) => {
                    self.say(role, &mut content);
                    self.call(call);
                }
                Part::ToolResult(result) => {
                    self.say(role, &mut content);
                    self.result(result);
                }
                Part::Reasoning(reasoning) => {
                    self.say(role, &mut content);
                    self.reasoning(reasoning);
                }
            }
        }
        self.say(role, &mut content);
        Ok(())
    }

    fn say(&mut self, role: &'static str, content: &mut Vec<Piece<'a>>) {
        if !content.is_empty() {
            self.items.push(Item::Message { role, content: std::mem::take(content) });
        }
    }

    /// Adds a picture to the result in front of it, or to the message. Only users have pictures.
    fn picture(&mut self, picture: Piece<'a>, role: &'static str, is_result: bool, content: &mut Vec<Piece<'a>>) {
        if is_result && content.is_empty() {
            match self.items.last_mut() {
                Some(Item::FunctionCallOutput { output, .. }) => return output.add(picture),
                Some(Item::Message { role: "user", content }) => return content.push(picture),
                _ => {}
            }
        }
        if role == "user" {
            return content.push(picture);
        }
        self.say(role, content);
        self.say("user", &mut vec![picture]);
    }

    fn call(&mut self, call: &'a ToolCall) {
        let is_taken = call.id.is_empty() || self.calls.iter().any(|other| other.id == call.id);
        let id =
            if is_taken { format!("call_{}_{}", self.calls.len() + 1, call.id).into() } else { (&*call.id).into() };
        let name = self.names.api(&call.name);
        let is_object = call.input.trim_start().starts_with('{')
            && serde_json::from_str::<serde_json::Map<_, _>>(&call.input).is_ok();
        let arguments = match self.names.is_custom(&call.name) {
            false if is_object => Cow::Borrowed(&*call.input),
            false if call.input.trim().is_empty() => Cow::Borrowed("{}"),
            _ => json!({ INPUT: call.input }).to_string().into(),
        };
        self.items.push(Item::FunctionCall { call_id: Cow::clone(&id), name, arguments });
        self.calls.push(Called { call, id, is_answered: false });
    }

    fn result(&mut self, result: &'a ToolResult) {
        let is_its = |called: &&mut Called| {
            !called.is_answered
                && match result.call_id.is_empty() {
                    true => called.call.name == result.name,
                    false => called.call.id == result.call_id,
                }
        };
        if let Some(called) = self.calls.iter_mut().find(is_its) {
            called.is_answered = true;
            let call_id = called.id.clone();
            let output = Output::Text(&result.output);
            return self.items.push(Item::FunctionCallOutput { call_id, output });
        }
        let of = if result.name.is_empty() { String::new() } else { format!(" {}", result.name) };
        let text = format!("Result of the tool{of}, whose call is not in this dialogue:\n{}", result.output);
        self.say("user", &mut vec![Piece::InputText { text: text.into() }]);
    }

    fn reasoning(&mut self, reasoning: &'a SealedReasoning) {
        if !self.with_reasoning {
            return;
        }
        if let Some(encrypted_content) = sealed::open(self.account_id, &reasoning.sealed) {
            let text = reasoning.summary.as_str();
            let summary = if text.is_empty() { Vec::new() } else { vec![Summary { text }] };
            self.items.push(Item::Reasoning { summary, encrypted_content });
        }
    }

    /// Returns the items, with an output for each call, and without reasoning that leads to nothing.
    fn finish(self) -> Vec<Item<'a>> {
        let unanswered: BTreeSet<_> =
            self.calls.into_iter().filter(|called| !called.is_answered).map(|called| called.id).collect();
        let mut leads = vec![false; self.items.len() + 1];
        for (at, item) in self.items.iter().enumerate().rev() {
            leads[at] = match item {
                Item::Reasoning { .. } => leads[at + 1],
                Item::Message { role, .. } => *role == "assistant",
                Item::FunctionCall { .. } => true,
                Item::FunctionCallOutput { .. } => false,
            };
        }
        let (mut items, mut open) = (Vec::new(), Vec::new());
        for (item, leads) in self.items.into_iter().zip(leads) {
            match &item {
                Item::FunctionCall { call_id, .. } if unanswered.contains(call_id) => open.push(call_id.clone()),
                Item::FunctionCall { .. } | Item::FunctionCallOutput { .. } => {}
                Item::Reasoning { .. } if !leads => continue,
                Item::Message { .. } | Item::Reasoning { .. } => items.extend(open.drain(..).map(without_output)),
            }
            items.push(item);
        }
        items.extend(open.into_iter().map(without_output));
        items
    }
}

impl<'a> Output<'a> {
    fn add(&mut self, picture: Piece<'a>) {
        if let Output::Text(text) = self {
            let text = Piece::InputText { text: Cow::Borrowed(*text) };
            *self = Output::Pieces(vec![text]);
        }
        if let Output::Pieces(pieces) = self {
            pieces.push(picture);
        }
    }
}

fn without_output(call_id: Cow<str>) -> Item {
    Item::FunctionCallOutput { call_id, output: Output::Text(NO_OUTPUT) }
}
