//! The provider on a scripted API: what is sent, what is read, and what happens when it fails.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use bytes::Bytes;
use serde_json::{Value, json};

use super::open;
use crate::{
    crypto::vault::Vault,
    host::native::{Answer, NativeHost},
    inference::{
        event::{Event, Events, Finish},
        prompt::{Message, Part, Picture, Prompt, Role},
        usage::Usage,
    },
    providers::{
        Account, Call, ProviderError,
        catalog::{self, Model},
        learned::Learned,
    },
    settings::Settings,
};

mod dialogues;
mod failures;
mod keys;
mod pictures;
mod requests;
mod streams;
mod usage;

const KEY: &str = "xai-abcdefghijklmnopqrst1234";
/// The id of the account whose key that is.
const ACCOUNT: i64 = 7;

/// The scripted API.
struct Api {
    host: Rc<NativeHost>,
}

/// An answer that was read to its end.
#[derive(Debug)]
struct Said {
    /// Each event as a short text.
    events: Vec<String>,
    end: Result<Finish, ProviderError>,
    usage: Option<Usage>,
    /// Whether the answer had begun at its end.
    started: bool,
}

impl Api {
    fn new(answer: impl Fn(&http::Request<Bytes>) -> Answer + 'static) -> Self {
        let host = NativeHost::new();
        host.on_send(move |request| Ok(answer(request)));
        Api { host }
    }

    /// Asks a model, and reads its answer to the end.
    fn ask(&self, model: &str, prompt: Prompt) -> Said {
        self.ask_model(catalog::find(&format!("xai/{model}")).expect("it may be one"), prompt)
    }

    fn ask_model(&self, model: Model, prompt: Prompt) -> Said {
        let app = self.host.app();
        self.host.run(async move {
            let vault = Vault::open(&*app.host).await.expect("no key is set");
            let settings = Settings::from_sections(None, None).grok;
            let account = Account { id: ACCOUNT, token: KEY.to_owned(), ..Account::default() };
            let (asked, uploads, mut learned) = (Cell::new(None), RefCell::default(), Learned::default());
            let call = Call {
                app: &app,
                vault: &vault,
                settings: &settings,
                model: &model,
                prompt: &prompt,
                account: &account,
                asked: &asked,
                uploads: &uploads,
                is_too_long: false,
                learned: &mut learned,
            };
            let mut answer = match open(call).await {
                Ok(answer) => answer,
                Err(error) => return Said { events: Vec::new(), end: Err(error), usage: None, started: false },
            };
            let mut events = Events::default();
            let end = loop {
                match answer.advance(&mut events).await {
                    Ok(None) => {}
                    Ok(Some(finish)) => break Ok(finish),
                    Err(error) => break Err(error),
                }
            };
            let events = events.iter().map(short).collect();
            Said { events, end, usage: answer.usage(), started: answer.started() }
        })
    }

    /// Returns the JSON of a request that was sent.
    fn body(&self, at: usize) -> Value {
        serde_json::from_slice(self.host.requests.borrow()[at].body()).expect("JSON is sent")
    }

    fn requests(&self) -> usize {
        self.host.requests.borrow().len()
    }
}

/// Returns an event as a short text.
fn short(event: Event) -> String {
    match event {
        Event::Text(text) => format!("text {text}"),
        Event::Reasoning(text) => format!("thought {text}"),
        Event::SealedReasoning(sealed) => format!("sealed {sealed}"),
        Event::ToolCallStart(start) => {
            let custom = if start.is_custom { " (text)" } else { "" };
            format!("call {} {}{custom}", start.id, start.name)
        }
        Event::ToolCallInput(input) => format!("input {input}"),
        Event::ToolCallEnd => "end".to_owned(),
        Event::Refusal(text) => format!("refusal {text}"),
        Event::Sources(sources) => {
            let urls: Vec<_> = sources.iter().map(|source| format!("{}={}", source.title, source.url)).collect();
            format!("sources {}", urls.join(" "))
        }
        Event::Citation(citation) => format!("cited {} {}", citation.number, citation.url),
        Event::File(file) => {
            let inline = file.inline.as_ref().expect("pictures come inline");
            format!("file {} {}", inline.media_type.as_str(), String::from_utf8_lossy(&inline.base64))
        }
        other => format!("{other:?}"),
    }
}

/// Returns a stream of these events as the API writes them.
fn stream(events: impl IntoIterator<Item = Value>) -> String {
    let written = events.into_iter().enumerate().map(|(n, mut event)| {
        event["sequence_number"] = json!(n);
        format!("event: {}\ndata: {event}\n\n", event["type"].as_str().expect("events have a type"))
    });
    written.chain(["data: [DONE]\n\n".to_owned()]).collect()
}

fn created() -> Value {
    json!({ "type": "response.created", "response": { "id": "r", "output": [], "usage": null, "status": "in_progress" } })
}

fn delta(index: u64, text: &str) -> Value {
    json!({ "type": "response.output_text.delta", "content_index": 0, "delta": text, "item_id": "msg_r",
        "output_index": index, "logprobs": [] })
}

fn thought(index: u64, part: u64, text: &str) -> Value {
    json!({ "type": "response.reasoning_summary_text.delta", "delta": text, "item_id": "rs_r", "output_index": index,
        "summary_index": part })
}

fn added(index: u64, item: Value) -> Value {
    json!({ "type": "response.output_item.added", "item": item, "output_index": index })
}

fn done(index: u64, item: Value) -> Value {
    json!({ "type": "response.output_item.done", "item": item, "output_index": index })
}

fn completed() -> Value {
    json!({ "type": "response.completed", "response": { "id": "r", "status": "completed", "output": [],
        "incomplete_details": null, "error": null, "usage": {
            "input_tokens": 197, "input_tokens_details": { "cached_tokens": 192 }, "output_tokens": 199,
            "output_tokens_details": { "reasoning_tokens": 198 }, "total_tokens": 396, "num_sources_used": 0,
            "num_server_side_tools_used": 0, "cost_in_usd_ticks": 5_421_500 } } })
}

/// Returns a whole answer of one word.
fn hello() -> Answer {
    Answer::new(200, stream([created(), delta(0, "hello"), completed()]))
}

fn message(role: Role, parts: Vec<Part>) -> Message {
    Message { role, parts }
}

fn words(text: &str) -> Part {
    Part::Text(text.to_owned())
}

/// Returns a prompt with one question.
fn question(text: &str) -> Prompt {
    Prompt { messages: vec![message(Role::User, vec![words(text)])], ..Prompt::default() }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\r";

fn png() -> Picture {
    Picture { mime_type: "image/png", bytes: Bytes::from_static(PNG) }
}
