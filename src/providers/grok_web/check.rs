//! Checks the connection to Grok for one account, step by step, and reports where it fails. No message reaches Grok's
//! model.

use std::{cell::RefCell, rc::Rc, time::Duration};

use serde::Serialize;

use super::{
    client::Client,
    dial::{self, DialError, Stage},
    identity, mgw,
};
use crate::{
    app::App,
    host::{
        timeout::timeout,
        websocket::{WebSocket, WebSocketError},
    },
    providers::{
        Account, ProviderError,
        catalog::QuotaBucket,
        check::{State, Step},
        learned::Learned,
    },
    settings::Transport,
};

/// The time limit of all steps together.
const LIMIT: Duration = Duration::from_secs(30);
/// The mode that every account has.
const MODE: QuotaBucket = QuotaBucket::Fast;

/// The steps in the order of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// The look-up of Grok's host name.
    Name,
    /// TCP and TLS.
    Connect,
    /// The user id of the account.
    Identity,
    /// The WebSocket's handshake.
    Upgrade,
    /// The first `session.created`.
    Session,
}

/// The result: every step once.
#[derive(Debug)]
pub struct Report {
    pub steps: Vec<Step<StepName>>,
    pub failure: Option<Failure>,
}

/// The step at which the check failed, and why.
#[derive(Debug)]
pub struct Failure {
    pub step: StepName,
    pub error: ProviderError,
}

impl Failure {
    /// Returns the error of a chat that fails at this step. Before the session is requested, rate limits of a mode do
    /// not count.
    pub fn of_a_chat(&self) -> ProviderError {
        match self.step {
            StepName::Session => self.error.clone(),
            _ => dial::at_the_door(self.error.clone()),
        }
    }
}

/// Runs the check within 30 seconds. Facts go to `learned`: the user id if it differs from the stored one, and
/// addresses.
pub async fn run(
    app: &Rc<App>,
    client: &Client<'_>,
    account: &Account,
    transport: Transport,
    learned: &mut Learned,
) -> Report {
    let trace = RefCell::new(Trace::new(app.host.monotonic_ms()));
    let check = Check { app, client, account, trace: &trace };
    let ended = timeout(&*app.host, Some(LIMIT), check.steps(transport, learned)).await;
    let ended = ended.unwrap_or_else(|| {
        let step = trace.borrow().current;
        Err(check.failed(step, ProviderError::Timeout, format!("not done within {} s", LIMIT.as_secs())))
    });
    Report { steps: trace.into_inner().steps, failure: ended.err() }
}

struct Check<'a> {
    app: &'a Rc<App>,
    client: &'a Client<'a>,
    account: &'a Account,
    trace: &'a RefCell<Trace>,
}

impl Check<'_> {
    async fn steps(&self, transport: Transport, learned: &mut Learned) -> Result<(), Failure> {
        let user_id = self.identity(learned).await?;
        if transport == Transport::Http {
            for step in [StepName::Upgrade, StepName::Session] {
                self.trace.borrow_mut().skip(step, "chats go over HTTP: the setting chat_transport is http");
            }
            return Ok(());
        }
        let socket = self.upgrade(&user_id, learned).await?;
        self.begin(StepName::Session);
        match mgw::check(self.app, socket, MODE.name()).await {
            Ok(()) => self.passed(StepName::Session),
            Err(error) => {
                let message = error.to_string();
                return Err(self.failed(StepName::Session, error, message));
            }
        }
        Ok(())
    }

    /// Returns the user id of the account. With a stored id it makes one call, and only a dead account fails the
    /// check: a chat would not ask at all.
    async fn identity(&self, learned: &mut Learned) -> Result<String, Failure> {
        let stored = &self.account.user_id;
        self.begin(StepName::Identity);
        let asked = match stored.is_empty() {
            true => identity::find(self.client).await,
            false => identity::by_session(self.client).await,
        };
        let error = match asked {
            Ok(id) => {
                self.reached();
                self.passed(StepName::Identity);
                if id != *stored {
                    learned.user_ids.push((self.account.id, id.clone()));
                }
                return Ok(id);
            }
            Err(error) => error,
        };
        let step = match error {
            ProviderError::NoAddress(_) => StepName::Name,
            ProviderError::Connect(_) | ProviderError::Timeout => StepName::Connect,
            _ => {
                self.reached();
                StepName::Identity
            }
        };
        let message = error.to_string();
        if stored.is_empty() || matches!(error, ProviderError::DeadAccount(_)) {
            return Err(self.failed(step, error, message));
        }
        let message = format!("Grok did not return the user id of the account ({message}); the stored user id is used");
        self.trace.borrow_mut().skip(StepName::Identity, &message);
        Ok(stored.clone())
    }

    /// Connects as a chat does, but resolves the name even if its addresses are stored.
    async fn upgrade(&self, user_id: &str, learned: &mut Learned) -> Result<Rc<dyn WebSocket>, Failure> {
        let error = match dial::open_in_time(self.client, user_id, learned, &|stage| self.entered(stage)).await {
            Ok(socket) => {
                self.reached();
                self.passed(StepName::Upgrade);
                return Ok(socket);
            }
            Err(error) => error,
        };
        let class = ProviderError::from(&error);
        let step = match &error {
            DialError::Name(_) | DialError::Socket(WebSocketError::Unresolved(_)) => StepName::Name,
            DialError::Socket(WebSocketError::Unreachable(_)) => self.stalled_at(&class),
            DialError::Socket(_) => StepName::Upgrade,
        };
        if step == StepName::Upgrade {
            self.reached();
        }
        let message = match &error {
            DialError::Socket(WebSocketError::Refused(refusal)) => format!("status {}: {class}", refusal.status),
            _ => error.to_string(),
        };
        Err(self.failed(step, class, message))
    }

    /// Returns the step at which the connection stalled. The host's single call covers TCP, TLS and upgrade. If it
    /// times out where HTTP has just succeeded, the upgrade is the cause.
    fn stalled_at(&self, class: &ProviderError) -> StepName {
        let is_reached = self.trace.borrow().step(StepName::Connect).state == State::Ok;
        if is_reached && *class == ProviderError::Timeout { StepName::Upgrade } else { StepName::Connect }
    }

    fn entered(&self, stage: Stage) {
        match stage {
            Stage::LookUp => self.begin(StepName::Name),
            Stage::Connect => {
                if self.trace.borrow().current == StepName::Name {
                    self.passed(StepName::Name);
                }
                let step = self.stalled_at(&ProviderError::Timeout);
                self.begin(step);
            }
        }
    }

    fn begin(&self, step: StepName) {
        let mut trace = self.trace.borrow_mut();
        trace.current = step;
        trace.since = self.app.host.monotonic_ms();
    }

    /// Notes that Grok has answered, so TCP and TLS work.
    fn reached(&self) {
        self.trace.borrow_mut().set(StepName::Connect, State::Ok, None, "");
    }

    fn passed(&self, step: StepName) {
        let ms = self.elapsed();
        self.trace.borrow_mut().set(step, State::Ok, ms, "");
    }

    fn failed(&self, step: StepName, error: ProviderError, message: String) -> Failure {
        let ms = self.elapsed();
        self.trace.borrow_mut().set(step, State::Failed, ms, &message);
        Failure { step, error }
    }

    fn elapsed(&self) -> Option<u64> {
        Some(self.app.host.monotonic_ms().saturating_sub(self.trace.borrow().since))
    }
}

/// The finished steps, and the one that runs.
struct Trace {
    steps: Vec<Step<StepName>>,
    current: StepName,
    /// When the running step began, in milliseconds of the host's monotonic clock.
    since: u64,
}

impl Trace {
    fn new(now: u64) -> Self {
        use StepName::*;
        let step = |name| {
            let message = match name {
                Name => "the host resolves the name itself while it connects",
                _ => "not tried",
            };
            Step { name, state: State::Skipped, ms: None, message: message.to_owned() }
        };
        Trace { steps: [Name, Connect, Identity, Upgrade, Session].map(step).into(), current: Identity, since: now }
    }

    fn step(&self, name: StepName) -> &Step<StepName> {
        &self.steps[name as usize]
    }

    fn set(&mut self, name: StepName, state: State, ms: Option<u64>, message: &str) {
        self.steps[name as usize] = Step { name, state, ms, message: message.to_owned() };
    }

    fn skip(&mut self, name: StepName, message: &str) {
        self.set(name, State::Skipped, None, message);
    }
}
