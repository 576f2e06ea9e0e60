//! One session on the WebSocket: the order of its messages, as a state machine without I/O.
//!
//! Grok silently drops messages that arrive before the conversation is attached. The order is therefore: send
//! `session.create`, wait for `session.created` and `conversation.attached`, send the user's message and
//! `response.create`, then read the answer up to `response.done`. Later messages belong to no answer.

use super::{
    message::{self, Options},
    stream_error,
    turn::Turn,
    wire::{Envelope, ErrorFields, Event},
};
use crate::{
    inference::event::{Events, Finish},
    json::{self, Field, Object},
    providers::{
        ProviderError,
        grok_web::{
            frames::{FrameBytes, each_object},
            headers::uuid_v4,
        },
    },
};

/// The question for the account.
#[derive(Debug, Clone, Default)]
pub struct Question {
    pub text: String,
    /// Ids of uploaded files.
    pub file_ids: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Opening { created: bool, attached: bool },
    Answering,
    Over,
}

#[derive(Debug)]
pub struct Session {
    stage: Stage,
    /// The id of our `session.create`, which the server repeats.
    create_id: String,
    /// The id of the session and the conversation, assigned by the server.
    id: String,
    question: Question,
    random: [u8; 16],
    turn: Turn,
    /// Whether an event of the answer has arrived since this was last reset. Replies to our heartbeats and the offer
    /// of a second response do not count: neither concerns the answer.
    pub has_progressed: bool,
    /// Messages to send now, in order.
    pub outgoing: Vec<String>,
}

impl Session {
    /// Starts a session: `outgoing` holds its first message. `random` makes its ids.
    pub fn new(options: Options, question: Question, filtered_tags: &str, random: [u8; 16]) -> Self {
        let create_id = format!("evt_init_{}", uuid_v4(random));
        Session {
            stage: Stage::Opening { created: false, attached: false },
            outgoing: vec![message::create(&create_id, options)],
            create_id,
            id: String::new(),
            question,
            random,
            turn: Turn::new(filtered_tags),
            has_progressed: false,
        }
    }

    /// Returns whether the server has accepted the session.
    pub fn is_created(&self) -> bool {
        !matches!(self.stage, Stage::Opening { created: false, .. })
    }

    /// Returns whether the session is open and the user's message has been put into `outgoing`.
    pub fn is_open(&self) -> bool {
        !matches!(self.stage, Stage::Opening { .. })
    }

    /// Returns whether part of the answer itself has arrived.
    pub fn started(&self) -> bool {
        self.turn.started()
    }

    /// Processes one message of the server, which may hold several events. Returns `Finish` when the answer is
    /// complete, and fails with the error that ends it.
    pub fn receive(&mut self, text: &str, events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        let mut finish = None;
        each_object(text, |bytes| {
            let (length, end) = match bytes {
                FrameBytes::Ahead(text) => match read_first(text) {
                    Some((envelope, length)) => (Some(length), self.take(envelope, events)?),
                    None => (None, None),
                },
                FrameBytes::Whole(bytes) => (None, self.take_lossy(bytes, events)?),
            };
            finish = finish.or(end);
            Ok::<_, ProviderError>(length)
        })?;
        Ok(finish)
    }

    /// Ends the answer because the connection is over. Fails unless only the end marker of the answer is missing.
    pub fn broken(&mut self, events: &mut Events) -> Result<Finish, ProviderError> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Opening { .. } => Err(ProviderError::Connect("the session did not open".to_owned())),
            Stage::Answering | Stage::Over => self.turn.broken(events),
        }
    }

    /// Ends the text early and appends what was held back.
    pub fn close(&mut self, events: &mut Events) {
        self.stage = Stage::Over;
        self.turn.close(events);
    }

    /// Processes an object that the parser refused. Halves of surrogate pairs become U+FFFD; text that is not JSON is
    /// skipped.
    fn take_lossy(&mut self, bytes: &[u8], events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        match serde_json::from_str(&json::lossy(bytes)) {
            Ok(envelope) => self.take(envelope, events),
            Err(_) => Ok(None),
        }
    }

    fn take(&mut self, envelope: Envelope, events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        if self.stage == Stage::Over {
            return Ok(None);
        }
        let session_id = envelope.session_id.given().unwrap_or_default();
        if !self.id.is_empty() && !session_id.is_empty() && session_id != self.id {
            return Ok(None);
        }
        let Field::Given(Object(event)) = envelope.event else {
            return match stream_error::from_event(envelope.error) {
                Some(error) => Err(self.failed(error, events)),
                None => Ok(None),
            };
        };
        match event.r#type.as_ref().map(|name| &**name).unwrap_or_default() {
            "session.created" => self.created(&event, &session_id),
            "conversation.attached" => self.attached(&event, &session_id, events)?,
            "session.ended" => return self.broken(events).map(Some),
            "ping" => {
                let id = event.event_id.given().unwrap_or_default();
                self.outgoing.push(message::pong(&id));
            }
            "error" | "response.error" if self.turn.is_ours(&event) && !is_about_heartbeat(&event) => {
                let fields = ErrorFields { code: event.code, message: event.message };
                let error = stream_error::from_event(event.error);
                return Err(self.failed(error.unwrap_or_else(|| stream_error::from_fields(fields)), events));
            }
            name if self.stage == Stage::Answering => {
                self.has_progressed |= name.starts_with("response.") && self.turn.is_ours(&event);
                let finish = self.turn.push(event, events);
                if !matches!(finish, Ok(None)) {
                    self.stage = Stage::Over;
                }
                return finish;
            }
            _ => {}
        }
        Ok(None)
    }

    fn failed(&mut self, error: ProviderError, events: &mut Events) -> ProviderError {
        self.close(events);
        error
    }

    fn created(&mut self, event: &Event, session_id: &str) {
        let Stage::Opening { attached, .. } = self.stage else { return };
        // Most servers repeat the id; another id belongs to another session.
        if event.client_event_id.as_ref().is_some_and(|id| !id.is_empty() && **id != self.create_id) {
            return;
        }
        self.identify(session_id);
        self.stage = Stage::Opening { created: true, attached };
        self.ask_when_ready();
    }

    fn attached(&mut self, event: &Event, session_id: &str, events: &mut Events) -> Result<(), ProviderError> {
        let Stage::Opening { created, .. } = self.stage else { return Ok(()) };
        self.identify(session_id);
        if let Field::Given(Object(conversation)) = &event.conversation
            && let Some(id) = conversation.id.as_ref()
        {
            self.identify(id);
            if **id != self.id {
                return Err(self.failed(ProviderError::Server(502), events));
            }
        }
        self.stage = Stage::Opening { created, attached: true };
        self.ask_when_ready();
        Ok(())
    }

    fn identify(&mut self, id: &str) {
        if self.id.is_empty() {
            self.id.push_str(id);
        }
    }

    fn ask_when_ready(&mut self) {
        if self.stage != (Stage::Opening { created: true, attached: true }) {
            return;
        }
        self.stage = Stage::Answering;
        let Question { text, file_ids } = std::mem::take(&mut self.question);
        // The first half of the random bytes is in the ids of the session's start.
        let mut random = self.random;
        random.rotate_left(8);
        self.outgoing.push(message::create_item(&self.id, &text, &file_ids, random));
        self.outgoing.push(message::create_response(&self.id, &format!("evt_resp_{}", uuid_v4(random))));
    }
}

/// Returns whether an error is the reply to one of our heartbeats, which does not concern the answer.
fn is_about_heartbeat(event: &Event) -> bool {
    event.client_event_id.as_ref().is_some_and(|id| id.starts_with(message::HEARTBEAT_PREFIX))
}

/// Returns the envelope at the start of `text` and its length.
fn read_first(text: &str) -> Option<(Envelope<'_>, usize)> {
    let mut objects = serde_json::Deserializer::from_str(text).into_iter::<Envelope>();
    let envelope = objects.next()?.ok()?;
    Some((envelope, objects.byte_offset()))
}
