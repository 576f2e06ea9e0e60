//! What is written down of one chat: its log row, the counters and what it did to the token.
//!
//! Bookkeeping never changes an answer: it runs beside it, and a row that cannot be written is a line on the
//! host's log.

use std::rc::Rc;

use futures::FutureExt;

use crate::{
    app::App,
    error::Error,
    inference::event::Finish,
    jobs::maintenance,
    pool::outcome::{self, Outcome, Used},
    providers::{
        ProviderError,
        catalog::{self, Model},
        learned::Learned,
    },
    store::{
        accounts::reserve::Reservation,
        authenticate::{ApiCaller, AuthenticatedKey},
        requests::{self, FinishedRequest, TokenOutcome},
    },
    variables::timezone_offset_minutes,
};

/// The status of a chat whose client left before its end, as nginx logs it. No client ever sees it.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// One chat's entry, filled in as the chat goes on and written once.
#[derive(Clone)]
pub struct RequestRecord {
    pub app: Rc<App>,
    ip: String,
    pub model: String,
    pub stream: bool,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub caller: ApiCaller,
    first_byte_ms: Option<u64>,
    attempts: u32,
    used: Option<Used>,
    cost: i64,
    maintenance_due: bool,
    /// What the attempts found out; stored with the row.
    pub learned: Learned,
}

impl RequestRecord {
    pub fn new(app: &Rc<App>, ip: String) -> Self {
        RequestRecord {
            app: app.clone(),
            ip,
            model: String::new(),
            stream: false,
            prompt_tokens: 0,
            completion_tokens: 0,
            caller: ApiCaller::default(),
            first_byte_ms: None,
            attempts: 0,
            used: None,
            cost: 0,
            maintenance_due: false,
            learned: Learned::default(),
        }
    }

    /// The key is good.
    pub fn authenticated(&mut self, opened: AuthenticatedKey) {
        self.caller = opened.caller;
        self.maintenance_due = opened.maintenance_due;
    }

    /// An attempt begins with this token.
    pub fn reserved(&mut self, reservation: &Reservation, model: &Model) {
        self.caller = reservation.caller.clone();
        self.used = Some(Used {
            token_id: reservation.token.id,
            suffix: reservation.token.suffix.clone(),
            is_super: reservation.token.is_super,
            limit_name: model.limit_name,
            bucket: model.bucket,
            remaining: reservation.token.remaining,
        });
        self.cost = model.cost.into();
        self.attempts += 1;
        self.maintenance_due = reservation.maintenance_due;
    }

    pub fn first_content(&mut self) {
        self.first_byte_ms = Some(self.elapsed());
    }

    /// The answer is whole: pictures cost more than words.
    pub fn media_produced(&mut self, finish: &Finish) {
        if finish.pictures > 0 {
            self.cost = self.cost.max(catalog::PICTURES_COST.into());
        }
    }

    /// What the fault of this attempt does to its token; `None` when there was no attempt.
    pub fn outcome(&self, fault: &ProviderError) -> Option<TokenOutcome> {
        self.outcome_of(Outcome::Failed(fault))
    }

    /// A refusal for which no token is to blame: writes the row beside the answer and hands the error back.
    pub fn refused(self, error: Error) -> Error {
        self.failure(error, Outcome::Nobody)
    }

    /// The last attempt failed before anything had reached the client.
    pub fn failed(self, fault: &ProviderError) -> Error {
        self.failure(Error::from(fault), Outcome::Failed(fault))
    }

    /// The account answered, and the files of the answer could not be kept. The account is paid all the same.
    pub fn media_unstored(self, error: Error) -> Error {
        let outcome = Outcome::Success { cost: self.cost };
        self.failure(error, outcome)
    }

    /// The same when part of the answer had been sent.
    pub async fn media_unstored_in_stream(&self, error: &Error) {
        let outcome = Outcome::Success { cost: self.cost };
        self.write(error.status().as_u16(), error.code().to_owned(), error.message.clone(), outcome).await;
    }

    /// A collected answer was complete: writes the row beside the answer.
    pub fn completed(self) {
        let host = self.app.host.clone();
        host.spawn(async move { self.succeeded().await }.boxed_local());
    }

    /// A streamed answer was complete.
    pub async fn succeeded(&self) {
        let outcome = Outcome::Success { cost: self.cost };
        self.write(200, String::new(), String::new(), outcome).await;
    }

    /// A streamed answer failed when part of it had been sent.
    pub async fn stream_failed(&self, fault: &ProviderError) {
        let error = Error::from(fault);
        self.write(error.status().as_u16(), error.code().to_owned(), fault.to_string(), Outcome::Failed(fault)).await;
    }

    /// The client left before the end of the stream.
    pub async fn abandoned(&self) {
        let (code, text) = ("client_closed_request", "the client left before the end of the answer");
        self.write(CLIENT_CLOSED_REQUEST, code.to_owned(), text.to_owned(), Outcome::Nobody).await;
    }

    fn failure(self, error: Error, outcome: Outcome) -> Error {
        let text = match outcome {
            Outcome::Failed(fault) => fault.to_string(),
            _ => error.message.clone(),
        };
        let finished = self.finished(error.status().as_u16(), error.code().to_owned(), text, outcome);
        let host = self.app.host.clone();
        host.spawn(async move { self.close(finished).await }.boxed_local());
        error
    }

    async fn write(&self, status: u16, error_code: String, error: String, outcome: Outcome<'_>) {
        self.close(self.finished(status, error_code, error, outcome)).await;
    }

    /// The answer is over, and the chat with its row. What comes after can no longer take calls from it.
    async fn close(&self, finished: FinishedRequest) {
        let minutes = timezone_offset_minutes(&*self.app.host).await;
        if let Err(error) = requests::finish(&self.app.db, &finished, minutes).await {
            eprintln!("{}: a row of the request log is lost: {error}", self.app.request_id);
        }
        if self.maintenance_due {
            maintenance::of_the_day(&self.app).await;
        }
    }

    fn finished(&self, status: u16, error_code: String, error: String, outcome: Outcome) -> FinishedRequest {
        FinishedRequest {
            request_id: self.app.request_id.clone(),
            ip: self.ip.clone(),
            key_id: self.caller.key_id,
            key_name: self.caller.key_name.clone(),
            model: self.model.clone(),
            stream: self.stream,
            status,
            error_code,
            error,
            duration_ms: self.elapsed(),
            first_byte_ms: self.first_byte_ms,
            attempts: self.attempts,
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.completion_tokens,
            at: self.app.now_ms(),
            outcome: self.outcome_of(outcome),
            learned: self.learned.clone(),
        }
    }

    fn outcome_of(&self, outcome: Outcome) -> Option<TokenOutcome> {
        let used = self.used.clone()?;
        let at = self.app.now_ms();
        Some(TokenOutcome { at, effect: outcome::effect(outcome, &used, at), used })
    }

    fn elapsed(&self) -> u64 {
        self.app.host.monotonic_ms().saturating_sub(self.app.started)
    }
}
