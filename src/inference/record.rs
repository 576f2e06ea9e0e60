//! The record of one request: its log row, the counters, and the effect on the account.
//!
//! Recording never changes an answer. It runs beside the answer; a row that cannot be written becomes a line in the
//! host's log.

use std::rc::Rc;

use futures::FutureExt;

use super::{
    failure::client_error,
    usage::{Repairs, Usage},
};
use crate::{
    app::App,
    error::{Error, Result},
    jobs::{account_readings, maintenance},
    pool::outcome::{self, Outcome, Rests, Used},
    providers::{ProviderError, catalog::Model, learned::Learned, xai::key::masked},
    store::{
        accounts::reserve::Reservation,
        authenticate::{ApiCaller, AuthenticatedKey},
        requests::{self, AccountOutcome, FinishedRequest},
    },
    variables::timezone_offset_minutes,
};

/// The logged status of a request whose client left before its end, as in nginx. No client ever sees it.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// One request's log row, filled in as the request proceeds and written once.
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
    rests: Option<Rests>,
    /// The model that the last attempt asked for.
    asked: Option<Model>,
    /// What the provider charged for the answer, in [`TICKS_PER_USD`](super::usage::TICKS_PER_USD).
    cost: u64,
    /// Turns that the answer took besides its last.
    repairs: u32,
    maintenance_due: bool,
    /// Whether the gateway reads accounts from Grok by itself, and some are due.
    reads_accounts: bool,
    pub reading_due: bool,
    /// The most subrequests of the attempts.
    pub calls: usize,
    /// The variable of this name; `None` until it is read.
    timezone_offset_minutes: Option<i64>,
    /// What the attempts found out about accounts; stored with the row.
    pub learned: Learned,
}

impl RequestRecord {
    /// Returns an empty record of a request from this address.
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
            rests: None,
            asked: None,
            cost: 0,
            repairs: 0,
            maintenance_due: false,
            reads_accounts: false,
            reading_due: false,
            calls: 0,
            timezone_offset_minutes: None,
            learned: Learned::default(),
        }
    }

    /// Returns the operator's time zone in minutes east of UTC, and notes it for the row. Fails with 500 if the variable is
    /// wrong.
    pub async fn timezone(&mut self) -> Result<i64> {
        let minutes = timezone_offset_minutes(&*self.app.host).await?;
        self.timezone_offset_minutes = Some(minutes);
        Ok(minutes)
    }

    /// Notes that the key is valid, and whose it is.
    pub fn authenticated(&mut self, opened: AuthenticatedKey) {
        self.caller = opened.caller;
        self.maintenance_due = opened.maintenance_due;
        self.reads_accounts = opened.settings.grok.read_accounts;
        self.reading_due |= opened.reading_due;
    }

    /// Notes that an attempt begins with this account.
    pub fn reserved(&mut self, reservation: &Reservation, model: &Model) {
        self.caller = reservation.caller.clone();
        self.used = Some(Used {
            account_id: reservation.token.id,
            suffix: reservation.token.suffix.clone(),
            bucket: model.bucket,
            remaining: reservation.token.remaining,
            until: reservation.token.until,
            held: reservation.held,
            key_id: reservation.caller.key_id,
        });
        self.rests = Some(Rests::of(&reservation.settings.global));
        self.asked = Some(model.clone());
        self.attempts += 1;
        self.maintenance_due = reservation.maintenance_due;
        self.reads_accounts = reservation.settings.grok.read_accounts;
        self.reading_due |= reservation.reading_due;
    }

    /// Notes the time of the first content.
    pub fn first_content(&mut self) {
        self.first_byte_ms = Some(self.elapsed());
    }

    /// Notes what the answer used in its last turn, and in the turns before.
    pub fn used(&mut self, usage: Usage, repairs: Repairs) {
        (self.prompt_tokens, self.completion_tokens) = (usage.prompt_tokens, usage.completion_tokens);
        self.cost = usage.cost;
        self.repaired(repairs);
    }

    /// Notes what the answer used, if the provider reports it.
    pub fn reported(&mut self, usage: Option<Usage>) {
        if let Some(usage) = usage {
            self.used(usage, Repairs::default());
        }
    }

    /// Adds the turns that the answer took besides its last.
    pub fn repaired(&mut self, repairs: Repairs) {
        self.repairs = repairs.turns;
        self.prompt_tokens += repairs.prompt_tokens;
        self.completion_tokens += repairs.completion_tokens;
    }

    /// Returns the client's error for a fault of the provider that was asked.
    pub fn error(&self, fault: &ProviderError) -> Error {
        self.asked.as_ref().map_or_else(|| Error::from(fault), |model| client_error(fault, model))
    }

    /// Returns the effect of this attempt's error on its account, or `None` if there was no attempt.
    pub fn outcome(&self, fault: &ProviderError) -> Option<AccountOutcome> {
        self.outcome_of(self.failed_by(fault))
    }

    fn success(&self) -> Outcome<'static> {
        let quota = self.asked.as_ref().map_or(0, |model| i64::from(model.cost));
        Outcome::Success { cost: quota * i64::from(1 + self.repairs) }
    }

    /// Returns the outcome of a fault. An answer in the wrong form is an answer: it costs quota.
    fn failed_by<'f>(&self, fault: &'f ProviderError) -> Outcome<'f> {
        match fault {
            ProviderError::Unfit { .. } => self.success(),
            fault => Outcome::Failed(fault),
        }
    }

    /// Writes the row of a request that failed without the account's fault. Runs beside the answer; returns the
    /// error.
    pub fn refused(self, error: Error) -> Error {
        self.failure(error, Outcome::NoEffect)
    }

    /// Writes the row of a request whose last attempt failed before any content reached the client. Returns the
    /// client's error.
    pub fn failed(self, fault: &ProviderError, error: Error) -> Error {
        let outcome = self.failed_by(fault);
        self.failure(error, outcome)
    }

    /// Writes the row of an answer whose files could not be stored, and returns the error. The account's quota is
    /// charged.
    pub fn media_unstored(self, error: Error) -> Error {
        let outcome = self.success();
        self.failure(error, outcome)
    }

    /// Writes the row as [`RequestRecord::media_unstored`] does, after part of the answer has been sent.
    pub async fn media_unstored_in_stream(&self, error: &Error) {
        let outcome = self.success();
        self.write(error.status().as_u16(), error.code().to_owned(), error.message.clone(), outcome).await;
    }

    /// Writes the row of a complete, collected answer. Runs beside the answer.
    pub fn completed(self) {
        let host = self.app.host.clone();
        host.spawn(async move { self.succeeded().await }.boxed_local());
    }

    /// Writes the row of a complete, streamed answer.
    pub async fn succeeded(&self) {
        let outcome = self.success();
        self.write(200, String::new(), String::new(), outcome).await;
    }

    /// Writes the row of a streamed answer that failed after part of it had been sent.
    pub async fn stream_failed(&self, fault: &ProviderError) {
        let error = self.error(fault);
        let outcome = self.failed_by(fault);
        self.write(error.status().as_u16(), error.code().to_owned(), fault.to_string(), outcome).await;
    }

    /// Writes the row of a streamed answer whose client left before its end.
    pub async fn abandoned(&self) {
        let (code, text) = ("client_closed_request", "the client left before the end of the answer");
        self.write(CLIENT_CLOSED_REQUEST, code.to_owned(), text.to_owned(), Outcome::NoEffect).await;
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

    /// Writes the row, then runs the day's maintenance if it is due, else reads accounts that are due. The answer is
    /// complete by then, so that this cannot use up its subrequests.
    async fn close(&self, finished: FinishedRequest) {
        let asks_to_read = finished.outcome.as_ref().is_some_and(|outcome| outcome.effect.read);
        if let Err(error) = self.store(&finished).await {
            eprintln!("{}: a row of the request log is lost: {error}", self.app.request_id);
        }
        if self.maintenance_due {
            maintenance::of_the_day(&self.app).await;
        } else if self.reads_accounts && (self.reading_due || asks_to_read) {
            account_readings::spawn(&self.app, self.calls.max(self.app.db.meter().calls as usize));
        }
    }

    async fn store(&self, finished: &FinishedRequest) -> Result<()> {
        let minutes = match self.timezone_offset_minutes {
            Some(minutes) => minutes,
            None => timezone_offset_minutes(&*self.app.host).await?,
        };
        requests::finish(&self.app.db, finished, minutes).await
    }

    fn finished(&self, status: u16, error_code: String, error: String, outcome: Outcome) -> FinishedRequest {
        FinishedRequest {
            request_id: self.app.request_id.clone(),
            ip: self.ip.clone(),
            key_id: self.caller.key_id,
            key_name: self.caller.key_name.clone(),
            // A client may have sent a key of xAI's API as the name.
            model: masked(&self.model),
            stream: self.stream,
            status,
            error_code,
            error,
            duration_ms: self.elapsed(),
            first_byte_ms: self.first_byte_ms,
            attempts: self.attempts,
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.completion_tokens,
            cost: self.cost,
            at: self.app.now_ms(),
            outcome: self.outcome_of(outcome),
            learned: self.learned.clone(),
        }
    }

    fn outcome_of(&self, outcome: Outcome) -> Option<AccountOutcome> {
        let used = self.used.clone()?;
        let at = self.app.now_ms();
        Some(AccountOutcome { at, effect: outcome::effect(outcome, &used, self.rests?, at), used })
    }

    fn elapsed(&self) -> u64 {
        self.app.host.monotonic_ms().saturating_sub(self.app.started)
    }
}
