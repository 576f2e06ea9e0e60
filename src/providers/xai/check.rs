//! Checks a key of xAI's API step by step, and reports where it fails. No message reaches a model.

use std::time::Duration;

use serde::Serialize;

use super::{
    account::{self, Facts},
    client::Client,
    key::is_called_wrong,
};
use crate::{
    app::App,
    host::timeout::timeout,
    providers::{
        ProviderError,
        check::{State, Step},
    },
};

/// The time limit of all steps together.
const LIMIT: Duration = Duration::from_secs(30);

/// The steps in the order of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// The look-up of the API's host name.
    Name,
    /// TCP and TLS.
    Connect,
    /// Whether the API takes the key.
    Key,
    /// The models that the key may use.
    Models,
}

/// The result: every step once.
#[derive(Debug)]
pub struct Report {
    pub steps: Vec<Step<StepName>>,
    /// What the API reported of the key, or the step that failed and why.
    pub facts: Result<Facts, (StepName, ProviderError)>,
}

/// Runs the check within 30 seconds.
pub async fn run(app: &App, key: &str) -> Report {
    let mut trace = Trace::new(app);
    let checked = timeout(&*app.host, Some(LIMIT), trace.steps(key)).await;
    let facts = checked.unwrap_or_else(|| {
        let step = trace.current;
        Err(trace.failed(step, ProviderError::Timeout))
    });
    Report { steps: trace.steps, facts }
}

struct Trace<'a> {
    app: &'a App,
    steps: Vec<Step<StepName>>,
    current: StepName,
    /// When the running step began, in milliseconds of the host's monotonic clock.
    since: u64,
}

impl<'a> Trace<'a> {
    fn new(app: &'a App) -> Self {
        use StepName::*;
        let step = |name| {
            let message = "not tried".to_owned();
            Step { name, state: State::Skipped, ms: None, message }
        };
        let since = app.host.monotonic_ms();
        Trace { app, steps: [Name, Connect, Key, Models].map(step).into(), current: Connect, since }
    }

    async fn steps(&mut self, key: &str) -> Result<Facts, (StepName, ProviderError)> {
        let client = Client::new(self.app, key).await.map_err(|error| self.failed(StepName::Name, error))?;
        let info = match account::info(&client).await {
            Ok(info) => info,
            Err(error) => {
                let step = self.place(&error);
                return Err(self.failed(step, error));
            }
        };
        self.reached();
        self.passed(StepName::Key, String::new());
        self.current = StepName::Models;
        match account::models(&client, &info).await {
            Ok(models) => {
                self.passed(StepName::Models, models.join(", "));
                Ok(info.with(models))
            }
            Err(error) => Err(self.failed(StepName::Models, error)),
        }
    }

    /// Returns the step of the first call at which it failed, and notes those before it.
    fn place(&mut self, error: &ProviderError) -> StepName {
        match error {
            ProviderError::NoAddress(_) => StepName::Name,
            ProviderError::Connect(_) | ProviderError::Timeout => StepName::Connect,
            _ => {
                self.reached();
                StepName::Key
            }
        }
    }

    /// Notes that the API has answered, so that its name, TCP and TLS work.
    fn reached(&mut self) {
        for step in [StepName::Name, StepName::Connect] {
            self.set(step, State::Ok, None, String::new());
        }
    }

    fn passed(&mut self, step: StepName, message: String) {
        let now = self.app.host.monotonic_ms();
        let ms = now.saturating_sub(std::mem::replace(&mut self.since, now));
        self.set(step, State::Ok, Some(ms), message);
    }

    fn failed(&mut self, step: StepName, error: ProviderError) -> (StepName, ProviderError) {
        let ms = self.app.host.monotonic_ms().saturating_sub(self.since);
        self.set(step, State::Failed, Some(ms), words(step, &error));
        (step, error)
    }

    fn set(&mut self, name: StepName, state: State, ms: Option<u64>, message: String) {
        self.steps[name as usize] = Step { name, state, ms, message };
    }
}

/// Returns what went wrong, and what to do.
fn words(step: StepName, error: &ProviderError) -> String {
    use ProviderError::*;
    let what_to_do = match (step, error) {
        (StepName::Name, _) => "check the variable xai_base_url and the host's DNS",
        (StepName::Connect, Timeout) => "check that this machine may reach the address of xai_base_url",
        (StepName::Connect, _) => "check the variable xai_base_url, and that its server has a valid certificate",
        (_, DeadAccount(words)) if is_called_wrong(words) => "use a valid key of console.x.ai",
        (_, DeadAccount(_)) => "see what console.x.ai says of the key and its team, or use another key",
        (_, RateLimited { quota_spent: true, .. }) => "add credits for the key's team on console.x.ai",
        (_, NotEntitled(_)) => "let the key use its endpoints and models on console.x.ai",
        (_, Policy(_)) => "run the gateway in another network",
        _ => "try again later",
    };
    let what = match error {
        DeadAccount(words) | NotEntitled(words) | Policy(words) => words.clone(),
        other => other.to_string(),
    };
    format!("{}; {what_to_do}", what.trim_end_matches('.'))
}
