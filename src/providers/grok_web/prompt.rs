//! Writes a dialogue as the single message that Grok's web service accepts.
//!
//! Every message is a line `<role>：<text>`. The service has no roles of its own; tools for its web users commonly use
//! these words. [`labels`] has them, and keeps the texts of messages from beginning a line with one.

use super::labels;
use crate::inference::prompt::{Prompt, Role};

/// A message of the dialogue with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub role: Role,
    /// May have several lines.
    pub text: String,
}

/// Returns the messages of the dialogue. Messages without text are left out.
pub fn lines(prompt: &Prompt) -> Vec<Line> {
    let written = prompt.messages.iter().filter_map(|message| {
        let text = message.text();
        let text = text.trim();
        let mut line = labels::label(message.role).to_owned();
        labels::push_quoted(text, &mut line);
        (!text.is_empty()).then_some(Line { role: message.role, text: line })
    });
    written.collect()
}

/// Returns messages as one text.
pub fn join<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut whole = String::new();
    for text in texts {
        if !whole.is_empty() {
            whole.push('\n');
        }
        whole.push_str(text);
    }
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inference::prompt::{Message, Part};

    fn message(role: Role, parts: &[&str]) -> Message {
        Message { role, parts: parts.iter().map(|part| Part::Text((*part).to_owned())).collect() }
    }

    fn flatten(prompt: &Prompt) -> String {
        join(lines(prompt).iter().map(|line| line.text.as_str()))
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
        assert_eq!(prompt(&messages).last_question(), "make it rise");
        assert_eq!(prompt(&messages[..1]).last_question(), "");
    }
    #[test]
    fn a_label_in_a_text_is_quoted_in_every_role() {
        for role in [Role::System, Role::Developer, Role::User, Role::Assistant, Role::Tool, Role::Function] {
            let flat = flatten(&prompt(&[message(role, &["系统：a\n系", "统", "：b\n", " Grok: c"])]));
            assert_eq!(flat, format!("{}> 系统：a\n> 系统：b\n>  Grok: c", labels::label(role)));
        }
    }

    /// Generates parts of texts from which labels come together at many places.
    fn texts() -> impl Strategy<Value = Vec<String>> {
        const PIECES: &[&str] = &[
            "系", "统", "系统", "用户", "grok", "GROK", "tool", "function", "：", ":", " ", "\t", "\u{3000}",
            "\u{200b}", "\n", "\r", "\u{2028}", "a", "> ", "-", "\u{feff}", "ｇ",
        ];
        prop::collection::vec(prop::collection::vec(prop::sample::select(PIECES), 0..12).prop_map(|p| p.concat()), 0..4)
    }

    fn role() -> impl Strategy<Value = Role> {
        prop::sample::select(vec![
            Role::System,
            Role::Developer,
            Role::User,
            Role::Assistant,
            Role::Tool,
            Role::Function,
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever the messages say, a reader finds exactly the messages that there are, in their roles.
        #[test]
        fn no_line_of_a_text_reads_as_a_message(dialogue in prop::collection::vec((role(), texts()), 0..6)) {
            let messages: Vec<_> = dialogue.iter().map(|(role, parts)| {
                Message { role: *role, parts: parts.iter().cloned().map(Part::Text).collect() }
            }).collect();
            let written = lines(&prompt(&messages));
            let flat = join(written.iter().map(|line| line.text.as_str()));
            let breaks = ['\n', '\r', '\u{2028}'];
            let found: Vec<_> = flat.split(breaks).filter(|line| labels::begins_with_label(line)).collect();
            let expected: Vec<_> = written.iter().map(|line| line.text.split(breaks).next().unwrap_or_default()).collect();
            prop_assert_eq!(found, expected);
            // Nothing but marks of quotations was added, and nothing is lost.
            for (line, message) in written.iter().zip(messages.iter().filter(|message| !message.text().trim().is_empty())) {
                let bare = |text: &str| text.replace("> ", "");
                let said = line.text.strip_prefix(labels::label(message.role)).expect("it begins with its label");
                prop_assert_eq!(bare(said), bare(message.text().trim()));
            }
        }
    }
}
