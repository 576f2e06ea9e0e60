//! Writes a dialogue as the single message that Grok's web service accepts.
//!
//! Every message is a line `<role>：<text>`. The service has no roles of its own; tools for its web users commonly use
//! these words.

use crate::inference::prompt::{Message, Part, Prompt, Role};

/// Returns the dialogue as one text. Messages without text are left out.
pub fn flatten(prompt: &Prompt) -> String {
    let mut flat = String::new();
    for message in &prompt.messages {
        let text = text_of(message);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if !flat.is_empty() {
            flat.push('\n');
        }
        flat.push_str(role_name(message.role));
        flat.push('：');
        flat.push_str(text);
    }
    flat
}

/// Returns the text of the last user message that has any, without a role: a video is made from one instruction, not
/// from a dialogue.
pub fn last_question(prompt: &Prompt) -> String {
    let of_users = prompt.messages.iter().rev().filter(|message| message.role == Role::User);
    let mut texts = of_users.map(|message| text_of(message).trim().to_owned());
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}

fn text_of(message: &Message) -> String {
    let texts = message.parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        // Providers without native tools get calls and results as text.
        Part::Picture(_) | Part::ToolCall(_) | Part::ToolResult(_) => None,
    });
    texts.collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn message(role: Role, parts: &[&str]) -> Message {
        Message { role, parts: parts.iter().map(|part| Part::Text((*part).to_owned())).collect() }
    }

    fn prompt(messages: &[Message]) -> Prompt {
        Prompt { messages: messages.to_vec(), ..Prompt::default() }
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
        assert_eq!(flatten(&prompt(&messages)), "系统：be nice\n用户：hi\ngrok：yo\n用户：ab");
    }

    #[test]
    fn the_last_question_has_no_role() {
        let messages = [
            message(Role::System, &["be nice"]),
            message(Role::User, &["hi"]),
            message(Role::User, &["make ", "it rise "]),
            message(Role::User, &[" "]),
            message(Role::Assistant, &["yo"]),
        ];
        assert_eq!(last_question(&prompt(&messages)), "make it rise");
        assert_eq!(last_question(&prompt(&messages[..1])), "");
    }
}
