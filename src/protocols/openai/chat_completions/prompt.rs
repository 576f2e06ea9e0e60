//! Converts a checked chat request to the prompt that providers take.
//!
//! Earlier answers lose what this protocol added to them: reasoning and inline pictures.

use super::{
    chat_request::{ChatRequest, Part as RequestPart},
    pictures,
};
use crate::{
    error::Result,
    inference::prompt::{Message, Part, Prompt, Role},
    media::input::{ImageInput, Source},
    protocols::{answer::exchange::Asked, inline_pictures::without_inline_pictures},
    providers::catalog::Model,
};

/// Returns what the request asks of this model. Fails with 400 on the first picture that is refused, and if the model
/// needs another number of them.
pub fn asked(model: Model, request: ChatRequest<'_>) -> Result<Asked> {
    let (mut prompt, mut images) = convert(request);
    pictures::select(&model, &mut prompt, &mut images)?;
    let sources = Source::read(&images)?;
    Ok(Asked { model, prompt, sources })
}

/// Returns the request as a prompt, and its pictures in the order in which the messages name them.
pub fn convert<'a>(request: ChatRequest<'a>) -> (Prompt, Vec<ImageInput<'a>>) {
    let mut images = Vec::new();
    let mut messages = Vec::with_capacity(request.messages.len());
    for message in request.messages {
        let mut parts: Vec<Part> = Vec::with_capacity(message.parts.len());
        for part in message.parts {
            match (part, parts.last_mut()) {
                // Parts are joined, because a tag may open in one and close in the next.
                (RequestPart::Text(text), Some(Part::Text(before))) => before.push_str(&text),
                (RequestPart::Text(text), _) => parts.push(Part::Text(text.into_owned())),
                (RequestPart::Image(image), _) => {
                    parts.push(Part::Picture(images.len()));
                    images.push(image);
                }
                (RequestPart::ToolCall(call), _) => parts.push(Part::ToolCall(call)),
                (RequestPart::ToolResult(result), _) => parts.push(Part::ToolResult(result)),
                (RequestPart::Reasoning(reasoning), _) => parts.push(Part::Reasoning(reasoning)),
            }
        }
        if message.role == Role::Assistant {
            for part in &mut parts {
                if let Part::Text(text) = part {
                    *text = without_inline_pictures(&without_thinking(text));
                }
            }
        }
        messages.push(Message { role: message.role, parts });
    }
    let ChatRequest { tools, tool_choice, single_tool_call, format, limits, effort, sampling, searches, .. } = request;
    let prompt = Prompt {
        messages,
        tools,
        tool_choice,
        single_tool_call,
        format,
        limits,
        effort,
        sampling,
        searches,
        ..Prompt::default()
    };
    (prompt, images)
}

/// Returns the text without `<think>…</think>`. An unclosed one is dropped to the end of the text only in front,
/// where the gateway writes it; elsewhere the answer is about the tag.
fn without_thinking(text: &str) -> String {
    const OPEN: &str = "<think>";
    const CLOSE: &str = "</think>";
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(OPEN) {
        let (before, from) = rest.split_at(start);
        match from.find(CLOSE) {
            Some(end) => {
                kept.push_str(before);
                rest = &from[end + CLOSE.len()..];
            }
            None if kept.trim().is_empty() && before.trim().is_empty() => return String::new(),
            None => break,
        }
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::openai::chat_completions::chat_request::Message as RequestMessage;

    fn converted(role: Role, parts: Vec<RequestPart<'_>>) -> Vec<Part> {
        let messages = vec![RequestMessage { role, parts }];
        let request = ChatRequest { model: "m".into(), messages, ..ChatRequest::default() };
        convert(request).0.messages.remove(0).parts
    }

    #[test]
    fn pictures_keep_their_order_across_messages() {
        let image = |url: &'static str| RequestPart::Image(ImageInput { url: url.into(), param: String::new() });
        let messages = vec![
            RequestMessage { role: Role::User, parts: vec![image("1"), RequestPart::Text("x".into()), image("2")] },
            RequestMessage { role: Role::User, parts: vec![image("3")] },
        ];
        let request = ChatRequest { model: "m".into(), messages, ..ChatRequest::default() };
        let (Prompt { messages, .. }, images) = convert(request);
        assert_eq!(images.iter().map(|image| &*image.url).collect::<Vec<_>>(), ["1", "2", "3"]);
        assert_eq!(messages[0].parts, [Part::Picture(0), Part::Text("x".into()), Part::Picture(1)]);
        assert_eq!(messages[1].parts, [Part::Picture(2)]);
    }

    #[test]
    fn earlier_answers_lose_thinking_and_inline_pictures_only() {
        for (answer, kept) in [
            ("<think>\na\n</think>\nyes", "\nyes"),
            ("<think>never closed", ""),
            ("the <think> tag", "the <think> tag"),
            ("a<think>b</think>c<think>d</think>e", "ace"),
            ("see ![p](data:image/png;base64,AAAA) there", "see  there"),
        ] {
            let parts = converted(Role::Assistant, vec![RequestPart::Text(answer.into())]);
            assert_eq!(parts, [Part::Text(kept.to_owned())], "{answer}");
        }
        let halves = vec![RequestPart::Text("<think>a".into()), RequestPart::Text("b</think>c".into())];
        assert_eq!(converted(Role::Assistant, halves), [Part::Text("c".to_owned())]);
        let asked = "what does <think>x</think> mean";
        assert_eq!(converted(Role::User, vec![RequestPart::Text(asked.into())]), [Part::Text(asked.to_owned())]);
    }
}
