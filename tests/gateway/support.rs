//! Plays the server's messages to a session, as the provider does: one run of events for each message.

use grok2api::{
    inference::event::{Event, Events, Finish},
    protocols::answer::{
        message::Collected,
        render::{Renderer, Style},
    },
    providers::{
        ProviderError,
        grok_web::mgw::{
            message::Options,
            session::{Question, Session},
        },
    },
    settings::ReasoningFormat,
};

pub const OPTIONS: Options = Options { mode: "fast", temporary: true };

/// The client's text, and how the answer ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    pub text: String,
    pub outcome: Result<Finish, ProviderError>,
}

/// Returns a session that asks `Hi`. Its ids are made of zeros.
pub fn session(filtered_tags: &str) -> Session {
    let question = Question { text: "Hi".to_owned(), file_ids: Vec::new() };
    Session::new(OPTIONS, question, filtered_tags, [0; 16])
}

/// Plays messages up to their end, at which the connection breaks. Messages after the answer's end must change
/// nothing.
pub fn play<'m>(
    show_thinking: bool,
    filtered_tags: &str,
    messages: impl IntoIterator<Item = impl AsRef<str> + 'm>,
) -> Played {
    let mut session = session(filtered_tags);
    let reasoning = if show_thinking { ReasoningFormat::Raw } else { ReasoningFormat::Hidden };
    let mut renderer = Renderer::new(Style { reasoning, ..Style::default() });
    let (mut events, mut text) = (Events::default(), Collected::default());
    let mut outcome = None;
    for message in messages {
        let received = session.receive(message.as_ref(), &mut events);
        if outcome.is_some() {
            assert_eq!((received, events.is_empty()), (Ok(None), true), "something came after the end");
        } else {
            write(&mut events, &mut renderer, &mut text);
            outcome = received.transpose();
        }
    }
    let outcome = outcome.unwrap_or_else(|| {
        let outcome = session.broken(&mut events);
        write(&mut events, &mut renderer, &mut text);
        outcome
    });
    renderer.close(&mut text);
    Played { text: text.content, outcome }
}

/// Writes the events, with files under Grok's own names, and clears them.
fn write(events: &mut Events, renderer: &mut Renderer, text: &mut Collected) {
    for event in events.iter() {
        let mut address = || if let Event::File(file) = event { file.url.clone() } else { String::new() };
        renderer.write(event, &mut address, text);
    }
    events.clear();
}
