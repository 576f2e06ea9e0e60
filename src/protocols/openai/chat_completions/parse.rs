//! Checks a chat request field by field, so that an error names the field.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{IgnoredAny, SeqAccess};

use super::chat_request::{ChatRequest, Invalid, Message, Part, ROLES};
use crate::{
    inference::prompt::Role,
    json::{self, Field, Kind, MAX_VALUES, Object, Present},
    media::input::ImageInput,
};

type Text<'a> = Field<Cow<'a, str>>;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    model: Text<'a>,
    #[serde(borrow)]
    messages: Field<Vec<Field<Object<MessageBody<'a>>>>>,
    /// A field of the Responses API. Some clients send it here.
    input: Option<IgnoredAny>,
    stream: Field<bool>,
    stream_options: Field<Object<StreamOptions>>,
    n: Field<f64>,
    // Parameters that Grok does not have. Their types are checked, their values ignored.
    temperature: Field<f64>,
    top_p: Field<f64>,
    presence_penalty: Field<f64>,
    frequency_penalty: Field<f64>,
    max_tokens: Field<f64>,
    max_completion_tokens: Field<f64>,
    seed: Field<f64>,
    #[serde(borrow)]
    user: Text<'a>,
    tools: Field<Vec<IgnoredAny>>,
    metadata: Field<Present>,
    response_format: Field<Present>,
    stop: Field<Stop>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StreamOptions {
    include_usage: Field<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MessageBody<'a> {
    #[serde(borrow)]
    role: Text<'a>,
    #[serde(borrow)]
    content: Field<Content<'a>>,
}

enum Content<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<Field<Object<PartBody<'a>>>>),
}

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

impl<'de: 'a, 'a> Kind<'de> for Content<'a> {
    fn borrowed(text: &'de str) -> Option<Self> {
        Some(Content::Text(text.into()))
    }
    fn text(text: &str) -> Option<Self> {
        Some(Content::Text(text.to_owned().into()))
    }
    fn list<A: SeqAccess<'de>>(items: A) -> Result<Option<Self>, A::Error> {
        Ok(Vec::list(items)?.map(Content::Parts))
    }
}

/// One stop sequence or several, ignored.
struct Stop;

impl<'de> Kind<'de> for Stop {
    fn text(_: &str) -> Option<Self> {
        Some(Stop)
    }
    fn list<A: SeqAccess<'de>>(items: A) -> Result<Option<Self>, A::Error> {
        Ok(Vec::<IgnoredAny>::list(items)?.map(|_| Stop))
    }
}

/// Parses and checks the JSON of a chat request. Fails with the field at fault, OpenAI's code for it and what to send.
pub fn chat_request(body: &[u8]) -> Result<ChatRequest<'_>, Invalid> {
    if json::values(body) > MAX_VALUES {
        let message = format!("The request body has more than {MAX_VALUES} values: send fewer.");
        return Err(Invalid { param: None, code: "invalid_value", message });
    }
    let root: Field<Object<Body>> = serde_json::from_slice(body).map_err(|error| Invalid {
        param: None,
        // Well-formed JSON may still have a field twice, or too many values.
        code: if error.is_data() { "invalid_value" } else { "invalid_json" },
        message: format!("The request body cannot be read as JSON: {error}"),
    })?;
    let Object(body) = match root {
        Field::Given(body) => body,
        Field::Wrong(found) => return Err(wrong_type(None, "an object", found)),
        Field::Null | Field::Missing => return Err(wrong_type(None, "an object", "null")),
    };
    unused_parameters(&body)?;
    let model = required(body.model, "model", "a string")?;
    if model.trim().is_empty() {
        return Err(invalid("model", "invalid_value", "'model' must not be empty.".to_owned()));
    }
    match optional(&body.n, "n", "an integer")? {
        None | Some(1.0) => {}
        Some(n) => {
            let message = format!("'n' must be 1: one answer per request is supported, not {n}.");
            return Err(invalid("n", "unsupported_value", message));
        }
    }
    let stream = optional(&body.stream, "stream", "a boolean")?.is_some_and(|on| *on);
    let options = optional(&body.stream_options, "stream_options", "an object")?;
    let include_usage = match options {
        Some(Object(options)) => optional(&options.include_usage, "stream_options.include_usage", "a boolean")?,
        None => None,
    };
    let include_usage = include_usage.is_some_and(|on| *on);
    if matches!(body.messages, Field::Missing) && body.input.is_some() {
        let message = "Missing required parameter: 'messages'. 'input' belongs to POST /v1/responses, which is not \
                       offered here: send 'messages' to /v1/chat/completions.";
        return Err(invalid("messages", "missing_required_parameter", message.to_owned()));
    }
    let messages = messages(required(body.messages, "messages", "an array")?)?;
    Ok(ChatRequest { model, messages, stream, include_usage })
}

fn unused_parameters(body: &Body) -> Result<(), Invalid> {
    let numbers = [
        (&body.temperature, "temperature"),
        (&body.top_p, "top_p"),
        (&body.presence_penalty, "presence_penalty"),
        (&body.frequency_penalty, "frequency_penalty"),
        (&body.max_tokens, "max_tokens"),
        (&body.max_completion_tokens, "max_completion_tokens"),
        (&body.seed, "seed"),
    ];
    for (field, name) in numbers {
        optional(field, name, "a number")?;
    }
    optional(&body.user, "user", "a string")?;
    optional(&body.tools, "tools", "an array")?;
    optional(&body.metadata, "metadata", "an object")?;
    optional(&body.response_format, "response_format", "an object")?;
    optional(&body.stop, "stop", "a string or an array of strings")?;
    Ok(())
}

fn messages<'a>(bodies: Vec<Field<Object<MessageBody<'a>>>>) -> Result<Vec<Message<'a>>, Invalid> {
    if bodies.is_empty() {
        return Err(invalid("messages", "empty_array", "'messages' must have at least one message.".to_owned()));
    }
    let mut messages = Vec::with_capacity(bodies.len());
    for (index, body) in bodies.into_iter().enumerate() {
        messages.push(message(&format!("messages.{index}"), body)?);
    }
    let says_something = |part: &Part| match part {
        Part::Text(text) => !text.trim().is_empty(),
        Part::Image(_) => true,
    };
    if !messages.iter().flat_map(|message| &message.parts).any(says_something) {
        return Err(invalid("messages", "invalid_value", "'messages' must have some text or a picture.".to_owned()));
    }
    Ok(messages)
}

fn message<'a>(path: &str, body: Field<Object<MessageBody<'a>>>) -> Result<Message<'a>, Invalid> {
    let Object(body) = required(body, path, "an object")?;
    let path_of = |name: &str| format!("{path}.{name}");
    let name = required(body.role, &path_of("role"), "a string")?;
    let known = ROLES.iter().find(|(known, _)| *known == name);
    let role = known.map(|(_, role)| *role).ok_or_else(|| {
        let names = ROLES.map(|(name, _)| format!("'{name}'")).join(", ");
        invalid_choice(&path_of("role"), &name, &names)
    })?;
    let content = match body.content {
        // An assistant's message may have had nothing but tool calls.
        Field::Missing | Field::Null if matches!(role, Role::Assistant | Role::Function) => {
            return Ok(Message { role, parts: Vec::new() });
        }
        content => required(content, &path_of("content"), "a string or an array of parts")?,
    };
    let parts = match content {
        Content::Text(text) => vec![Part::Text(text)],
        Content::Parts(bodies) => {
            let path = path_of("content");
            let parts = bodies.into_iter().enumerate().map(|(index, body)| part(&format!("{path}.{index}"), body));
            parts.collect::<Result<_, _>>()?
        }
    };
    Ok(Message { role, parts })
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

fn required<T>(field: Field<T>, path: &str, expected: &str) -> Result<T, Invalid> {
    match field {
        Field::Given(value) => Ok(value),
        Field::Wrong(found) => Err(wrong_type(Some(path), expected, found)),
        Field::Null => Err(wrong_type(Some(path), expected, "null")),
        Field::Missing => {
            Err(invalid(path, "missing_required_parameter", format!("Missing required parameter: '{path}'.")))
        }
    }
}

fn optional<'f, T>(field: &'f Field<T>, path: &str, expected: &str) -> Result<Option<&'f T>, Invalid> {
    match field {
        Field::Given(value) => Ok(Some(value)),
        Field::Wrong(found) => Err(wrong_type(Some(path), expected, found)),
        Field::Null | Field::Missing => Ok(None),
    }
}

fn wrong_type(path: Option<&str>, expected: &str, found: &str) -> Invalid {
    let place = path.map_or("the body".to_owned(), |path| format!("'{path}'"));
    let message = format!("Invalid type for {place}: expected {expected}, but got {found} instead.");
    Invalid { param: path.map(str::to_owned), code: "invalid_type", message }
}

fn invalid_choice(path: &str, found: &str, choices: &str) -> Invalid {
    let found: String = found.chars().take(64).collect();
    invalid(path, "invalid_value", format!("Invalid value for '{path}': '{found}'. Supported values are: {choices}."))
}

fn invalid(path: &str, code: &'static str, message: String) -> Invalid {
    Invalid { param: Some(path.to_owned()), code, message }
}
