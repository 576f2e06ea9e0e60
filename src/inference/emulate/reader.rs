//! Reads the events of an answer, and gives those that the client may have.

use std::{borrow::Cow, rc::Rc};

use super::super::event::{Event, Events, Finish, ToolCallStart};
use super::super::prompt::{OutputFormat, ToolChoice};
use super::calls::{self, RawCall, ReadyCall};
use super::sieve::{Piece, Sieve};
use super::{Fault, Request, forms, marked, structured};

/// The reader of one answer.
///
/// Text passes at once unless it could begin a call. It is held to the end where JSON is asked for, and until a call
/// comes where one is required. Reasoning and progress always pass at once. In an answer of JSON there are no sources,
/// citations and files.
#[derive(Debug)]
pub struct Reader {
    sieve: Sieve,
    /// Events that came while text was held, each with the number of bytes of text before it.
    waiting: Vec<(usize, Events)>,
    /// Bytes of text that have come, and that were given by the sieve.
    came: usize,
    gave: usize,
    output: Output,
}

/// Where the parts of an answer go.
#[derive(Debug)]
struct Output {
    request: Rc<Request>,
    text: TextTo,
    /// Calls so far.
    calls: usize,
    has_refused: bool,
    fault: Option<Fault>,
    /// Whether the last call was not finished when the answer ended.
    is_half: bool,
    is_repair: bool,
}

/// Where text goes.
#[derive(Debug)]
enum TextTo {
    Client,
    /// Held until a call comes.
    Held(Events),
    /// Collected, as JSON.
    Json(String),
    /// Collected, and searched for a call at the end.
    Nowhere(String),
}

impl Reader {
    pub(super) fn new(request: Rc<Request>, is_repair: bool) -> Self {
        let text = match (&request.format, &request.choice) {
            (_, ToolChoice::Required | ToolChoice::Named(_)) if is_repair => TextTo::Nowhere(String::new()),
            (_, ToolChoice::Required | ToolChoice::Named(_)) => TextTo::Held(Events::default()),
            (OutputFormat::Text, _) if is_repair => TextTo::Nowhere(String::new()),
            (OutputFormat::Text, _) => TextTo::Client,
            _ => TextTo::Json(String::new()),
        };
        Reader {
            sieve: Sieve::new(Rc::clone(&request), request.format == OutputFormat::Text),
            waiting: Vec::new(),
            came: 0,
            gave: 0,
            output: Output { request, text, calls: 0, has_refused: false, fault: None, is_half: false, is_repair },
        }
    }

    /// Takes the next event of the answer, and appends what may go out.
    pub fn push(&mut self, event: Event<'_>, out: &mut Events) {
        match event {
            Event::Text(text) => {
                self.came += text.len();
                let Reader { sieve, waiting, gave, output, .. } = self;
                sieve.push(text, &mut |piece| output.piece(piece, waiting, gave, out));
            }
            Event::Reasoning(_) | Event::Progress(_) => out.push(event),
            event if self.sieve.held() == 0 => self.output.other(event, out),
            event => {
                let mut one = Events::default();
                one.push(event);
                self.waiting.push((self.came, one));
            }
        }
    }

    /// Ends the answer, and appends the rest. Returns how the answer ended. `cut` says that a limit of its length ended
    /// it: then a call that is not complete is left out. Fails if the answer is not what the client asked for.
    pub fn finish(&mut self, cut: bool, out: &mut Events) -> Result<Finish, Fault> {
        let Reader { sieve, waiting, gave, output, .. } = self;
        sieve.finish(cut, &mut |piece| output.piece(piece, waiting, gave, out));
        for (_, events) in std::mem::take(waiting) {
            events.iter().for_each(|event| output.other(event, out));
        }
        output.finish(cut, out)
    }
}

impl Output {
    fn piece(&mut self, piece: Piece<'_>, waiting: &mut Vec<(usize, Events)>, gave: &mut usize, out: &mut Events) {
        match piece {
            Piece::Text(mut text) => {
                // Events that came in the midst of this text stay there.
                while let Some((at, _)) = waiting.first()
                    && *at <= *gave + text.len()
                {
                    let (at, events) = waiting.remove(0);
                    let (before, after) = text.split_at(at.saturating_sub(*gave));
                    self.text(before, out);
                    events.iter().for_each(|event| self.other(event, out));
                    *gave += before.len();
                    text = after;
                }
                self.text(text, out);
                *gave += text.len();
            }
            Piece::Dropped(text) => *gave += text.len(),
            Piece::Block { raw, content, is_closed, is_quoted } => {
                *gave += raw.len();
                self.before_call(waiting, *gave, out);
                match marked::read(content, is_closed, &self.request.tools) {
                    Ok(marked::Found { calls, rest }) => {
                        self.calls(calls, out);
                        self.text(rest, out);
                    }
                    Err(_) if is_quoted => self.text(raw, out),
                    Err(marked::Mistake { message, is_unfinished }) => {
                        self.is_half |= is_unfinished;
                        self.invalid_call(message);
                    }
                }
            }
            Piece::Calls { raw, calls } => {
                *gave += raw.len();
                self.before_call(waiting, *gave, out);
                calls.into_iter().for_each(|call| self.call(call, out));
            }
            Piece::Refusal { raw, text } => {
                *gave += raw.len();
                self.before_call(waiting, *gave, out);
                self.has_refused |= !text.is_empty();
                out.refusal(text);
            }
        }
    }

    /// Gives events that came inside a call before it. A citation has no text there.
    fn before_call(&mut self, waiting: &mut Vec<(usize, Events)>, up_to: usize, out: &mut Events) {
        while waiting.first().is_some_and(|(at, _)| *at < up_to) {
            let (_, events) = waiting.remove(0);
            events.iter().filter(|event| !matches!(event, Event::Citation(_))).for_each(|event| self.other(event, out));
        }
    }

    fn text(&mut self, text: &str, out: &mut Events) {
        if text.is_empty() {
            return;
        }
        match &mut self.text {
            TextTo::Client => out.push(Event::Text(text)),
            TextTo::Held(held) => held.push(Event::Text(text)),
            // One byte more than is allowed is enough to see that it is too long.
            TextTo::Json(kept) | TextTo::Nowhere(kept) if kept.len() <= structured::MAX_LENGTH => kept.push_str(text),
            TextTo::Json(_) | TextTo::Nowhere(_) => {}
        }
    }

    /// Gives an event that is not text, reasoning or progress.
    fn other(&mut self, event: Event<'_>, out: &mut Events) {
        match &mut self.text {
            TextTo::Held(held) => held.push(event),
            TextTo::Json(_) => {}
            TextTo::Nowhere(_) if matches!(event, Event::Citation(_)) => {}
            _ => out.push(event),
        }
    }

    fn calls(&mut self, calls: Vec<RawCall>, out: &mut Events) {
        for call in calls {
            match calls::resolve(call, &self.request.tools, false) {
                Ok(call) => self.call(call, out),
                Err(message) => self.invalid_call(message),
            }
        }
    }

    fn invalid_call(&mut self, message: String) {
        if !(self.request.single && self.calls > 0) {
            self.fault.get_or_insert(Fault { code: "invalid_tool_call", message });
        }
    }

    fn call(&mut self, call: ReadyCall, out: &mut Events) {
        if self.request.single && self.calls > 0 {
            return;
        }
        if let ToolChoice::Named(name) = &self.request.choice
            && *name != call.name
        {
            let message = format!("the tool `{name}` must be called, not `{}`.", call.name);
            self.fault.get_or_insert(Fault { code: "tool_call_missing", message });
            return;
        }
        if let TextTo::Held(held) = &self.text {
            held.iter().for_each(|event| out.push(event));
            self.text = TextTo::Client;
        }
        let id = self.request.id(self.calls, self.is_repair);
        self.calls += 1;
        out.tool_call_start(ToolCallStart { id, name: call.name, is_custom: call.is_custom });
        out.tool_call_input(&call.input);
        out.tool_call_end();
    }

    fn finish(&mut self, cut: bool, out: &mut Events) -> Result<Finish, Fault> {
        if cut && (self.is_half || self.fault.is_none()) {
            return Ok(self.cut(out));
        }
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        self.search(out);
        if self.calls > 0 {
            return Ok(Finish::ToolCalls);
        }
        if self.has_refused {
            return Ok(Finish::Stop);
        }
        match &self.text {
            TextTo::Json(text) => match structured::read(text, &self.request.format, !self.is_repair) {
                Ok(json) => {
                    out.push(Event::Text(&json));
                    Ok(Finish::Stop)
                }
                Err(message) => Err(Fault { code: "invalid_structured_output", message }),
            },
            TextTo::Client => Ok(Finish::Stop),
            TextTo::Held(_) | TextTo::Nowhere(_) => Err(Fault { code: "tool_call_missing", message: self.missing() }),
        }
    }

    /// Ends an answer that was cut.
    fn cut(&mut self, out: &mut Events) -> Finish {
        if let TextTo::Json(text) = &self.text
            && self.calls == 0
        {
            let json = structured::read(text, &self.request.format, true);
            let json = json.as_deref().unwrap_or_else(|_| structured::beginning(text));
            if !json.is_empty() {
                out.push(Event::Text(json));
            }
        }
        Finish::Length
    }

    /// Looks for a call wherever it may stand, where one must come and none has.
    fn search(&mut self, out: &mut Events) {
        let text: Cow<str> = match &self.text {
            TextTo::Held(held) => Cow::Owned(texts(held)),
            TextTo::Nowhere(text) => Cow::Borrowed(text),
            _ => return,
        };
        if self.calls > 0 || self.has_refused {
            return;
        }
        let tools = &self.request.tools;
        let only = match &self.request.choice {
            ToolChoice::Named(name) => tools.iter().find(|tool| tool.name == *name),
            ToolChoice::Required if tools.len() == 1 => tools.first(),
            _ => None,
        };
        let alone = || only.and_then(|tool| forms::arguments(&text, tool)).map(|call| vec![call]);
        let Some(calls) = forms::search(&text, tools).or_else(alone) else {
            return;
        };
        // What stands around is the call, and words about it.
        self.text = TextTo::Nowhere(String::new());
        calls.into_iter().for_each(|call| self.call(call, out));
    }

    fn missing(&self) -> String {
        match &self.request.choice {
            ToolChoice::Named(name) => {
                format!("the tool `{name}` must be called, but the answer has no call.")
            }
            _ => "a tool must be called, but the answer has no call.".to_owned(),
        }
    }
}

/// Returns the text of events.
fn texts(events: &Events) -> String {
    let texts = events.iter().filter_map(|event| match event {
        Event::Text(text) => Some(text),
        _ => None,
    });
    texts.collect()
}
