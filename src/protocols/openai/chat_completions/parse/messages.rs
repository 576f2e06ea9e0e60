//! Checks the messages of a chat request.

use serde::Deserialize;

use super::Text;
use crate::{
    inference::prompt::{Role, ToolCall},
    json::{Field, Object, TextOrList},
    media::input::ImageInput,
    protocols::{
        fields::{Invalid, invalid, invalid_choice, optional, required},
        openai::chat_completions::chat_request::{Message, Part, ROLES},
    },
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct MessageBody<'a> {
    #[serde(borrow)]
    role: Text<'a>,
    #[serde(borrow)]
    content: Field<Content<'a>>,
    #[serde(borrow)]
    refusal: Text<'a>,
    #[serde(borrow)]
    tool_calls: Field<Vec<Field<Object<CallBody<'a>>>>>,
    /// The older form of a call.
    #[serde(borrow)]
    function_call: Field<Object<CalledBody<'a>>>,
    #[serde(borrow)]
    tool_call_id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CallBody<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    function: Field<Object<CalledBody<'a>>>,
    #[serde(borrow)]
    custom: Field<Object<CalledBody<'a>>>,
}

/// What a call names: the arguments of a function, or the input of a custom tool.
#[derive(Default, Deserialize)]
#[serde(default)]
struct CalledBody<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    arguments: Text<'a>,
    #[serde(borrow)]
    input: Text<'a>,
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
    image_url: Field<Object<ImageUrl<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ImageUrl<'a> {
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    detail: Text<'a>,
}

/// Returns the checked messages. Fails with the field at fault, or if no message says anything.
pub fn messages<'a>(bodies: Vec<Field<Object<MessageBody<'a>>>>) -> Result<Vec<Message<'a>>, Invalid> {
    if bodies.is_empty() {
        return Err(invalid("messages", "empty_array", "'messages' must have at least one message.".to_owned()));
    }
    let mut messages = Vec::with_capacity(bodies.len());
    for (index, body) in bodies.into_iter().enumerate() {
        messages.push(message(&format!("messages.{index}"), body)?);
    }
    let says_something = |part: &Part| match part {
        Part::Text(text) => !text.trim().is_empty(),
        Part::Image(_) | Part::ToolCall(_) | Part::ToolResult(_) => true,
        Part::Reasoning(_) => false,
    };
    if !messages.iter().flat_map(|message| &message.parts).any(says_something) {
        return Err(invalid("messages", "invalid_value", "'messages' must have some text or a picture.".to_owned()));
    }
    Ok(messages)
}

fn message<'a>(path: &str, body: Field<Object<MessageBody<'a>>>) -> Result<Message<'a>, Invalid> {
    let Object(mut body) = required(body, path, "an object")?;
    let path_of = |name: &str| format!("{path}.{name}");
    let name = required(std::mem::take(&mut body.role), &path_of("role"), "a string")?;
    let known = ROLES.iter().find(|(known, _)| *known == name);
    let role = known.map(|(_, role)| *role).ok_or_else(|| {
        let names = ROLES.map(|(name, _)| format!("'{name}'")).join(", ");
        invalid_choice(&path_of("role"), &name, &names)
    })?;
    optional(&body.name, &path_of("name"), "a string")?;
    match role {
        Role::Tool | Role::Function => result(path, role, body),
        Role::Assistant => answer(path, body),
        role => {
            let content = required(body.content, &path_of("content"), CONTENT)?;
            Ok(Message { role, parts: parts(&path_of("content"), content)? })
        }
    }
}

const CONTENT: &str = "a string or an array of parts";

/// Returns an earlier answer, which may have had nothing but calls.
fn answer<'a>(path: &str, body: MessageBody<'a>) -> Result<Message<'a>, Invalid> {
    let path_of = |name: &str| format!("{path}.{name}");
    let mut said = match body.content {
        Field::Missing | Field::Null => Vec::new(),
        content => parts(&path_of("content"), required(content, &path_of("content"), CONTENT)?)?,
    };
    if let Field::Given(refusal) = body.refusal {
        said.push(Part::Text(refusal));
    }
    let calls = match body.tool_calls {
        Field::Missing | Field::Null => Vec::new(),
        calls => required(calls, &path_of("tool_calls"), "an array")?,
    };
    for (index, call) in calls.into_iter().enumerate() {
        said.push(Part::ToolCall(tool_call(&format!("{path}.tool_calls.{index}"), call)?));
    }
    if !matches!(body.function_call, Field::Missing | Field::Null) {
        let path = path_of("function_call");
        let Object(called) = required(body.function_call, &path, "an object")?;
        let name = required(called.name, &format!("{path}.name"), "a string")?.into_owned();
        let input = required(called.arguments, &format!("{path}.arguments"), "a string")?.into_owned();
        said.push(Part::ToolCall(ToolCall { id: String::new(), name, input }));
    }
    Ok(Message { role: Role::Assistant, parts: said })
}

fn tool_call(path: &str, body: Field<Object<CallBody>>) -> Result<ToolCall, Invalid> {
    let Object(body) = required(body, path, "an object")?;
    let id = required(body.id, &format!("{path}.id"), "a string")?.into_owned();
    let kind = match body.kind {
        // Some clients leave it out.
        Field::Missing | Field::Null => "function".into(),
        kind => required(kind, &format!("{path}.type"), "a string")?,
    };
    let (called, input) = match &*kind {
        "function" => (body.function, "arguments"),
        "custom" => (body.custom, "input"),
        _ => return Err(invalid_choice(&format!("{path}.type"), &kind, "'function', 'custom'")),
    };
    let path = format!("{path}.{kind}");
    let Object(called) = required(called, &path, "an object")?;
    let name = required(called.name, &format!("{path}.name"), "a string")?.into_owned();
    let given = if input == "arguments" { called.arguments } else { called.input };
    let input = match given {
        // A call without arguments.
        Field::Missing | Field::Null if input == "arguments" => "{}".into(),
        given => required(given, &format!("{path}.{input}"), "a string")?,
    };
    Ok(ToolCall { id, name, input: input.into_owned() })
}

/// Returns the result of a call: its text, then its pictures.
fn result<'a>(path: &str, role: Role, body: MessageBody<'a>) -> Result<Message<'a>, Invalid> {
    let path_of = |name: &str| format!("{path}.{name}");
    let call_id = match role {
        Role::Tool => required(body.tool_call_id, &path_of("tool_call_id"), "a string")?,
        _ => Default::default(),
    };
    let name = match role {
        Role::Function => required(body.name, &path_of("name"), "a string")?,
        _ => body.name.given().unwrap_or_default(),
    };
    let content = match body.content {
        Field::Null if role == Role::Function => Vec::new(),
        content => parts(&path_of("content"), required(content, &path_of("content"), CONTENT)?)?,
    };
    Ok(Message::tool_result(call_id.into_owned(), name.into_owned(), content))
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
        "text" => required(body.text, &path_of("text"), "a string").map(Part::Text),
        "refusal" => required(body.refusal, &path_of("refusal"), "a string").map(Part::Text),
        "image_url" => {
            let param = path_of("image_url");
            let Object(image) = required(body.image_url, &param, "an object")?;
            optional(&image.detail, &format!("{param}.detail"), "a string")?;
            let url = required(image.url, &format!("{param}.url"), "a string")?;
            Ok(Part::Image(ImageInput { url, param }))
        }
        _ => Err(invalid_choice(&path_of("type"), &kind, "'text', 'image_url', 'refusal'")),
    }
}
