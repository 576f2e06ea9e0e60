//! Checks the items of `input`, and makes messages of them.

use serde::{Deserialize, de::MapAccess};

use super::{Text, tools::full_name};
use crate::{
    inference::prompt::{Role, SealedReasoning, ToolCall},
    json::{Field, Kind, Object, TextOrList},
    media::input::ImageInput,
    protocols::{
        fields::{Invalid, invalid, invalid_choice, optional, required},
        openai::chat_completions::chat_request::{Message, Part},
    },
};

/// A text, or items.
pub type InputBody<'a> = TextOrList<'a, Object<ItemBody<'a>>>;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ItemBody<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    role: Text<'a>,
    #[serde(borrow)]
    content: Field<Content<'a>>,
    #[serde(borrow)]
    call_id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    namespace: Text<'a>,
    #[serde(borrow)]
    arguments: Text<'a>,
    #[serde(borrow)]
    input: Text<'a>,
    #[serde(borrow)]
    output: Field<Content<'a>>,
    #[serde(borrow)]
    summary: Field<Content<'a>>,
    #[serde(borrow)]
    encrypted_content: Text<'a>,
}

type Content<'a> = TextOrList<'a, Object<PartBody<'a>>>;

#[derive(Default, Deserialize)]
#[serde(default)]
struct PartBody<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(borrow)]
    refusal: Text<'a>,
    #[serde(borrow)]
    image_url: Field<Address<'a>>,
}

/// An address, or the object of Chat Completions that has it. Some clients send that form here.
struct Address<'a>(Text<'a>);

#[derive(Default, Deserialize)]
#[serde(default)]
struct AddressBody<'a> {
    #[serde(borrow)]
    url: Text<'a>,
}

impl<'de: 'a, 'a> Kind<'de> for Address<'a> {
    fn borrowed(text: &'de str) -> Option<Self> {
        Some(Address(Field::Given(text.into())))
    }
    fn text(text: &str) -> Option<Self> {
        Some(Address(Field::Given(text.to_owned().into())))
    }
    fn object<A: MapAccess<'de>>(entries: A) -> Result<Option<Self>, A::Error> {
        let read = Object::<AddressBody<'a>>::object(entries)?;
        Ok(read.map(|Object(body)| Address(body.url)))
    }
}

/// The messages of an input.
#[derive(Debug, Default)]
pub struct Input<'a> {
    pub messages: Vec<Message<'a>>,
    /// Ids of items of earlier answers.
    pub references: Vec<String>,
}

/// Items that say nothing to a model: what others searched or compacted.
const DROPPED: [&str; 4] = ["web_search_call", "compaction", "compaction_summary", "ghost_snapshot"];
const KNOWN: &str = "'message', 'function_call', 'function_call_output', 'custom_tool_call', 'custom_tool_call_output', \
                     'reasoning', 'item_reference'";

/// Returns the messages of the items. Fails with the field at fault, or if nothing is said and nothing came before
/// (`continues`).
pub fn items(body: InputBody<'_>, continues: bool) -> Result<Input<'_>, Invalid> {
    let bodies = match body {
        InputBody::Text(text) => {
            let messages = vec![Message { role: Role::User, parts: vec![Part::Text(text)] }];
            return said(Input { messages, references: Vec::new() }, continues);
        }
        InputBody::List(bodies) => bodies,
    };
    let mut input = Input::default();
    for (index, body) in bodies.into_iter().enumerate() {
        input.item(&format!("input.{index}"), body)?;
    }
    said(input, continues)
}

fn said(input: Input<'_>, continues: bool) -> Result<Input<'_>, Invalid> {
    let says_something = |part: &Part| match part {
        Part::Text(text) => !text.trim().is_empty(),
        Part::Image(_) | Part::ToolCall(_) | Part::ToolResult(_) => true,
        Part::Reasoning(_) => false,
    };
    let is_said = input.messages.iter().flat_map(|message| &message.parts).any(says_something);
    if is_said || continues || !input.references.is_empty() {
        return Ok(input);
    }
    Err(invalid("input", "invalid_value", "'input' must have some text or a picture.".to_owned()))
}

/// Returns the messages with each answer in one: what it said and called are items of their own.
pub fn joined(messages: Vec<Message<'_>>) -> Vec<Message<'_>> {
    let mut joined: Vec<Message> = Vec::with_capacity(messages.len());
    for message in messages {
        match joined.last_mut() {
            Some(last) if last.role == Role::Assistant && message.role == Role::Assistant => {
                last.parts.extend(message.parts);
            }
            _ => joined.push(message),
        }
    }
    joined
}

impl<'a> Input<'a> {
    fn item(&mut self, path: &str, body: Field<Object<ItemBody<'a>>>) -> Result<(), Invalid> {
        let Object(body) = required(body, path, "an object")?;
        let path_of = |name: &str| format!("{path}.{name}");
        let kind = match &body.kind {
            // The short form of a message.
            Field::Missing | Field::Null if !matches!(body.role, Field::Missing) => "message".into(),
            // A reference may leave its type out.
            Field::Missing | Field::Null if !matches!(body.id, Field::Missing) => "item_reference".into(),
            _ => required(body.kind.clone(), &path_of("type"), "a string")?,
        };
        match &*kind {
            "message" => self.message(path, body),
            "function_call" | "custom_tool_call" => {
                let id = required(body.call_id, &path_of("call_id"), "a string")?.into_owned();
                let name = required(body.name, &path_of("name"), "a string")?;
                let name = match optional(&body.namespace, &path_of("namespace"), "a string")? {
                    Some(namespace) if !namespace.is_empty() => full_name(namespace, &name),
                    _ => name.into_owned(),
                };
                let input = match &*kind {
                    "function_call" => required(body.arguments, &path_of("arguments"), "a string")?,
                    _ => required(body.input, &path_of("input"), "a string")?,
                };
                let call = Part::ToolCall(ToolCall { id, name, input: input.into_owned() });
                self.messages.push(Message { role: Role::Assistant, parts: vec![call] });
                Ok(())
            }
            "function_call_output" | "custom_tool_call_output" => self.result(path, body),
            "item_reference" => {
                let id = required(body.id, &path_of("id"), "a string")?;
                // What a model thought is not repeated.
                if !id.starts_with("rs_") {
                    self.references.push(id.into_owned());
                }
                Ok(())
            }
            "reasoning" => self.reasoning(path, body),
            kind if DROPPED.contains(&kind) => Ok(()),
            kind => Err(invalid_choice(&path_of("type"), kind, KNOWN)),
        }
    }

    /// Appends a reasoning that its provider encrypted. One in clear text alone is not repeated to a model.
    fn reasoning(&mut self, path: &str, body: ItemBody<'a>) -> Result<(), Invalid> {
        let path_of = |name: &str| format!("{path}.{name}");
        let sealed = optional(&body.encrypted_content, &path_of("encrypted_content"), "a string")?;
        let Some(sealed) = sealed.filter(|sealed| !sealed.is_empty()).map(|sealed| sealed.to_string()) else {
            return Ok(());
        };
        let shown = match body.summary {
            Field::Missing | Field::Null => Vec::new(),
            summary => parts(&path_of("summary"), required(summary, &path_of("summary"), "an array of parts")?)?,
        };
        let texts = shown.iter().filter_map(|part| if let Part::Text(text) = part { Some(&**text) } else { None });
        let reasoning = Part::Reasoning(SealedReasoning { summary: texts.collect(), sealed });
        self.messages.push(Message { role: Role::Assistant, parts: vec![reasoning] });
        Ok(())
    }

    fn message(&mut self, path: &str, body: ItemBody<'a>) -> Result<(), Invalid> {
        let path_of = |name: &str| format!("{path}.{name}");
        let name = required(body.role, &path_of("role"), "a string")?;
        let role = match &*name {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            "developer" => Role::Developer,
            name => {
                return Err(invalid_choice(&path_of("role"), name, "'user', 'assistant', 'system', 'developer'"));
            }
        };
        let content = required(body.content, &path_of("content"), "a string or an array of parts")?;
        self.messages.push(Message { role, parts: parts(&path_of("content"), content)? });
        Ok(())
    }

    /// Appends the result of a call: its text, then its pictures.
    fn result(&mut self, path: &str, body: ItemBody<'a>) -> Result<(), Invalid> {
        let path_of = |name: &str| format!("{path}.{name}");
        let call_id = required(body.call_id, &path_of("call_id"), "a string")?.into_owned();
        let output = required(body.output, &path_of("output"), "a string or an array of parts")?;
        let content = parts(&path_of("output"), output)?;
        self.messages.push(Message::tool_result(call_id, String::new(), content));
        Ok(())
    }
}

fn parts<'a>(path: &str, content: Content<'a>) -> Result<Vec<Part<'a>>, Invalid> {
    match content {
        Content::Text(text) => Ok(vec![Part::Text(text)]),
        Content::List(bodies) => {
            bodies.into_iter().enumerate().map(|(index, body)| part(&format!("{path}.{index}"), body)).collect()
        }
    }
}

fn part<'a>(path: &str, body: Field<Object<PartBody<'a>>>) -> Result<Part<'a>, Invalid> {
    let Object(body) = required(body, path, "an object")?;
    let path_of = |name: &str| format!("{path}.{name}");
    let kind = required(body.kind, &path_of("type"), "a string")?;
    match &*kind {
        "input_text" | "output_text" | "text" | "summary_text" => {
            required(body.text, &path_of("text"), "a string").map(Part::Text)
        }
        "refusal" => required(body.refusal, &path_of("refusal"), "a string").map(Part::Text),
        "input_image" | "image_url" => {
            let param = path_of("image_url");
            let Address(url) =
                required(body.image_url, &param, "a string: pictures by 'file_id' are not offered here")?;
            let url = required(url, &param, "a string")?;
            Ok(Part::Image(ImageInput { url, param }))
        }
        "input_file" => {
            let message =
                "Files are not offered here: send the text of the file as 'input_text', or pages as pictures.";
            Err(invalid(&path_of("type"), "unsupported_value", message.to_owned()))
        }
        kind => Err(invalid_choice(&path_of("type"), kind, "'input_text', 'input_image', 'output_text', 'refusal'")),
    }
}
