//! Tables `refresh_job` and `refresh_slices`: the progress of the refresh of all accounts, its lease, and its results.
//!
//! A request claims a slice of the accounts with a lease, and its report ends the lease. Without a report, the next
//! request gets the same slice once more. After [`TRIES`] claims the slice is given up.

use serde::{Deserialize, Serialize};

use super::{
    Columns, Db,
    accounts::reading::{ASKED, Asked, Outcome, Reading},
    database::IS_D1,
    sql::{json, parsed},
};
use crate::{
    error::Result,
    host::Value,
    providers::catalog::QuotaBucket,
    time::{MINUTE, SECOND},
};

/// Milliseconds for which a request holds the slice that it claimed.
const LEASE: i64 = 30 * SECOND;
/// Milliseconds without progress after which a new job may replace the running one.
const ABANDONED: i64 = 10 * MINUTE;
/// How often a slice is claimed before it is given up.
pub const TRIES: i64 = 2;

/// The progress of the job.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    pub running: bool,
    /// `idle` before the first job, else `running`, `done` or `cancelled`.
    pub state: String,
    pub current: i64,
    pub total: i64,
    pub success: i64,
    pub failed: i64,
    /// Unix milliseconds, as below.
    pub started_at: Option<i64>,
    pub updated_at: Option<i64>,
    /// Whether the job is running and no request holds a slice.
    #[serde(skip)]
    pub is_free: bool,
    /// Whether the database is D1, so that the host is a Worker with its limit of subrequests.
    #[serde(skip)]
    pub is_d1: bool,
}

/// Returns the progress of the last job, in one statement.
pub async fn progress(db: &Db, now: i64) -> Result<Progress> {
    let progress = format!(
        "SELECT {IS_D1}, j.state, j.total, j.success, j.failed, j.started_at, j.updated_at, j.lease_until <= ?1 \
         FROM (SELECT 1) LEFT JOIN refresh_job j ON j.id = 1"
    );
    let mut row = Columns::new(db.query_one(&progress, vec![now.into()]).await?.unwrap_or_default());
    let is_d1 = row.flag()?;
    let Some(state) = row.optional_text()? else {
        return Ok(Progress { state: "idle".to_owned(), is_d1, ..Progress::default() });
    };
    let running = state == "running";
    let (total, success, failed) = (row.integer()?, row.integer()?, row.integer()?);
    let (started_at, updated_at) = (row.optional_integer()?, row.optional_integer()?);
    let (current, is_free) = (success + failed, running && row.flag()?);
    Ok(Progress { running, state, current, total, success, failed, started_at, updated_at, is_free, is_d1 })
}

/// Starts a job over all accounts but the disabled ones, in two statements. Returns false if a job is running already.
pub async fn start(db: &Db, now: i64) -> Result<bool> {
    const START: &str = "INSERT INTO refresh_job (id, started_at, updated_at, state, total, last_id) \
        SELECT 1, ?1, ?1, iif(count(*) = 0, 'done', 'running'), count(*), coalesce(max(id), 0) \
          FROM tokens WHERE state <> 'disabled' \
        ON CONFLICT (id) DO UPDATE SET started_at = max(excluded.started_at, started_at + 1), \
          updated_at = excluded.updated_at, state = excluded.state, total = excluded.total, success = 0, failed = 0, \
          last_id = excluded.last_id, handed_out = 0, slice = '[]', tries = 0, lease = '', lease_until = 0 \
        WHERE refresh_job.state <> 'running' OR refresh_job.updated_at < ?2 \
        RETURNING started_at";
    let Some(row) = db.query_one(START, vec![now.into(), (now - ABANDONED).into()]).await? else { return Ok(false) };
    let job = Columns::new(row).integer()?;
    db.execute("DELETE FROM refresh_slices WHERE job <> ?", vec![job.into()]).await?;
    Ok(true)
}

/// Cancels the running job: no more slices can be claimed. A claimed slice can still be reported.
pub async fn cancel(db: &Db, now: i64) -> Result<()> {
    const CANCEL: &str =
        "UPDATE refresh_job SET state = 'cancelled', updated_at = ?1 WHERE id = 1 AND state = 'running'";
    db.execute(CANCEL, vec![now.into()]).await
}

/// Accounts that were claimed together.
#[derive(Debug)]
pub struct Slice {
    /// How often the slice was claimed, including this time.
    pub tries: i64,
    pub accounts: Vec<Asked>,
}

/// Claims the next slice, of at most `count` accounts. Returns `None` if another request holds one, or no job is running.
/// `lease` is a new random text.
pub async fn claim(db: &Db, now: i64, lease: &str, count: i64) -> Result<Option<Slice>> {
    let claim = format!(
        "UPDATE refresh_job SET lease = ?1, lease_until = ?3, updated_at = ?2,
  tries = iif(slice = '[]', 1, tries + 1),
  handed_out = iif(slice = '[]', coalesce(next.last, handed_out), handed_out),
  slice = iif(slice = '[]', next.ids, slice)
 FROM (SELECT json_group_array(id) AS ids, max(id) AS last
         FROM (SELECT t.id FROM refresh_job j CROSS JOIN tokens t
                WHERE t.id > j.handed_out AND t.id <= j.last_id AND t.state <> 'disabled' ORDER BY t.id LIMIT ?4)) AS next
 WHERE refresh_job.id = 1 AND state = 'running' AND lease_until <= ?2
 RETURNING tries, (SELECT json_group_array(json_object({ASKED})) FROM tokens t
                    WHERE t.id IN (SELECT value FROM json_each(slice)))"
    );
    let params: Vec<Value> = vec![lease.into(), now.into(), (now + LEASE).into(), count.into()];
    let Some(row) = db.query_one(&claim, params).await? else { return Ok(None) };
    let mut row = Columns::new(row);
    Ok(Some(Slice { tries: row.integer()?, accounts: parsed(&row.text()?)? }))
}

/// Stores the results of a slice in one statement, unless another request has claimed the slice in the meantime.
pub async fn report(db: &Db, lease: &str, now: i64, readings: &[Reading]) -> Result<()> {
    const REPORT: &str = "INSERT INTO refresh_slices (job, at, results) \
        SELECT started_at, ?2, ?3 FROM refresh_job WHERE id = 1 AND lease = ?1";
    db.execute(REPORT, vec![lease.into(), now.into(), json(&readings)?.into()]).await
}

/// The stored result of one account.
#[derive(Debug, Serialize)]
pub struct Checked {
    pub id: i64,
    pub token_suffix: String,
    /// The type that was read; empty if it was not.
    pub token_type: String,
    pub outcome: String,
    pub reason: String,
    /// What is left in the modes fast and heavy; -1 if Grok did not say.
    pub remaining_queries: i64,
    pub heavy_remaining_queries: i64,
    /// What is left in all modes that Grok reported.
    pub quotas: Vec<CheckedQuota>,
    /// Unix milliseconds.
    pub checked_at: i64,
}

/// What was left in a mode.
#[derive(Debug, Serialize, Deserialize)]
pub struct CheckedQuota {
    #[serde(rename(deserialize = "bucket"))]
    pub mode: String,
    pub remaining: Option<i64>,
    pub total: Option<i64>,
}

/// Returns a page of the results so far, in the order of the checks, with one outcome if given.
pub async fn results(db: &Db, outcome: Option<Outcome>, limit: i64, offset: i64) -> Result<Vec<Checked>> {
    const RESULTS: &str = "SELECT t.id, t.suffix, coalesce(r.value ->> 'read_type', ''), r.value ->> 'outcome', \
        r.value ->> 'reason', coalesce(r.value -> 'quotas', '[]'), s.at \
      FROM refresh_job j JOIN refresh_slices s ON s.job = j.started_at CROSS JOIN json_each(s.results) r \
      JOIN tokens t ON t.id = r.value ->> 'id' \
      WHERE ?1 IS NULL OR r.value ->> 'outcome' = ?1 \
      ORDER BY s.seq, r.key LIMIT ?2 OFFSET ?3";
    let outcome = outcome.map(|outcome| json(&outcome)).transpose()?.map(|text| text.trim_matches('"').to_owned());
    let rows = db.query(RESULTS, vec![outcome.into(), limit.into(), offset.into()]).await?;
    rows.into_iter().map(|row| checked(&mut Columns::new(row))).collect()
}

fn checked(row: &mut Columns) -> Result<Checked> {
    let (id, token_suffix, token_type) = (row.integer()?, row.text()?, row.text()?);
    let (outcome, reason) = (row.text()?, row.text()?);
    let mut quotas: Vec<CheckedQuota> = parsed(&row.text()?)?;
    // What a key of xAI's API has is not counted in requests.
    quotas.retain(|quota| quota.mode != QuotaBucket::Api.name());
    let left = |mode| quotas.iter().find(|quota| quota.mode == mode).and_then(|quota| quota.remaining).unwrap_or(-1);
    Ok(Checked {
        id,
        token_suffix,
        token_type,
        outcome,
        reason,
        remaining_queries: left("fast"),
        heavy_remaining_queries: left("heavy"),
        quotas,
        checked_at: row.integer()?,
    })
}
