//! Imports a file of accounts, or reports beforehand what that would do.

use std::{collections::HashMap, rc::Rc};

use serde::{Deserialize, Serialize};

use super::file::{self, FileFormat};
use crate::{
    admin::browser,
    app::App,
    auth::session::AdminSession,
    crypto::{digest::sha256_hex, vault::Vault},
    error::{Error, Result},
    host::{Request, Response},
    http::{request, response},
    jobs::account_readings,
    money::Usd,
    providers::{
        grok_web::pasted::{Entry, Reading, State},
        xai::key::is_key,
    },
    store::accounts::{
        NewToken, Pasted, TokenType,
        import::{self, Imported, Known},
        reading::BucketQuota,
        suffix_of,
    },
};

/// Most entries of one request: its statements stay far below the 50 of a Worker.
const MAX_LINES: usize = 20_000;

#[derive(Deserialize)]
struct Import {
    content: String,
    /// Detected from the content if absent.
    format: Option<FileFormat>,
    /// The type of new accounts for which the file names none.
    token_type: Option<TokenType>,
    #[serde(default)]
    dry_run: bool,
    /// Whether the file's values replace those of accounts that exist already.
    #[serde(default = "yes")]
    update: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Added,
    Updated,
    Skipped,
    Invalid,
}

/// What happened, or would happen, to one line.
#[derive(Serialize)]
struct Outcome {
    line: usize,
    action: Action,
    /// Empty for a key of xAI's API.
    token_suffix: String,
    /// Only of a key of xAI's API.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<TokenType>,
    reason: String,
}

#[derive(Serialize)]
struct Answer {
    success: bool,
    message: String,
    data: Data,
}

#[derive(Serialize)]
struct Data {
    dry_run: bool,
    added: usize,
    updated: usize,
    skipped: usize,
    invalid: usize,
    lines: Vec<Outcome>,
    /// The browser's `User-Agent`, if this request made it the setting `user_agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_user_agent: Option<String>,
}

/// Answers `POST /api/tokens/import` with what happened to each line, or with `dry_run` what would happen. Fails with
/// 400 if the content cannot be read, or has no entries or more than [`MAX_LINES`].
pub async fn import(app: Rc<App>, session: AdminSession, request: Request) -> Result<Response> {
    let browser = browser::candidate(&session, request.headers());
    let body: Import = request::read_json(request).await?;
    let read =
        file::read(&body.content, body.format, body.token_type).map_err(|reason| Error::invalid("content", reason))?;
    if read.is_empty() || read.len() > MAX_LINES {
        return Err(Error::invalid(
            "content",
            format!("The file must have 1 to {MAX_LINES} tokens, and has {}", read.len()),
        ));
    }
    let Reading { entries: lines, refused, left_out } = read;
    let mut plan = Plan { token_type: body.token_type, update: body.update, now: app.now_ms(), ..Plan::default() };
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut entries = Vec::new();
    for (line, reason) in refused {
        plan.note(line, Action::Invalid, "", reason);
    }
    if let Some((line, count)) = left_out {
        plan.note(line, Action::Skipped, "", format!("{count} other cookies are left out"));
    }
    for (line, entry) in lines {
        let hash = sha256_hex(&entry.token);
        if let Some(first) = seen.insert(hash.clone(), line) {
            plan.note(line, Action::Skipped, &entry.token, format!("Duplicate of line {first}"));
            seen.insert(hash, first);
        } else {
            entries.push((line, hash, entry));
        }
    }
    let hashes: Vec<&str> = entries.iter().map(|(_, hash, _)| hash.as_str()).collect();
    let known = import::known(&app.db, &hashes).await?;
    for (line, hash, entry) in entries {
        plan.decide(line, entry, known.get(&hash));
    }
    let of_grok = plan.rows.iter().filter(|wanted| wanted.row.token_type != TokenType::Xai).count();
    if !body.dry_run && !plan.rows.is_empty() {
        let vault = Vault::open(&*app.host).await?;
        let rows: Vec<Imported> = plan.rows.drain(..).map(|row| row.sealed(&app, &vault)).collect();
        import::import(&app.db, plan.now, &rows).await?;
        // One more statement may record the browser.
        account_readings::spawn(&app, app.db.meter().calls as usize + 1);
    }
    let mut answer = plan.answer(body.dry_run);
    if !body.dry_run {
        answer.data.recorded_user_agent = browser::record(&app, browser, answer.data.added.min(of_grok)).await;
    }
    response::json(&answer)
}

/// What to do with each line, decided before anything is written.
#[derive(Default)]
struct Plan {
    token_type: Option<TokenType>,
    update: bool,
    now: i64,
    outcomes: Vec<Outcome>,
    rows: Vec<Wanted>,
}

/// A row to write.
struct Wanted {
    token: String,
    state: &'static str,
    row: Known,
}

impl Wanted {
    fn sealed(self, app: &App, vault: &Vault) -> Imported {
        let Known { token_type, tags, note, quotas, user_id, daily_budget, .. } = self.row;
        Imported {
            token: Pasted {
                token: NewToken::of(&*app.host, vault, &self.token, user_id),
                token_type,
                state: self.state,
                tags,
                note,
                daily_budget,
            },
            quotas,
        }
    }
}

impl Plan {
    fn note(&mut self, line: usize, action: Action, token: &str, reason: impl Into<String>) {
        let token_suffix = suffix_of(token).to_owned();
        let token_type = is_key(token).then_some(TokenType::Xai);
        self.outcomes.push(Outcome { line, action, token_suffix, token_type, reason: reason.into() });
    }

    fn decide(&mut self, line: usize, entry: Entry, known: Option<&Known>) {
        let quotas = file::quotas(&entry, self.now);
        let daily_budget = entry.daily_budget_usd.map(Usd::ticks);
        let Some(known) = known else {
            let token_type = entry.token_type.or(self.token_type).unwrap_or(TokenType::Basic);
            self.note(line, Action::Added, &entry.token, "");
            let state = entry.state.map_or("active", State::as_str);
            let (tags, note) = (entry.tags.unwrap_or_default(), entry.note.unwrap_or_default());
            let user_id = entry.user_id;
            let row = Known { token_type, type_is_read: false, tags, note, quotas, user_id, daily_budget };
            return self.rows.push(Wanted { token: entry.token, state, row });
        };
        if !self.update {
            return self.note(line, Action::Skipped, &entry.token, "The account exists already");
        }
        // A known quota is newer than the file's.
        let is_known = |new: &BucketQuota| {
            known.quotas.iter().any(|here| {
                here.bucket == new.bucket && (here.quota.is_not_granted() || here.quota.known_at(self.now).is_some())
            })
        };
        let news: Vec<_> = quotas.into_iter().filter(|new| !is_known(new)).collect();
        let mut quotas: Vec<_> = known.quotas.clone();
        quotas.retain(|here| !news.iter().any(|new| new.bucket == here.bucket));
        quotas.extend(news);
        let row = Known {
            token_type: match entry.token_type {
                Some(given) if !known.type_is_read => given.as_given(),
                _ => known.token_type,
            },
            type_is_read: known.type_is_read,
            tags: entry.tags.unwrap_or_else(|| known.tags.clone()),
            note: entry.note.unwrap_or_else(|| known.note.clone()),
            quotas,
            user_id: if known.user_id.is_empty() { entry.user_id } else { known.user_id.clone() },
            daily_budget: daily_budget.or(known.daily_budget),
        };
        if row == *known {
            return self.note(
                line,
                Action::Skipped,
                &entry.token,
                "The account exists already, and the file changes nothing",
            );
        }
        self.note(line, Action::Updated, &entry.token, differences(&row, known));
        self.rows.push(Wanted { token: entry.token, state: "active", row });
    }

    fn answer(mut self, dry_run: bool) -> Answer {
        self.outcomes.sort_by_key(|outcome| outcome.line);
        let count = |action: Action| self.outcomes.iter().filter(|outcome| outcome.action == action).count();
        let [added, updated, skipped, invalid] =
            [Action::Added, Action::Updated, Action::Skipped, Action::Invalid].map(count);
        let message = format!("{added} added, {updated} updated, {skipped} skipped, {invalid} not recognised");
        let lines = self.outcomes;
        Answer {
            success: true,
            message,
            data: Data { dry_run, added, updated, skipped, invalid, lines, recorded_user_agent: None },
        }
    }
}

/// Returns the names of the fields that change, for the console.
fn differences(new: &Known, old: &Known) -> String {
    let changes = [
        ("type", new.token_type != old.token_type),
        ("tags", new.tags != old.tags),
        ("note", new.note != old.note),
        ("user id", new.user_id != old.user_id),
        ("quota", new.quotas != old.quotas),
        ("budget", new.daily_budget != old.daily_budget),
    ];
    changes.into_iter().filter(|(_, is_new)| *is_new).map(|(name, _)| name).collect::<Vec<_>>().join(", ")
}
