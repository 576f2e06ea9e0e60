//! The choice among keys of xAI's API, which also holds what the answer may cost.
//!
//! A key, and a client's API key, may have a daily budget. The highest price that an answer is likely to have is held from
//! the reservation to the answer's end, when its real price takes its place. A budget is used up when what was spent since
//! local midnight and what is held reach it: so the answers that run at once overshoot it by the last of them at most.
//!
//! What is held ends with [`KEEP_HELD`] after the last reservation, should an instance end before its answers do.

use std::sync::LazyLock;

use super::{Ask, Budget, Free, OPEN, columns, usable};
use crate::{
    error::Result,
    host::Value,
    store::{Columns, Db},
};

/// Milliseconds for which an amount is held at most: longer than any answer takes.
pub const KEEP_HELD: i64 = 20 * 60_000;

/// What an answer may cost, in ticks of [`TICKS_PER_USD`](crate::inference::usage::TICKS_PER_USD).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The price of the prompt, or of pictures.
    pub prompt: i64,
    /// The most language tokens of the answer, of which the setting `xai_estimate_tokens` counts at most, and the price of
    /// each.
    pub tokens: i64,
    pub per_token: i64,
    /// The local day, in days since 1970.
    pub day: i64,
    /// When the next local day begins, in Unix milliseconds.
    pub tomorrow: i64,
}

impl Hold {
    /// Returns the parameters `?11` to `?14`.
    pub(super) fn values(&self) -> [Value; 4] {
        [self.prompt.into(), self.tokens.into(), self.per_token.into(), self.day.into()]
    }
}

/// SQL for the amount to hold.
const AMOUNT: &str = "(?11 + min(?12, coalesce((SELECT value ->> 'xai_estimate_tokens' FROM settings WHERE section = 'grok'), 4000)) * ?13)";

/// Returns SQL for what a row of accounts or API keys has spent on the local `day`, a parameter.
fn spent(row: &str, day: &str) -> String {
    format!("iif({row}.day = {day}, {row}.day_cost, 0)")
}

/// Returns SQL for what the row holds. `?1` is the time.
fn held(row: &str) -> String {
    format!("iif({row}.held_until > ?1, {row}.held, 0)")
}

/// Returns SQL that is true if a row's budget, if it has one, is not used up.
fn within_budget(row: &str) -> String {
    let (spent, held) = (spent(row, "?14"), held(row));
    format!("({row}.daily_budget IS NULL OR {row}.daily_budget > {spent} + {held})")
}

/// Returns SQL that is true if the key is valid and has some of its budget left.
fn open() -> String {
    format!("{OPEN} AND EXISTS (SELECT 1 FROM api_keys k WHERE k.hash = ?5 AND {})", within_budget("k"))
}

/// Both statements, made once: an instance serves many requests.
pub(super) static STATEMENT: LazyLock<String> = LazyLock::new(statement);
pub(super) static WITHOUT_TURN: LazyLock<String> = LazyLock::new(without_turn);

/// Returns the statement that reserves a key: the preferred one if it is usable, else the least recently used, those that
/// are skipped after an error last. The trigger on `turn` holds the same amount for the client's API key.
pub(super) fn statement() -> String {
    format!(
        "UPDATE tokens SET turn = (SELECT max(0, max(turn)) FROM tokens) + 1, last_used_at = ?1, hold = {AMOUNT},
   held = iif(held_until > ?1, held, 0) + {AMOUNT}, held_until = ?1 + {KEEP_HELD},
   held_for = (SELECT id FROM api_keys WHERE hash = ?5)
 WHERE id = CASE WHEN {open} THEN
  (SELECT id FROM tokens own INDEXED BY accounts_order WHERE state = 'active' AND precedence = ?7 + 0 AND ?8 = 0 AND {usable} AND {budget}
    ORDER BY id IS ?9 DESC, skip_until > 0 AND skip_until > (SELECT max(turn) FROM tokens), turn LIMIT 1) END
RETURNING {columns}",
        open = open(),
        usable = usable("own"),
        budget = within_budget("own"),
        columns = columns(),
    )
}

/// Returns the statement for a database that cannot be written. It takes no turn and holds nothing, so a random choice
/// spreads the load.
fn without_turn() -> String {
    format!(
        "SELECT {columns} FROM tokens
 WHERE {open} AND state = 'active' AND precedence = ?7 + 0 AND ?8 = 0 AND {usable} AND {budget} AND ?11 + ?12 + ?13 >= 0
 ORDER BY id IS ?9 DESC, random() LIMIT 1",
        open = open(),
        usable = usable("tokens"),
        budget = within_budget("tokens"),
        columns = columns(),
    )
}

/// Milliseconds after which a budget that running answers hold may have some left.
const HELD_PAUSE: i64 = 5_000;

/// Returns when the first key is usable again, and whether a budget is the reason.
pub(super) async fn first_free(db: &Db, ask: &Ask<'_>, hold: &Hold) -> Result<Free> {
    // A budget that running answers hold may soon have some left; one that is spent is left alone until midnight.
    let budget_ends = |row: &str| {
        let (spent, held) = (spent(row, "?5"), held(row));
        format!(
            "CASE WHEN {row}.daily_budget <= {spent} THEN ?6
                  WHEN {row}.daily_budget <= {spent} + {held} THEN ?1 + {HELD_PAUSE} ELSE 0 END"
        )
    };
    let free = format!(
        "SELECT (SELECT {of_key} FROM api_keys k WHERE k.hash = ?4), min(max(budget_ends, rest_ends)), max(budget_ends)
  FROM (SELECT {of_account} AS budget_ends,
               coalesce((SELECT max(q.cool_until, iif(q.remaining < ?3, q.until, 0)) FROM account_quotas q
                          WHERE q.account_id = own.id AND q.bucket = ?2), 0) AS rest_ends
          FROM tokens own INDEXED BY accounts_order WHERE state = 'active' AND precedence = 6)",
        of_key = budget_ends("k"),
        of_account = budget_ends("own"),
    );
    let model = &ask.route.model;
    let params = vec![
        ask.now.into(),
        model.bucket.name().into(),
        i64::from(model.cost).into(),
        ask.key_hash.into(),
        hold.day.into(),
        hold.tomorrow.into(),
    ];
    let Some(row) = db.query_one(&free, params).await? else { return Ok(Free::default()) };
    let mut row = Columns::new(row);
    let mut later = || -> Result<Option<i64>> { Ok(row.optional_integer()?.filter(|at| *at > ask.now)) };
    let (of_key, first, of_accounts) = (later()?, later()?, later()?);
    let over_budget = of_key.map(|_| Budget::Key).or(of_accounts.map(|_| Budget::Accounts));
    Ok(Free { first_at: of_key.max(first), not_granted: false, over_budget })
}
