//! Checks the system prompt and the messages of a request, and converts them to those of the prompt.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Text,
    blocks::{BlockBody, CONTENT, Content, Piece, pieces, plain, result_pieces},
};
use crate::{
    inference::prompt::{Message, Part, Role, SealedReasoning, ToolCall, ToolResult},
    json::{Field, Object},
    media::input::ImageInput,
    protocols::{
        anthropic::messages::wire::MESSAGE_ID,
        fields::{Invalid, invalid, invalid_choice, optional, required},
        inline_pictures::without_inline_pictures,
    },
};

/// How the block of Claude Code begins that is meant for the bills of Anthropic's servers alone.
const BILLING: &str = "x-anthropic-billing-header:";

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct MessageBody<'a> {
    #[serde(borrow)]
    role: Text<'a>,
    #[serde(borrow)]
    content: Field<Content<'a>>,
}

/// The dialogue of a request.
#[derive(Default)]
pub struct Dialogue<'a> {
    pub messages: Vec<Message>,
    pub images: Vec<ImageInput<'a>>,
    /// The name of each call's tool, by the call's id.
    called: BTreeMap<String, String>,
    /// Tools that the messages offer (true) or withdraw, as the last of them says.
    offered: BTreeMap<String, bool>,
}

/// Returns the checked dialogue. Fails with the field at fault, or if no message says anything.
pub fn dialogue<'a>(
    system: Field<Content<'a>>,
    bodies: Vec<Field<Object<MessageBody<'a>>>>,
) -> Result<Dialogue<'a>, Invalid> {
    let mut dialogue = Dialogue::default();
    match system {
        Field::Missing | Field::Null => {}
        system => dialogue.system(required(system, "system", CONTENT)?)?,
    }
    let beginning = dialogue.messages.len();
    for (index, body) in bodies.into_iter().enumerate() {
        dialogue.message(&format!("messages.{index}"), body)?;
    }
    let says_something = |part: &Part| match part {
        Part::Text(text) => !text.trim().is_empty(),
        Part::Reasoning(_) => false,
        Part::Picture(_) | Part::ToolCall(_) | Part::ToolResult(_) => true,
    };
    if !dialogue.messages[beginning..].iter().flat_map(|message| &message.parts).any(says_something) {
        let message = "'messages' must have a message with some text or a picture.";
        return Err(invalid("messages", "invalid_value", message.to_owned()));
    }
    Ok(dialogue)
}

impl<'a> Dialogue<'a> {
    /// Returns whether the messages offer the tool of this name, and `None` if they do not say.
    pub fn offers(&self, name: &str) -> Option<bool> {
        self.offered.get(name).copied()
    }

    fn system(&mut self, content: Content<'a>) -> Result<(), Invalid> {
        let mut parts = Vec::new();
        for piece in pieces("system", content)? {
            match piece {
                Piece::Text(text) if text.starts_with(BILLING) => {}
                piece => self.add(piece, Role::System, &mut parts),
            }
        }
        self.say(Role::System, parts);
        Ok(())
    }

    fn message(&mut self, path: &str, body: Field<Object<MessageBody<'a>>>) -> Result<(), Invalid> {
        let Object(body) = required(body, path, "an object")?;
        let name = required(body.role, &format!("{path}.role"), "a string")?;
        let role = match &*name {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            _ => return Err(invalid_choice(&format!("{path}.role"), &name, "'user', 'assistant', 'system'")),
        };
        let path = format!("{path}.content");
        let bodies = match required(body.content, &path, CONTENT)? {
            Content::Text(text) => {
                self.say(role, vec![Part::Text(text.into_owned())]);
                return Ok(());
            }
            Content::List(bodies) => bodies,
        };
        let mut parts = Vec::new();
        for (index, body) in bodies.into_iter().enumerate() {
            self.block(&format!("{path}.{index}"), body, role, &mut parts)?;
        }
        self.say(role, parts);
        Ok(())
    }

    /// Reads one block of a message, whose other parts so far are `parts`.
    fn block(
        &mut self,
        path: &str,
        body: Field<Object<BlockBody<'a>>>,
        role: Role,
        parts: &mut Vec<Part>,
    ) -> Result<(), Invalid> {
        let Object(body) = required(body, path, "an object")?;
        let kind = required(body.kind.clone(), &format!("{path}.type"), "a string")?;
        match &*kind {
            "tool_use" => parts.push(Part::ToolCall(self.call(path, body)?)),
            "tool_result" => {
                self.say(role, std::mem::take(parts));
                self.result(path, body)?;
            }
            "thinking" => parts.extend(reasoning(path, body)?.map(Part::Reasoning)),
            // Of another service.
            "redacted_thinking" => {}
            "tool_addition" | "tool_removal" => self.change(path, body, kind == "tool_addition")?,
            "compaction" => {
                let summary = match body.content {
                    Field::Missing | Field::Null => Vec::new(),
                    content => {
                        pieces(&format!("{path}.content"), required(content, &format!("{path}.content"), CONTENT)?)?
                    }
                };
                summary.into_iter().for_each(|piece| self.add(piece, role, parts));
            }
            _ => match (plain(path, &kind, body)?, role) {
                (Some(pieces), _) => pieces.into_iter().for_each(|piece| self.add(piece, role, parts)),
                // What other models' servers did in their answers is not the client's mistake.
                (None, Role::Assistant) => {}
                (None, _) => {
                    let choices = "'text', 'image', 'document', 'search_result', 'tool_result'";
                    return Err(invalid_choice(&format!("{path}.type"), &kind, choices));
                }
            },
        }
        Ok(())
    }

    fn call(&mut self, path: &str, body: BlockBody<'a>) -> Result<ToolCall, Invalid> {
        let id = required(body.id, &format!("{path}.id"), "a string")?.into_owned();
        let name = required(body.name, &format!("{path}.name"), "a string")?.into_owned();
        let input = required(body.input, &format!("{path}.input"), "an object")?;
        let input = serde_json::to_string(&input).expect("a JSON value always has a JSON form");
        self.called.insert(id.clone(), name.clone());
        Ok(ToolCall { id, name, input })
    }

    /// Adds the result of a call as a message of its own: its text, then its pictures.
    fn result(&mut self, path: &str, body: BlockBody<'a>) -> Result<(), Invalid> {
        let call_id = required(body.tool_use_id, &format!("{path}.tool_use_id"), "a string")?.into_owned();
        let path = format!("{path}.content");
        let content = match body.content {
            Field::Missing | Field::Null => Vec::new(),
            content => self.found(&path, required(content, &path, CONTENT)?)?,
        };
        let (mut output, mut parts) = (String::new(), Vec::new());
        for piece in content {
            match piece {
                Piece::Text(text) => append(&mut output, &text, true),
                image => self.add(image, Role::Tool, &mut parts),
            }
        }
        if body.is_error.is_true() {
            output.insert_str(0, "Error: ");
        }
        let name = self.called.get(&call_id).cloned().unwrap_or_default();
        parts.insert(0, Part::ToolResult(ToolResult { call_id, name, output }));
        self.say(Role::Tool, parts);
        Ok(())
    }

    /// Returns the pieces of a result. A tool that it refers to is offered from now on.
    fn found(&mut self, path: &str, content: Content<'a>) -> Result<Vec<Piece<'a>>, Invalid> {
        if let Content::List(bodies) = &content {
            let names = bodies.iter().filter_map(|body| body.as_ref()?.0.tool_name.as_ref());
            self.offered.extend(names.map(|name| (name.to_string(), true)));
        }
        result_pieces(path, content)
    }

    fn change(&mut self, path: &str, body: BlockBody<'a>, is_addition: bool) -> Result<(), Invalid> {
        let path = format!("{path}.tool");
        let Object(tool) = required(body.tool, &path, "an object")?;
        let name = required(tool.name, &format!("{path}.name"), "a string")?.into_owned();
        self.offered.insert(name, is_addition);
        Ok(())
    }

    fn add(&mut self, piece: Piece<'a>, role: Role, parts: &mut Vec<Part>) {
        match piece {
            Piece::Text(text) => match parts.last_mut() {
                // An answer is one text, of which a block may be the middle of a sentence.
                Some(Part::Text(before)) => append(before, &text, role != Role::Assistant),
                _ => parts.push(Part::Text(text.into_owned())),
            },
            Piece::Image(image) => {
                parts.push(Part::Picture(self.images.len()));
                self.images.push(image);
            }
        }
    }

    fn say(&mut self, role: Role, mut parts: Vec<Part>) {
        if role == Role::Assistant {
            for part in &mut parts {
                if let Part::Text(text) = part {
                    *text = without_inline_pictures(text);
                }
            }
        }
        if !parts.is_empty() {
            self.messages.push(Message { role, parts });
        }
    }
}

/// Appends a text, on a line of its own if it is a block of its own.
fn append(whole: &mut String, text: &str, is_block: bool) {
    if is_block && !whole.is_empty() && !whole.ends_with('\n') {
        whole.push('\n');
    }
    whole.push_str(text);
}

/// Returns the reasoning of an earlier answer that its provider encrypted. The gateway signs another with the message's id.
fn reasoning(path: &str, body: BlockBody) -> Result<Option<SealedReasoning>, Invalid> {
    let summary = optional(&body.thinking, &format!("{path}.thinking"), "a string")?;
    let summary = summary.map(|text| text.to_string()).unwrap_or_default();
    let signature = optional(&body.signature, &format!("{path}.signature"), "a string")?;
    let sealed = signature.filter(|text| !text.is_empty() && !text.starts_with(MESSAGE_ID));
    Ok(sealed.map(|sealed| SealedReasoning { summary, sealed: sealed.to_string() }))
}
