//! What Grok reports of an account: which accounts are to be asked about, and how an answer is stored.
//!
//! The trigger on the view `account_readings` applies an answer, for a single account as for a slice of the refresh job.
//!
//! ```ignore
//! for account in reading::claim(&app.db, now, 3).await? {
//!     let reading = ask(&account).await; // nothing else asks about it in the meantime
//!     reading::store(&app.db, now, &[reading]).await?;
//! }
//! ```

use serde::{Deserialize, Serialize};

use super::Quota;
use crate::{
    error::Result,
    providers::catalog::{QuotaBucket, TokenType},
    store::{
        Columns, Db,
        database::IS_D1,
        sql::{json, parsed},
    },
    time::MINUTE,
};

/// The lease of the instance that reads accounts.
pub const LEASE: &str = "readings";
/// SQL that is true at the time `?1` if accounts are to be read and no instance does. It reads two index rows.
pub(in crate::store) const IS_DUE: &str =
    "EXISTS (SELECT 1 FROM tokens INDEXED BY accounts_due WHERE state = 'active' AND read_due <= ?1)
   AND NOT EXISTS (SELECT 1 FROM leases WHERE name = 'readings' AND until > ?1)";
/// SQL for when a new account is due: before all others, in random order. See also [`super::SHUFFLED`].
pub(super) const NEW_IS_DUE: &str = "-1 - abs(random() % 1000000)";
/// Milliseconds after which a claimed account that was not read is due again.
const CLAIMED: i64 = 5 * MINUTE;

/// An account to ask Grok about.
#[derive(Debug, Clone, Deserialize)]
pub struct Asked {
    pub id: i64,
    pub hash: String,
    pub sealed: String,
    /// Who is to be asked depends on it.
    pub token_type: TokenType,
    /// The provider's id of the account's owner; empty while it is unknown. Also empty for a double: the id that it shares
    /// may be wrong.
    pub user_id: String,
}

/// The members of a JSON object for [`Asked`], of the row `t`.
pub(in crate::store) const ASKED: &str = "'id', t.id, 'hash', t.hash, 'sealed', t.sealed, 'token_type', coalesce(t.read_type, t.token_type), 'user_id', iif(t.duplicate_of IS NULL, t.user_id, '')";

/// Claims at most `limit` accounts that are due, new ones first.
pub async fn claim(db: &Db, now: i64, limit: i64) -> Result<Vec<Asked>> {
    let claim = format!(
        "UPDATE tokens AS t SET read_due = ?1 + {CLAIMED}
  WHERE id IN (SELECT id FROM tokens INDEXED BY accounts_due WHERE state = 'active' AND read_due <= ?1
                ORDER BY read_due LIMIT ?2)
 RETURNING json_object({ASKED})",
        ASKED = ASKED.replace("t.", "")
    );
    let rows = db.query(&claim, vec![now.into(), limit.into()]).await?;
    rows.into_iter().map(|row| parsed(&Columns::new(row).text()?)).collect()
}

/// Accounts that are due, and that no instance reads.
pub struct Due {
    /// Whether the database is D1, so that the host is a Worker with its limit of subrequests.
    pub is_d1: bool,
}

/// Returns whether accounts are due that no instance reads.
pub async fn due(db: &Db, now: i64) -> Result<Option<Due>> {
    let row = db.query_one(&format!("SELECT {IS_D1} WHERE {IS_DUE}"), vec![now.into()]).await?;
    row.map(|row| Ok(Due { is_d1: Columns::new(row).flag()? })).transpose()
}

/// How asking about an account ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok,
    /// Its session has ended.
    Expired,
    /// The request failed, so the account's state is unknown.
    Failed,
}

/// What Grok reported of one account. It is stored as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reading {
    pub id: i64,
    pub outcome: Outcome,
    /// Why it failed; empty for a success.
    pub reason: String,
    /// Empty if it was not reported.
    pub user_id: String,
    /// The word of a [`TokenType`](super::TokenType); empty if it was not reported.
    pub read_type: &'static str,
    pub quotas: Vec<BucketQuota>,
    /// When Grok was asked, in Unix milliseconds, as all times here.
    pub began: i64,
    /// When to ask again.
    pub due: i64,
    /// Whether a person asked. Then a refused session expires the account at once, and an answer proves it good.
    pub by_operator: bool,
    /// The latest end of a rest if quota is left.
    pub rest_until: i64,
    /// The ids of the models that a key of xAI's API has; `None` if they were not reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<String>>,
}

/// The quota of one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketQuota {
    pub bucket: QuotaBucket,
    #[serde(flatten)]
    pub quota: Quota,
}

impl Reading {
    /// Returns the reading of an account about which nothing was learned.
    pub fn without_answer(id: i64, outcome: Outcome, reason: String, began: i64, due: i64) -> Self {
        let (user_id, quotas) = (String::new(), Vec::new());
        Reading {
            id,
            outcome,
            reason,
            user_id,
            read_type: "",
            quotas,
            began,
            due,
            by_operator: false,
            rest_until: began,
            models: None,
        }
    }

    /// Returns the reading as one that a person asked for. It ends the rests of a good key of xAI's API, because that does not report
    /// whether credits were bought.
    pub fn by_operator(self) -> Self {
        let quotas = match &self.models {
            Some(_) => vec![BucketQuota { bucket: QuotaBucket::Api, quota: Quota::default() }],
            None => self.quotas,
        };
        Reading { by_operator: true, quotas, ..self }
    }
}

/// Stores readings in one statement.
pub async fn store(db: &Db, at: i64, readings: &[Reading]) -> Result<()> {
    const STORE: &str = "INSERT INTO account_readings (account_id, at, outcome, reason, user_id, read_type, quotas, \
          began, due, by_operator, rest_until, models) \
        SELECT value ->> 'id', ?2, value ->> 'outcome', value ->> 'reason', value ->> 'user_id', value ->> 'read_type', \
          value -> 'quotas', value ->> 'began', value ->> 'due', value ->> 'by_operator', value ->> 'rest_until', value -> 'models' \
          FROM json_each(?1)";
    db.execute(STORE, vec![json(&readings)?.into(), at.into()]).await
}
