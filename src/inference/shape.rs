//! Gives an answer the shape that the client asked for, where the provider does not: tools and structured output by
//! [`emulate`](super::emulate), stop sequences, and a limit of its length.
//!
//! A [`Shape`] belongs to a request. [`Shape::apply`] wraps the answer of one account in another
//! [`Answer`](crate::providers::Answer), through which its events pass:
//!
//! ```text
//! provider ─▶ length limit ─▶ reader of calls and formats ─▶ stop sequences ─▶ protocol
//! ```
//!
//! An answer that is not in the form asked for is asked for once more, of the same account. That costs quota, and ends
//! when the client leaves, because the wrapper owns the second answer.

use std::{cell::Cell, convert::Infallible, rc::Rc};

use futures::{
    FutureExt,
    future::{self, LocalBoxFuture},
};

use super::{
    asker::Asker,
    emulate::{Emulation, Fault, Reader},
    event::{Event, Events, Finish},
    limits::{Length, Stop},
    prompt::{OutputLimits, Prompt},
    usage::{Repairs, Tally, Usage},
};
use crate::providers::{Answer, ProviderError, catalog::Provider, learned::Learned};

/// What a request asks of its answer's form.
pub struct Shape {
    /// The prompt that the provider gets.
    prompt: Rc<Prompt>,
    emulation: Option<Emulation>,
    limits: OutputLimits,
}

impl Shape {
    /// Returns the shape that this prompt asks for, of which the provider gives a part itself. `random` makes the marker
    /// and the ids of calls.
    pub fn new(prompt: Rc<Prompt>, provider: Provider, random: [u8; 16]) -> Self {
        let mut limits = prompt.limits.clone();
        if provider.has_tools() {
            limits.max_tokens = None;
            return Shape { prompt, emulation: None, limits };
        }
        let prompt = prompt.without_reasoning().map_or(prompt, Rc::new);
        let emulation = Emulation::new(&prompt, random);
        let prompt = emulation.as_ref().map_or(prompt.clone(), |emulation| Rc::new(emulation.plain(&prompt)));
        Shape { prompt, emulation, limits }
    }

    /// Returns the prompt that the provider gets.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// Returns whether an answer may be asked for twice.
    pub fn may_repair(prompt: &Prompt, provider: Provider) -> bool {
        !provider.has_tools() && Emulation::is_needed(prompt)
    }

    /// Returns the answer in this shape. `asker` is the account that gives it.
    pub fn apply(self: &Rc<Self>, answer: Box<dyn Answer>, asker: &Asker) -> Box<dyn Answer> {
        if self.emulation.is_none() && self.limits == OutputLimits::default() {
            return answer;
        }
        Box::new(Shaped {
            asker: asker.clone(),
            turn: Turn::Answer(answer),
            raw: Events::default(),
            read: Events::default(),
            length: self.limits.max_tokens.map(Length::new),
            reader: self.emulation.as_ref().map(Emulation::reader),
            stop: Stop::new(&self.limits.stop),
            said: String::new(),
            given: Tally::default(),
            repairs: Repairs::default(),
            shape: self.clone(),
        })
    }
}

/// Who speaks.
enum Turn {
    Answer(Box<dyn Answer>),
    /// The account is asked once more.
    Asking(LocalBoxFuture<'static, Result<Box<dyn Answer>, ProviderError>>),
    Over,
}

/// An answer in the shape of its request.
struct Shaped {
    shape: Rc<Shape>,
    asker: Asker,
    turn: Turn,
    /// Events as the provider gave them, and after the reader.
    raw: Events,
    read: Events,
    length: Option<Length>,
    reader: Option<Reader>,
    stop: Stop,
    /// The text of this turn, and how much text has been given out.
    said: String,
    given: Tally,
    repairs: Repairs,
}

impl Shaped {
    async fn advance(&mut self, events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        let step = match &mut self.turn {
            Turn::Answer(answer) => answer.advance(&mut self.raw).await,
            Turn::Asking(asking) => {
                self.turn = Turn::Answer(asking.await?);
                return Ok(None);
            }
            Turn::Over => return Err(ProviderError::Cut),
        };
        let early = self.take(events);
        match early.map_or(step, |finish| Ok(Some(finish))) {
            Ok(Some(finish)) => {
                if early.is_some() {
                    self.end_turn();
                }
                self.finish(finish, events)
            }
            step => step,
        }
    }

    /// Moves what has been read through the limits and the reader. Returns why the answer ends early, if it does.
    fn take(&mut self, events: &mut Events) -> Option<Finish> {
        let Shaped { raw, read, length, reader, said, .. } = self;
        let mut is_cut = false;
        for event in raw.iter() {
            let event = match (event, &mut *length) {
                (Event::Text(text), Some(length)) => {
                    let kept = length.cut(text);
                    is_cut = kept.len() < text.len();
                    Event::Text(kept)
                }
                (event, _) => event,
            };
            match reader {
                Some(reader) => {
                    if let Event::Text(text) = event {
                        said.push_str(text);
                    }
                    reader.push(event, read);
                }
                None => read.push(event),
            }
            if is_cut {
                break;
            }
        }
        raw.clear();
        let stopped = self.give(events, false);
        stopped.or(is_cut.then_some(Finish::Length))
    }

    /// Gives out what has been read, up to a stop sequence. `is_last`: nothing follows.
    fn give(&mut self, events: &mut Events, is_last: bool) -> Option<Finish> {
        let stopped = self.stop.pass(&self.read, is_last, events);
        for event in self.read.iter() {
            if let Event::Text(text) | Event::ToolCallInput(text) = event {
                self.given.add(text);
            }
        }
        self.read.clear();
        stopped.map(Finish::StopSequence)
    }

    fn finish(&mut self, finish: Finish, events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        // What follows a stop sequence is not the answer's.
        if matches!(finish, Finish::StopSequence(_)) {
            return Ok(Some(finish));
        }
        let read = match self.reader.take() {
            Some(mut reader) => reader.finish(finish == Finish::Length, &mut self.read),
            None => Ok(finish),
        };
        match read {
            Ok(finish) => Ok(Some(self.give(events, true).unwrap_or(finish))),
            Err(fault) => {
                self.give(events, true);
                self.ask_again(fault)
            }
        }
    }

    /// Asks the account for the answer in the right form, once.
    fn ask_again(&mut self, fault: Fault) -> Result<Option<Finish>, ProviderError> {
        let shape = self.shape.clone();
        let Some(emulation) = shape.emulation.as_ref().filter(|_| self.repairs.turns == 0) else {
            return Err(ProviderError::Unfit { code: fault.code, message: fault.message });
        };
        self.end_turn();
        let prompt = emulation.repair(&shape.prompt, &self.said, &fault);
        let unseen = Tally::of(&self.said).tokens().saturating_sub(self.given.tokens());
        self.repairs = Repairs { turns: 1, prompt_tokens: prompt.tokens(), completion_tokens: unseen };
        self.said.clear();
        self.length = shape.limits.max_tokens.map(Length::new);
        self.reader = Some(emulation.repair_reader());
        let asker = self.asker.clone();
        let asking = async move { asker.ask(&prompt, &Cell::new(None), &mut Learned::default()).await };
        self.turn = Turn::Asking(asking.boxed_local());
        Ok(None)
    }

    /// Ends the provider's work.
    fn end_turn(&mut self) {
        if let Turn::Answer(mut answer) = std::mem::replace(&mut self.turn, Turn::Over) {
            answer.close(&mut Events::default());
        }
    }
}

impl Answer for Shaped {
    fn advance<'a>(&'a mut self, events: &'a mut Events) -> LocalBoxFuture<'a, Result<Option<Finish>, ProviderError>> {
        self.advance(events).boxed_local()
    }

    fn keep_alive(&mut self) -> LocalBoxFuture<'_, Infallible> {
        match &mut self.turn {
            Turn::Answer(answer) => answer.keep_alive(),
            Turn::Asking(_) | Turn::Over => future::pending().boxed_local(),
        }
    }

    fn started(&self) -> bool {
        match &self.turn {
            Turn::Answer(answer) => self.repairs.turns > 0 || answer.started(),
            Turn::Asking(_) | Turn::Over => true,
        }
    }

    fn close(&mut self, events: &mut Events) {
        if let Turn::Answer(mut answer) = std::mem::replace(&mut self.turn, Turn::Over) {
            answer.close(&mut self.raw);
        }
        self.take(events);
        // Half a call, or half of a JSON text, is nothing that a client can use.
        if self.reader.is_none() {
            self.give(events, true);
        }
    }

    fn usage(&self) -> Option<Usage> {
        match &self.turn {
            Turn::Answer(answer) => answer.usage(),
            Turn::Asking(_) | Turn::Over => None,
        }
    }

    fn repairs(&self) -> Repairs {
        self.repairs
    }
}
