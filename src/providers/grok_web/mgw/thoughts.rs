//! The paragraphs of the reasoning, which Grok sends as loose pieces.
//!
//! A heading is a piece of its own; the same heading often comes again with a later step. Other text may come in
//! pieces that form one text, as long as they have the same place in the work.

use super::wire::Metadata;
use crate::json::{Field, Number};

const PARAGRAPH: &str = "\n\n";

/// The place of a piece in the work on an answer. Unknown fields are empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place {
    agent: String,
    step: Option<(f64, f64)>,
}

impl Place {
    /// Returns the place that the metadata names.
    pub fn of(metadata: &Metadata) -> Self {
        let agent = metadata.rollout_id.as_ref().map(|id| id.to_string()).unwrap_or_default();
        let step = match (&metadata.step_id, &metadata.phase_index) {
            (Field::Given(Number(step)), Field::Given(Number(phase))) => Some((*step, *phase)),
            _ => None,
        };
        Place { agent, step }
    }

    /// Returns whether the piece comes from the leading agent. Without agents every piece does.
    pub fn is_led_by(&self, leader: &str) -> bool {
        self.agent.is_empty() || leader.is_empty() || self.agent == leader
    }
}

/// What was written last.
#[derive(Debug, Default)]
enum Last {
    #[default]
    Nothing,
    Heading(String, Place),
    Text(Place),
    Other,
}

#[derive(Debug, Default)]
pub struct Thoughts {
    last: Last,
}

impl Thoughts {
    /// Returns the separator before the next piece, or `None` if the piece only repeats the heading.
    pub fn next(&mut self, text: &str, is_heading: bool, place: Place) -> Option<&'static str> {
        let separator = match &mut self.last {
            Last::Heading(heading, _) if is_heading && heading == text => return None,
            Last::Heading(heading, last) if is_heading && continues(text, last, &place) => {
                heading.push_str(text);
                return Some("");
            }
            Last::Nothing => "",
            Last::Text(last) if !is_heading && (last.agent == place.agent && last.step == place.step) => "",
            _ => PARAGRAPH,
        };
        self.last = if is_heading { Last::Heading(text.to_owned(), place) } else { Last::Text(place) };
        Some(separator)
    }

    /// Notes that something other than reasoning was written.
    pub fn interrupt(&mut self) {
        self.last = Last::Other;
    }
}

/// Returns whether a heading continues the one before it.
fn continues(text: &str, last: &Place, place: &Place) -> bool {
    text.starts_with(char::is_whitespace) || (place.step.is_some() && last == place)
}
