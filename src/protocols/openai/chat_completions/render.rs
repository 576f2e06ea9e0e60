//! Writes an answer's events as one text.
//!
//! * Reasoning is one `<think>` element in front of the answer. It always closes, also when the answer fails.
//! * Sources of a search are a list of links inside it, or at the end if they came after the reasoning. A citation is a
//!   numbered link in the text.
//! * Pictures are Markdown, videos an HTML element. A video's progress is written as reasoning.

use std::fmt::Write;

use crate::{
    error::Result,
    inference::{
        event::{Event, Events, Source},
        media::Files,
    },
    media::kind::MediaKind,
};

/// How far the text has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Start,
    /// Inside `<think>`.
    Reasoning,
    /// Inside a `<think>` whose last line is a video's progress.
    Progress,
    Answer,
}

/// The state of one answer's text.
#[derive(Debug, Default)]
pub struct Renderer {
    show_reasoning: bool,
    phase: Phase,
    /// Whether some of the answer itself has been written.
    answered: bool,
    /// Whether anything readable has been written, of the answer or of the reasoning.
    visible: bool,
    /// Links to sources that came after the answer began, for its end.
    late_sources: String,
}

impl Renderer {
    /// Returns a renderer that writes reasoning, or drops it.
    pub fn new(show_reasoning: bool) -> Self {
        Renderer { show_reasoning, ..Self::default() }
    }

    /// Appends `events` to `out`, files as links, and clears them. Fails if the files' rows cannot be stored, and
    /// appends nothing then, because the links would be dead.
    pub async fn write_all(&mut self, events: &mut Events, files: &Files, out: &mut String) -> Result<()> {
        let mut addresses = files.addresses(events).await?.into_iter();
        for event in events.iter() {
            self.write(event, &mut || addresses.next().expect("every file has an address"), out);
        }
        events.clear();
        Ok(())
    }

    /// Appends one event to `out`. `address` returns this gateway's address of each file, in their order.
    pub fn write(&mut self, event: Event, address: &mut impl FnMut() -> String, out: &mut String) {
        match event {
            Event::Text(text) => {
                self.begin_answer(out);
                let readable = !text.trim().is_empty();
                self.answered |= readable;
                self.visible |= readable;
                out.push_str(text);
            }
            Event::Reasoning(text) => {
                if self.open_reasoning(out) {
                    self.visible |= !text.trim().is_empty();
                    out.push_str(text);
                }
            }
            Event::Sources(sources) => {
                if self.open_reasoning(out) {
                    self.visible = true;
                    write_list(sources, out);
                } else if self.phase == Phase::Answer {
                    write_list(sources, &mut self.late_sources);
                }
            }
            Event::Citation(citation) => {
                self.begin_answer(out);
                (self.answered, self.visible) = (true, true);
                let _ = write!(out, "[[{}]]({})", citation.number, link_address(&citation.url));
            }
            Event::File(file) => {
                self.begin_answer(out);
                self.visible = true;
                self.file(file.kind, &address(), out);
            }
            Event::Progress(percent) => self.progress(percent, out),
            // They are no text of the answer.
            Event::ToolCallStart(_) | Event::ToolCallInput(_) | Event::ToolCallEnd | Event::Refusal(_) => {}
            Event::Withheld(kind) => {
                self.begin_answer(out);
                self.visible = true;
                out.push_str(match kind {
                    MediaKind::Image => "\n(A picture was withheld by Grok's content policy.)",
                    MediaKind::Video => "\n(A video was withheld by Grok's content policy.)",
                });
            }
        }
    }

    /// Returns whether nothing readable has been written. Hidden reasoning does not count.
    pub fn is_empty(&self) -> bool {
        !self.visible
    }

    /// Ends a complete answer, with the sources that came during it.
    pub fn finish(&mut self, out: &mut String) {
        self.close(out);
        if !self.late_sources.is_empty() {
            out.push('\n');
            out.push_str(&std::mem::take(&mut self.late_sources));
        }
    }

    /// Closes an open `<think>` element.
    pub fn close(&mut self, out: &mut String) {
        match self.phase {
            Phase::Reasoning => out.push_str("\n</think>\n"),
            Phase::Progress => out.push_str("</think>\n"),
            Phase::Start | Phase::Answer => {}
        }
        self.phase = Phase::Answer;
    }

    fn begin_answer(&mut self, out: &mut String) {
        if self.phase != Phase::Answer {
            self.close(out);
        }
    }

    /// Returns whether reasoning may be written now, and opens its element if needed.
    fn open_reasoning(&mut self, out: &mut String) -> bool {
        if !self.show_reasoning || self.phase == Phase::Answer {
            return false;
        }
        if self.phase == Phase::Start {
            out.push_str("<think>\n");
        }
        self.phase = Phase::Reasoning;
        true
    }

    fn progress(&mut self, percent: u8, out: &mut String) {
        if !self.show_reasoning || self.phase == Phase::Answer {
            return;
        }
        match self.phase {
            Phase::Start => out.push_str("<think>"),
            Phase::Reasoning => out.push('\n'),
            Phase::Progress | Phase::Answer => {}
        }
        self.phase = Phase::Progress;
        let _ = write!(out, "Video {percent}%");
        if percent == 100 {
            self.close(out);
        } else {
            out.push('\n');
        }
    }

    fn file(&mut self, kind: MediaKind, address: &str, out: &mut String) {
        match kind {
            MediaKind::Image => {
                if std::mem::replace(&mut self.answered, true) {
                    out.push('\n');
                }
                let _ = write!(out, "![Generated Image]({address})");
            }
            MediaKind::Video => {
                let _ = writeln!(out, "<video src=\"{address}\" controls=\"controls\"></video>");
            }
        }
    }
}

fn write_list(sources: &[Source], out: &mut String) {
    for Source { title, url, preview } in sources {
        let (title, url, preview) = (link_text(title), link_address(url), link_title(preview));
        let _ = write!(out, "\n- [{title}]({url} \"{preview}\")");
    }
    out.push('\n');
}

/// Returns the text of a Markdown link, escaped.
fn link_text(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// Returns the address of a Markdown link, without characters that would end it.
fn link_address(url: &str) -> String {
    url.replace(['\n', '\r'], "").replace(' ', "%20").replace('(', "%28").replace(')', "%29")
}

/// Returns the title of a Markdown link, escaped.
fn link_title(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('\\', "\\\\").replace('"', "'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::event::{Citation, Events};

    fn written(show_reasoning: bool, fill: impl FnOnce(&mut Events)) -> String {
        let (mut events, mut renderer, mut out) = (Events::default(), Renderer::new(show_reasoning), String::new());
        fill(&mut events);
        for event in events.iter() {
            renderer.write(event, &mut || "https://me/images/1".to_owned(), &mut out);
        }
        renderer.close(&mut out);
        out
    }

    #[test]
    fn reasoning_is_one_element_in_front_and_always_closes() {
        let fill = |events: &mut Events| {
            events.reasoning(|out| out.push_str("hm"));
            let source = Source { title: "[a]\nb".into(), url: "https://e.org/a (1)".into(), preview: "\"q\"".into() };
            events.sources(vec![source]);
            events.text(|out| out.push_str("yes"));
        };
        let list = "\n- [\\[a\\] b](https://e.org/a%20%281%29 \"'q'\")\n";
        assert_eq!(written(true, fill), format!("<think>\nhm{list}\n</think>\nyes"));
        assert_eq!(written(false, fill), "yes");
        let thought = |events: &mut Events| {
            events.reasoning(|out| out.push_str("hm"));
        };
        assert_eq!(written(true, thought), "<think>\nhm\n</think>\n");
    }

    #[test]
    fn a_citation_is_a_numbered_link_in_the_text() {
        let fill = |events: &mut Events| {
            events.text(|out| out.push_str("930 km"));
            events.citation(Citation { number: 1, url: "https://e.org/ebro_(river)".into() });
            events.text(|out| out.push('.'));
        };
        assert_eq!(written(true, fill), "930 km[[1]](https://e.org/ebro_%28river%29).");
    }

    #[test]
    fn what_is_found_during_the_answer_follows_it() {
        let (mut renderer, mut out) = (Renderer::new(false), String::new());
        let mut events = Events::default();
        events.text(|out| out.push_str("Yes."));
        events.sources(vec![Source { title: "a".into(), url: "https://e.org/a".into(), preview: "b\nc".into() }]);
        events.text(|out| out.push_str(" Indeed."));
        for event in events.iter() {
            renderer.write(event, &mut String::new, &mut out);
        }
        renderer.finish(&mut out);
        assert_eq!(out, "Yes. Indeed.\n\n- [a](https://e.org/a \"b c\")\n");
    }

    #[test]
    fn a_withheld_picture_is_reported() {
        let text = written(true, |events| {
            events.text(|out| out.push_str("Here."));
            events.withheld(MediaKind::Image);
        });
        assert_eq!(text, "Here.\n(A picture was withheld by Grok's content policy.)");
    }
}
