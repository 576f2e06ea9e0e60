//! Divides a long dialogue between Grok's one message and a text file that is uploaded beside it.
//!
//! Grok refuses messages beyond some length. Of a longer dialogue, the instructions and the last turn (from the last
//! message of the user on) stay in the message, and everything before goes into the file. If what stays is too long
//! itself, it is shortened there, and the file has it in full: nothing is lost.

use super::{
    labels,
    prompt::{Line, join, lines},
};
use crate::inference::prompt::{Prompt, Role};

/// The name of the file.
pub const FILE_NAME: &str = "dialogue.txt";

/// The fewest characters of a message that is divided: a shorter one cannot be too long.
pub const LEAST: usize = 2_000;
/// The fewest characters that are left of a message that is shortened.
const LEAST_EXCERPT: usize = 200;

const NOTE: &str = "The attached file dialogue.txt contains, in their order, the earlier messages of this dialogue and in full \
                    those that are shortened here: read it before you answer.";

/// A dialogue as Grok gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialogue {
    pub message: String,
    /// The text of the file; `None` if the message has all of it.
    pub file: Option<String>,
}

/// Returns the dialogue with a message of at most `limit` characters.
pub fn divide(prompt: &Prompt, limit: usize) -> Dialogue {
    let lines = lines(prompt);
    let lengths: Vec<_> = lines.iter().map(|line| line.text.chars().count()).collect();
    let whole: usize = lengths.iter().map(|length| length + 1).sum();
    if whole <= limit + 1 {
        return Dialogue { message: join(lines.iter().map(|line| line.text.as_str())), file: None };
    }
    let note = format!("{}{NOTE}", labels::label(Role::System));
    let last_turn = lines.iter().rposition(|line| line.role == Role::User).unwrap_or(lines.len().saturating_sub(1));
    let kept = kept(&lines, &lengths, last_turn, limit.saturating_sub(note.chars().count()));
    let mut texts = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if at == last_turn {
            texts.push(note.clone());
        }
        match kept[at] {
            0 => {}
            length if length == lengths[at] => texts.push(line.text.clone()),
            length => texts.push(excerpt(&line.text, lengths[at], length)),
        }
    }
    let moved = (0..lines.len()).filter(|at| kept[*at] < lengths[*at]).map(|at| lines[at].text.as_str());
    Dialogue { message: join(texts.iter().map(String::as_str)), file: Some(join(moved)) }
}

/// Returns the dialogue after Grok has refused `limit` as too long; `None` if it cannot become shorter.
pub fn divide_shorter(prompt: &Prompt, limit: usize) -> Option<Dialogue> {
    let refused = divide(prompt, limit).message.chars().count();
    let shorter = (refused > LEAST).then(|| divide(prompt, (refused / 2).max(LEAST / 2)))?;
    (shorter.message.chars().count() < refused).then_some(shorter)
}

/// Returns how many characters of each line stay in a message with this room.
fn kept(lines: &[Line], lengths: &[usize], last_turn: usize, room: usize) -> Vec<usize> {
    let is_instruction = |at: &usize| matches!(lines[*at].role, Role::System | Role::Developer);
    let (instructions, mut turn): (Vec<_>, Vec<_>) =
        (0..lines.len()).filter(|at| is_instruction(at) || *at >= last_turn).partition(is_instruction);
    let sum = |places: &[usize]| places.iter().map(|at| lengths[*at] + 1).sum::<usize>();
    let mut kept = vec![0; lines.len()];
    // Instructions come first, as long as the last turn has half of the room.
    let for_instructions = room.saturating_sub(sum(&turn)).max(room / 2);
    let mut room = room - shorten(&instructions, lengths, for_instructions, &mut kept);
    // Then the question, as long as what follows it has half of the room.
    let rest = turn.split_off(turn.len().min(1));
    room -= shorten(&turn, lengths, room.saturating_sub(sum(&rest)).max(room / 2), &mut kept);
    // Of what follows, the newest: of many calls and results the latest matter most.
    for (n, at) in rest.iter().rev().enumerate() {
        let fits = lengths[*at] < room;
        if !fits && n > 0 {
            break;
        }
        room -= shorten(&[*at], lengths, room, &mut kept);
    }
    kept
}

/// Keeps as much of these lines as the room allows, by shortening the longest. Returns the characters that they take.
fn shorten(places: &[usize], lengths: &[usize], room: usize, kept: &mut [usize]) -> usize {
    for at in places {
        kept[*at] = lengths[*at];
    }
    let taken = |kept: &[usize]| {
        places.iter().map(|at| kept[*at]).filter(|length| *length > 0).map(|length| length + 1).sum::<usize>()
    };
    loop {
        let over = taken(kept).saturating_sub(room);
        let longest = places.iter().copied().max_by_key(|at| kept[*at]).filter(|at| over > 0 && kept[*at] > 0);
        let Some(longest) = longest else { return taken(kept) };
        let left = kept[longest].saturating_sub(over);
        kept[longest] = match kept[longest] {
            // Nothing is left to shorten: the oldest goes.
            length if length <= LEAST_EXCERPT => {
                let oldest = places.iter().copied().find(|at| kept[*at] > 0).expect("the longest is one");
                kept[oldest] = 0;
                continue;
            }
            _ => left.max(LEAST_EXCERPT),
        };
    }
}

/// Returns the beginning and the end of a line of `whole` characters, `length` in all, and a remark between them.
fn excerpt(text: &str, whole: usize, length: usize) -> String {
    let remark = format!(" [… {whole} characters, in full in {FILE_NAME} …] ");
    let left = length.saturating_sub(remark.chars().count());
    let after = |count: usize| text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
    let (head, tail) = (&text[..after(left.div_ceil(2))], &text[after(whole - left / 2)..]);
    format!("{head}{remark}{tail}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inference::prompt::{Message, Part};

    fn prompt(messages: &[(Role, &str)]) -> Prompt {
        let message =
            |(role, text): &(Role, &str)| Message { role: *role, parts: vec![Part::Text((*text).to_owned())] };
        Prompt { messages: messages.iter().map(message).collect(), ..Prompt::default() }
    }

    fn chars(text: &str) -> usize {
        text.chars().count()
    }

    #[test]
    fn a_dialogue_that_fits_is_one_message() {
        let prompt = prompt(&[(Role::System, "be nice"), (Role::User, "树树")]);
        let message = "系统：be nice\n用户：树树";
        assert_eq!(divide(&prompt, chars(message)), Dialogue { message: message.to_owned(), file: None });
        assert!(divide(&prompt, chars(message) - 1).file.is_some());
        assert_eq!(divide(&Prompt::default(), 10), Dialogue { message: String::new(), file: None });
    }

    #[test]
    fn the_older_dialogue_goes_into_the_file() {
        let long = "old ".repeat(1_000);
        let prompt = prompt(&[
            (Role::System, "be nice"),
            (Role::User, &long),
            (Role::Assistant, "yes"),
            (Role::Developer, "be brief"),
            (Role::User, "look it up"),
            (Role::Assistant, "a call"),
            (Role::Tool, "a result"),
        ]);
        let divided = divide(&prompt, 3_000);
        let expected =
            format!("系统：be nice\n系统：be brief\n系统：{NOTE}\n用户：look it up\ngrok：a call\ntool：a result");
        assert_eq!(divided.message, expected);
        assert_eq!(divided.file, Some(format!("用户：{}\ngrok：yes", long.trim())));
    }

    #[test]
    fn what_is_too_long_itself_is_shortened_and_in_full_in_the_file() {
        let (rules, asked) = ("rule ".repeat(2_000), "word ".repeat(3_000));
        let prompt = prompt(&[(Role::System, &rules), (Role::User, "hi"), (Role::User, &asked)]);
        let Dialogue { message, file } = divide(&prompt, 4_000);
        assert_eq!(file, Some(format!("系统：{}\n用户：hi\n用户：{}", rules.trim(), asked.trim())));
        assert!((3_900..=4_000).contains(&chars(&message)), "{}", chars(&message));
        let shortened: Vec<_> = message.lines().collect();
        assert_eq!(shortened.len(), 3);
        assert!(shortened[0].starts_with("系统：rule rule"), "{message}");
        assert!(shortened[0].contains(" [… 10002 characters, in full in dialogue.txt …] "), "{message}");
        assert_eq!(shortened[1], format!("系统：{NOTE}"));
        assert!(shortened[2].starts_with("用户：word word") && shortened[2].ends_with("word word"), "{message}");
    }

    #[test]
    fn of_many_results_the_newest_stay() {
        let result = "r".repeat(900);
        let mut messages = vec![(Role::User, "look it up")];
        messages.extend((0..100).map(|_| (Role::Tool, result.as_str())));
        messages.push((Role::Tool, "the last"));
        let Dialogue { message, file } = divide(&prompt(&messages), 5_000);
        let lines: Vec<_> = message.lines().collect();
        assert_eq!(
            (lines[1], lines.len()),
            ("用户：look it up", 8),
            "the note, the question, five results and the last"
        );
        assert_eq!(lines[7], "tool：the last");
        assert_eq!(file.map(|file| file.lines().count()), Some(95));
    }

    #[test]
    fn a_refused_message_becomes_half_as_long_or_is_given_up() {
        let long = "x".repeat(7_000);
        let asked = prompt(&[(Role::User, &long)]);
        let shorter = divide_shorter(&asked, 40_000).expect("it can be");
        assert!((3_000..=3_502).contains(&chars(&shorter.message)), "{}", chars(&shorter.message));
        assert_eq!(shorter.file, Some(format!("用户：{long}")));
        assert_eq!(divide_shorter(&prompt(&[(Role::User, "hi")]), 40_000), None);
    }

    fn dialogues() -> impl Strategy<Value = Vec<(Role, String)>> {
        let role = prop::sample::select(vec![Role::System, Role::User, Role::Assistant, Role::Tool]);
        let text = prop_oneof!["[a-z树\n]{0,40}", (0usize..4_000).prop_map(|n| "word树 ".repeat(n / 6))];
        prop::collection::vec((role, text), 0..30)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        /// Each message is in full in one of both places, in order, and Grok's limit is kept.
        #[test]
        fn nothing_is_lost(dialogue in dialogues(), limit in 1_000usize..20_000) {
            // No text is the beginning of another.
            let texts: Vec<_> = dialogue.iter().enumerate().map(|(n, (role, text))| (*role, format!("#{n}#{text}#"))).collect();
            let texts: Vec<_> = texts.iter().map(|(role, text)| (*role, text.as_str())).collect();
            let prompt = prompt(&texts);
            let Dialogue { message, file } = divide(&prompt, limit);
            prop_assert!(chars(&message) <= limit);
            let file = file.unwrap_or_default();
            let (mut in_message, mut in_file) = (&message[..], &file[..]);
            for line in lines(&prompt) {
                if let Some(rest) = in_file.strip_prefix(&line.text) {
                    in_file = rest.trim_start_matches('\n');
                } else {
                    let at = in_message.find(&line.text);
                    prop_assert!(at.is_some(), "{:.20} is in neither", line.text);
                    in_message = &in_message[at.unwrap_or_default() + line.text.len()..];
                }
            }
            prop_assert_eq!(in_file, "");
            // No cut makes a line that reads as a message.
            let written: Vec<_> = lines(&prompt).into_iter().map(|line| line.text).collect();
            for line in message.lines().filter(|line| labels::begins_with_label(line) && !line.ends_with(NOTE)) {
                let head = line.split(" [… ").next().unwrap_or_default();
                prop_assert!(written.iter().any(|text| text.starts_with(head)), "{}", line);
            }
        }
    }
}
