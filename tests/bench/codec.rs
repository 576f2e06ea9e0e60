//! How fast the gateway translates: from the bytes of Grok's answer to the chunks that a client gets, without a host.
//!
//! The streams are recorded ones in which one line of text is repeated. The code is native, optimised as the component is;
//! `cargo xtask bench` runs it, as does `cargo bench --bench codec`.

use std::{hint::black_box, time::Instant};

use grok2api::inference::event::{Events, Finish};
use grok2api::inference::usage::Usage;
use grok2api::protocols::answer::render::{Renderer, Style};
use grok2api::protocols::answer::wire::{Ending, StreamWriter};
use grok2api::protocols::openai::chat_completions::{event_stream::EventStream, wire::Head};
use grok2api::providers::grok_web::mgw::message::Options;
use grok2api::providers::grok_web::mgw::session::{Question, Session};
use grok2api::providers::grok_web::rest::reader::Reader;

const HTTP: &str = include_str!("../fixtures/search.ndjson");
const WEBSOCKET: &str = include_str!("../fixtures/mgw/plain.jsonl");
/// The text of the line that is repeated.
const HTTP_TEXT: &str = r#"" tree is Hyperion.""#;
const WEBSOCKET_TEXT: &str = r#""lo.""#;
const TOKENS: usize = 20_000;
const ROUNDS: usize = 15;
/// What comes together in a burst: the bytes that the host reads at once, and the messages that the gateway does.
const READ: usize = 16 * 1024;
const MESSAGES: usize = 64;
/// The settings' default.
const FILTERED_TAGS: &str = "xaiartifact,xai:tool_usage_card,grok:render";

/// The way from events to bytes.
struct Output {
    events: Events,
    renderer: Renderer,
    stream: EventStream,
}

impl Output {
    fn new() -> Self {
        let stream = EventStream::new(Head::new([7; 16], 1_769_700_000, "grok-4-fast"), false);
        Output { events: Events::default(), renderer: Renderer::new(Style::default()), stream }
    }

    fn send(&mut self) {
        for event in self.events.iter() {
            self.renderer.write(event, &mut || unreachable!("the stream has no files"), &mut self.stream);
        }
        self.events.clear();
        black_box(self.stream.take());
    }

    fn finish(mut self, finish: Finish) {
        self.send();
        self.renderer.finish(finish, &mut self.stream);
        assert!(self.stream.completion_tokens() >= TOKENS as u64 / 2, "the text is whole");
        let usage = Usage::estimated(1, self.stream.completion_tokens());
        self.stream.finish(&Ending { finish, citations: &[], usage });
        black_box(self.stream.take());
    }
}

fn over_http<'a>(reads: impl Iterator<Item = &'a [u8]>) {
    let (mut reader, mut output) = (Reader::new(FILTERED_TAGS), Output::new());
    for read in reads {
        reader.push(read, &mut output.events).expect("the stream has no error");
        output.send();
    }
    let finish = reader.finish(&mut output.events).expect("the answer is whole");
    output.finish(finish)
}

fn over_websocket(messages: &[&str], at_once: usize) {
    let options = Options { mode: "fast", temporary: true };
    let mut session = Session::new(options, Question::default(), FILTERED_TAGS, [0; 16]);
    let mut output = Output::new();
    for list in messages.chunks(at_once) {
        for message in list {
            let end = session.receive(message, &mut output.events).expect("the stream has no error");
            if let Some(finish) = end {
                return output.finish(finish);
            }
        }
        output.send();
    }
    panic!("the answer is not whole")
}

/// Returns the lines of a recorded stream, that with this text many times.
fn longer<'a>(recorded: &'a str, text: &str) -> Vec<&'a str> {
    let times = |line: &&str| if line.contains(text) { TOKENS } else { 1 };
    recorded.split_inclusive('\n').flat_map(|line| std::iter::repeat_n(line, times(&line))).collect()
}

/// Prints a row: megabytes of Grok's answer a second, nanoseconds a token, each the median and the best.
fn measure(name: &str, bytes: usize, run: impl Fn()) {
    let mut seconds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            run();
            began.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    let (median, best) = (seconds[ROUNDS / 2], seconds[0]);
    let speed = |seconds: f64| bytes as f64 / 1e6 / seconds;
    let token = |seconds: f64| seconds * 1e9 / TOKENS as f64;
    println!("| {name} | {:.0} ({:.0}) | {:.0} ({:.0}) |", speed(median), speed(best), token(median), token(best));
}

fn main() {
    let (lines, messages) = (longer(HTTP, HTTP_TEXT), longer(WEBSOCKET, WEBSOCKET_TEXT));
    let body = lines.concat();
    let length = messages.iter().map(|message| message.len()).sum();
    println!("| codec | MB/s of Grok's answer | ns a token |\n| --- | --- | --- |");
    measure("http, a burst", body.len(), || over_http(body.as_bytes().chunks(READ)));
    measure("http, each line alone", body.len(), || over_http(lines.iter().map(|line| line.as_bytes())));
    measure("websocket, a burst", length, || over_websocket(&messages, MESSAGES));
    measure("websocket, each message alone", length, || over_websocket(&messages, 1));
}
