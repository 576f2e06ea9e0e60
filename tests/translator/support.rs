//! Runs the translator as the gateway does: one run of events per read, cleared after it is written.

use grok2api::inference::event::{Event, Events, Finish};
use grok2api::protocols::answer::{
    message::Collected,
    render::{Renderer, Style},
};
use grok2api::providers::ProviderError;
use grok2api::providers::grok_web::rest::reader::Reader;
use grok2api::settings::ReasoningFormat;

/// The operator's settings that shape an answer.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    pub show_thinking: bool,
    pub filtered_tags: &'a str,
}

/// Returns the answer's text, with files under Grok's own names, and how the answer ended.
pub fn read<'c>(
    options: &Options,
    chunks: impl IntoIterator<Item = &'c [u8]>,
) -> (String, Result<Finish, ProviderError>) {
    let (mut reader, mut events) = (Reader::new(options.filtered_tags), Events::default());
    let (mut renderer, mut text) = (Renderer::new(style(options.show_thinking)), Collected::default());
    for chunk in chunks {
        let read = reader.push(chunk, &mut events);
        write(&mut events, &mut renderer, &mut text);
        if let Err(error) = read {
            renderer.close(&mut text);
            return (text.content, Err(error));
        }
    }
    let mut end = reader.finish(&mut events);
    write(&mut events, &mut renderer, &mut text);
    match end {
        Ok(finish) => renderer.finish(finish, &mut text),
        Err(_) => renderer.close(&mut text),
    }
    if end.is_ok() && renderer.is_empty() {
        end = Err(ProviderError::Empty);
    }
    (text.content, end)
}

/// Returns the style with the thinking in the text, or nowhere.
pub fn style(show_thinking: bool) -> Style {
    let reasoning = if show_thinking { ReasoningFormat::Raw } else { ReasoningFormat::Hidden };
    Style { reasoning, ..Style::default() }
}

/// Writes the events, with files under Grok's own names, and clears them.
pub fn write(events: &mut Events, renderer: &mut Renderer, text: &mut Collected) {
    for event in events.iter() {
        let mut address = || if let Event::File(file) = event { file.url.clone() } else { String::new() };
        renderer.write(event, &mut address, text);
    }
    events.clear();
}
