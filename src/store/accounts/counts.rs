//! Counts the accounts by type and state, and sums what is left to them by mode.

use std::collections::BTreeMap;

use super::{TokenType, invalid::HAS_UNSEEN, status::STATUS};
use crate::{
    error::Result,
    providers::catalog::QuotaBucket,
    store::{Columns, Db, spending::Today, sql::json},
};

/// The accounts of one type in one state.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    pub token_type: TokenType,
    /// A name of [`Status`](crate::admin::accounts::state::Status).
    pub state: String,
    pub accounts: i64,
    /// The chat modes by name; empty for keys of xAI's API.
    pub modes: BTreeMap<&'static str, ModeSum>,
    /// Whether there are unchecked rows, in any group; see [`invalid`](super::invalid).
    pub has_unseen: bool,
}

/// What the accounts of a group have of one mode. Accounts without the mode are in no number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct ModeSum {
    /// Sums over the accounts whose quota is known.
    pub remaining: i64,
    pub total: i64,
    /// Accounts whose quota is known, and unknown.
    pub known: i64,
    pub unknown: i64,
    /// Accounts that have used it up, or rest for it.
    pub resting: i64,
}

impl ModeSum {
    /// Adds the numbers of other accounts.
    pub fn add(&mut self, other: Self) {
        self.remaining += other.remaining;
        self.total += other.total;
        self.known += other.known;
        self.unknown += other.unknown;
        self.resting += other.resting;
    }
}

/// Returns the groups of all accounts in one statement. `key_ids` are the available keys,
/// as in [`Filter`](super::list::Filter).
pub async fn read(db: &Db, today: Today, key_ids: &[String]) -> Result<Vec<Group>> {
    let sums: String = QuotaBucket::CHAT.into_iter().map(|mode| sums_of(mode.name())).collect();
    let quotas: String = QuotaBucket::CHAT.into_iter().map(|mode| columns_of(mode.name())).collect();
    let count = format!(
        "SELECT token_type, status, count(*){sums}, {HAS_UNSEEN}
      FROM (SELECT coalesce(t.read_type, t.token_type) AS token_type, {STATUS} AS status{quotas}
              FROM tokens t LEFT JOIN (
                SELECT account_id AS id{grouped} FROM account_quotas GROUP BY account_id) q ON q.id = t.id)
     GROUP BY 1, 2",
        grouped = QuotaBucket::CHAT.into_iter().map(|mode| grouped_of(mode.name())).collect::<String>()
    );
    let rows = db.query(&count, vec![today.now.into(), json(&key_ids)?.into(), today.day.into()]).await?;
    rows.into_iter().map(|row| group(&mut Columns::new(row))).collect()
}

/// Columns of an account's quota in one mode: its numbers while they are known, whether it lacks the mode, and whether it
/// rests.
fn grouped_of(mode: &str) -> String {
    let column = |value: &str, name: &str| format!(", max(iif(bucket = '{mode}', {value}, NULL)) AS {mode}_{name}");
    [
        column("iif(until > ?1, remaining, NULL)", "remaining"),
        column("iif(until > ?1, total, NULL)", "total"),
        column("total = 0 AND remaining = 0", "lacks"),
        column("cool_until > ?1 OR (remaining < 1 AND until > ?1)", "rests"),
    ]
    .concat()
}

fn columns_of(mode: &str) -> String {
    ["remaining", "total", "lacks", "rests"].map(|name| format!(", q.{mode}_{name}")).concat()
}

fn sums_of(mode: &str) -> String {
    let has = format!("coalesce({mode}_lacks, 0) = 0");
    format!(
        ", CAST(total({mode}_remaining) AS INTEGER), CAST(total({mode}_total) AS INTEGER),
         sum({has} AND {mode}_remaining IS NOT NULL), sum({has} AND {mode}_remaining IS NULL),
         sum({has} AND coalesce({mode}_rests, 0))"
    )
}

fn group(row: &mut Columns) -> Result<Group> {
    let token_type = TokenType::of(&row.text()?).unwrap_or(TokenType::Basic);
    let (state, accounts) = (row.text()?, row.integer()?);
    let mut modes = BTreeMap::new();
    for mode in QuotaBucket::CHAT {
        let sum = ModeSum {
            remaining: row.integer()?,
            total: row.integer()?,
            known: row.integer()?,
            unknown: row.integer()?,
            resting: row.integer()?,
        };
        modes.insert(mode.name(), sum);
    }
    if token_type == TokenType::Xai {
        modes.clear();
    }
    Ok(Group { token_type, state, accounts, modes, has_unseen: row.flag()? })
}
