//! A dialogue as the one message the web service takes.
//!
//! Every message is a line `<role>：<text>`. The service has no roles of its own; these words are what its web users'
//! tools have settled on. Earlier answers go in without what we put around them: thinking, and inline pictures.

use crate::openai::types::{ImageInput, Message, Part, Role};

/// A dialogue, flattened.
#[derive(Debug, Clone, PartialEq)]
pub struct Flat<'r, 'a> {
    pub message: String,
    /// All pictures, in the order in which they stand.
    pub images: Vec<&'r ImageInput<'a>>,
}

pub fn flatten<'r, 'a>(messages: &'r [Message<'a>]) -> Flat<'r, 'a> {
    let mut flat = Flat { message: String::new(), images: Vec::new() };
    for message in messages {
        let mut text = String::new();
        for part in &message.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Image(image) => flat.images.push(image),
            }
        }
        if message.role == Role::Assistant {
            text = without_inline_pictures(&without_thinking(&text));
        }
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if !flat.message.is_empty() {
            flat.message.push('\n');
        }
        flat.message.push_str(role_name(message.role));
        flat.message.push('：');
        flat.message.push_str(text);
    }
    flat
}

/// The text of the last user message that has any, bare: a video is made of one instruction, not of a dialogue.
pub fn last_question(messages: &[Message]) -> String {
    let texts = messages.iter().rev().filter(|message| message.role == Role::User).map(|message| {
        let text = |part: &Part| if let Part::Text(text) = part { text.to_string() } else { String::new() };
        message.parts.iter().map(text).collect::<String>().trim().to_owned()
    });
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System | Role::Developer => "系统",
        Role::User => "用户",
        Role::Assistant => "grok",
        Role::Tool => "tool",
        Role::Function => "function",
    }
}

/// Drops `<think>…</think>`. One that never closes is dropped to its end only in front, where we put it ourselves:
/// elsewhere an answer speaks about the tag.
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

/// Drops Markdown pictures whose address is their whole content: megabytes that mean nothing as text.
fn without_inline_pictures(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("](data:") {
        let Some(start) = rest[..at].rfind("![") else {
            kept.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        // Looked for only where a picture begins, and but once in vain: the client may have sent millions of these.
        let Some(length) = rest[at..].find(')') else { break };
        kept.push_str(&rest[..start]);
        rest = &rest[at + length + 1..];
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(role: Role, parts: &[&'static str]) -> Message<'static> {
        Message { role, parts: parts.iter().map(|part| Part::Text((*part).into())).collect() }
    }

    #[test]
    fn roles_become_lines() {
        let messages = [
            message(Role::System, &["be nice"]),
            message(Role::User, &["hi"]),
            message(Role::Assistant, &["yo"]),
            message(Role::User, &[" "]),
            message(Role::User, &["a", "b "]),
        ];
        assert_eq!(flatten(&messages).message, "系统：be nice\n用户：hi\ngrok：yo\n用户：ab");
    }

    #[test]
    fn the_last_question_is_bare() {
        let messages = [
            message(Role::System, &["be nice"]),
            message(Role::User, &["hi"]),
            message(Role::User, &["make ", "it rise "]),
            message(Role::User, &[" "]),
            message(Role::Assistant, &["yo"]),
        ];
        assert_eq!(last_question(&messages), "make it rise");
        assert_eq!(last_question(&messages[..1]), "");
    }

    #[test]
    fn pictures_keep_their_order_across_messages() {
        let image = |url: &'static str| Part::Image(ImageInput { url: url.into(), param: String::new() });
        let messages = [
            Message { role: Role::User, parts: vec![image("1"), Part::Text("x".into()), image("2")] },
            Message { role: Role::User, parts: vec![image("3")] },
        ];
        let flat = flatten(&messages);
        assert_eq!(flat.images.iter().map(|image| &*image.url).collect::<Vec<_>>(), ["1", "2", "3"]);
        assert_eq!(flat.message, "用户：x");
    }

    #[test]
    fn earlier_answers_lose_thinking_and_inline_pictures_only() {
        for (answer, kept) in [
            ("<think>\na\n</think>\nyes", "grok：yes"),
            ("<think>never closed", ""),
            ("the <think> tag", "grok：the <think> tag"),
            ("a<think>b</think>c<think>d</think>e", "grok：ace"),
            ("see ![p](data:image/png;base64,AAAA) there", "grok：see  there"),
            ("[x](data:text/plain,a) y", "grok：[x](data:text/plain,a) y"),
            ("![Generated Image](https://me/images/1)", "grok：![Generated Image](https://me/images/1)"),
        ] {
            assert_eq!(flatten(&[message(Role::Assistant, &[answer])]).message, kept, "{answer}");
        }
        for (answer, repeated) in [("![", "](data:"), ("", "](data:"), ("", "![](data:"), ("", "![](data:)")] {
            let answer = format!("{answer}{}", repeated.repeat(100_000));
            let message = Message { role: Role::Assistant, parts: vec![Part::Text(answer.into())] };
            let started = std::time::Instant::now();
            flatten(&[message]);
            assert!(started.elapsed().as_secs() < 2, "{repeated}");
        }
        let asked = "what does <think>x</think> mean";
        assert_eq!(flatten(&[message(Role::User, &[asked])]).message, format!("用户：{asked}"));
    }
}
