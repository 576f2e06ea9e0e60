//! Tools and structured output for providers that have neither: by words in the prompt, and a reader of the answer.
//!
//! Pure: no I/O, no clock, no settings.
//!
//! ```ignore
//! let Some(emulation) = Emulation::new(&prompt, random) else { return ask(prompt) };
//! let plain = emulation.plain(&prompt);
//! let mut reader = emulation.reader();
//! for event in ask(&plain) { reader.push(event, &mut out); }
//! if let Err(fault) = reader.finish(false, &mut out) {
//!     let again = emulation.repair(&plain, &answer, &fault);
//!     let mut reader = emulation.repair_reader();
//!     …
//! }
//! ```
//!
//! - [`schema`]: which JSON Schema is understood; checks schemas and values.
//! - `instructions`: what the model reads about tools and formats; `history`: earlier calls and results as text.
//! - `reader`: events in, events out. `sieve` finds calls in the text. `marked` reads calls with the mark, `unmarked` and
//!   `forms` those without it. `calls` turns what was found into calls of declared tools, `structured` reads JSON.
//! - `lenient`: JSON with the mistakes that models make; `json`: its values.
//!
//! # What the model writes
//!
//! A call is `<tool_call_MARK name="NAME">` … `</tool_call_MARK>`, where MARK is random for each request. So neither a
//! tool's result nor a page that the model quotes can hold one. Other forms that models fall back to count only where
//! they cannot be ordinary text, see `forms`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::prompt::{Message, OutputFormat, Part, Prompt, Role, Tool, ToolChoice};

mod calls;
mod forms;
mod history;
mod instructions;
mod json;
mod lenient;
mod marked;
mod marker;
mod reader;
pub mod schema;
mod sieve;
mod structured;
#[cfg(test)]
mod tests;
mod unmarked;

pub use reader::Reader;

/// The longest answer of the model that a repair repeats, in bytes. Of a longer one the middle is left out.
const MAX_REPEATED: usize = 96 << 10;

/// The most bytes that are held for one call.
const MAX_HELD: usize = 1 << 20;

/// The emulation of one request. Clones share it.
#[derive(Debug, Clone)]
pub struct Emulation(Rc<Request>);

/// What the reader of an answer knows of the request.
#[derive(Debug)]
struct Request {
    random: [u8; 16],
    marker: marker::Marker,
    /// What the model may call: none if the client forbids calls.
    tools: Vec<Tool>,
    choice: ToolChoice,
    single: bool,
    format: OutputFormat,
    /// Ids of earlier calls in the dialogue.
    ids: BTreeSet<String>,
}

/// Why an answer is not what the client asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `tool_call_missing`, `invalid_tool_call` or `invalid_structured_output`.
    pub code: &'static str,
    /// For the model and for the client: what is wrong.
    pub message: String,
}

impl Emulation {
    /// Returns whether a prompt has tools that may be called, a format, or earlier calls and results.
    pub fn is_needed(prompt: &Prompt) -> bool {
        let may_call = !prompt.tools.is_empty() && prompt.tool_choice != ToolChoice::None;
        let has_history = || parts(prompt).any(|part| matches!(part, Part::ToolCall(_) | Part::ToolResult(_)));
        may_call || prompt.format != OutputFormat::Text || has_history()
    }

    /// Returns the emulation of a prompt, and `None` if the prompt needs none.
    pub fn new(prompt: &Prompt, random: [u8; 16]) -> Option<Emulation> {
        if !Emulation::is_needed(prompt) {
            return None;
        }
        let tools = if prompt.tool_choice == ToolChoice::None { Vec::new() } else { prompt.tools.clone() };
        let ids = parts(prompt).filter_map(|part| match part {
            Part::ToolCall(call) => Some(call.id.clone()),
            _ => None,
        });
        Some(Emulation(Rc::new(Request {
            random,
            marker: marker::Marker::new(random, prompt),
            choice: if tools.is_empty() { ToolChoice::None } else { prompt.tool_choice.clone() },
            tools,
            single: prompt.single_tool_call,
            format: prompt.format.clone(),
            ids: ids.collect(),
        })))
    }

    /// Returns the prompt for a provider without tools and formats: instructions, and the dialogue as text. Pictures
    /// and limits stay.
    pub fn plain(&self, prompt: &Prompt) -> Prompt {
        let mut messages = history::write(&prompt.messages, &self.0.marker);
        if let Some(text) = instructions::write(&self.0) {
            let is_leading = |message: &Message| matches!(message.role, Role::System | Role::Developer);
            let at = messages.iter().take_while(|message| is_leading(message)).count();
            messages.insert(at, system(text));
        }
        messages.extend(instructions::reminder(&self.0).map(system));
        Prompt { messages, pictures: prompt.pictures.clone(), limits: prompt.limits.clone(), ..Prompt::default() }
    }

    /// Returns the reader of the answer to [`Self::plain`].
    pub fn reader(&self) -> Reader {
        Reader::new(Rc::clone(&self.0), false)
    }

    /// Returns the reader of the answer to [`Self::repair`]. It gives calls, JSON and refusals; other text is dropped.
    pub fn repair_reader(&self) -> Reader {
        Reader::new(Rc::clone(&self.0), true)
    }

    /// Returns the prompt for the second and last try: the first one, the model's answer, and what is wrong with it.
    pub fn repair(&self, plain: &Prompt, answer: &str, fault: &Fault) -> Prompt {
        let mut prompt = plain.clone();
        if !answer.trim().is_empty() {
            let text = instructions::shortened(answer, MAX_REPEATED);
            prompt.messages.push(Message { role: Role::Assistant, parts: vec![Part::Text(text)] });
        }
        let text = instructions::repair(&self.0, fault);
        prompt.messages.push(Message { role: Role::User, parts: vec![Part::Text(text)] });
        prompt
    }
}

impl Request {
    /// Returns the id of the call with this number in its answer. The same request has the same ids, and none of the
    /// dialogue's.
    fn id(&self, number: usize, is_repair: bool) -> String {
        const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let [low, high] = [0, 8].map(|at| u64::from_le_bytes(std::array::from_fn(|byte| self.random[at + byte])));
        let mut salt = (number as u64) << 1 | u64::from(is_repair);
        loop {
            let mut id = "call_".to_owned();
            for at in 0..24 {
                // Each letter depends on all of the random bits.
                let mixed = mix(low ^ mix(high ^ mix(salt << 8 | at)));
                id.push(char::from(LETTERS[(mixed % 62) as usize]));
            }
            if !self.ids.contains(&id) {
                return id;
            }
            salt += 1 << 32;
        }
    }
}

/// Returns the parts of all messages.
fn parts(prompt: &Prompt) -> impl Iterator<Item = &Part> {
    prompt.messages.iter().flat_map(|message| &message.parts)
}

/// Mixes the bits of a number (splitmix64).
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn system(text: String) -> Message {
    Message { role: Role::System, parts: vec![Part::Text(text)] }
}
