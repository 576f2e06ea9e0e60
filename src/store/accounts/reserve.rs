//! Chooses and reserves an account: key check, settings and choice in one atomic statement, whose text is the same for all
//! models.
//!
//! An account is usable if it is active, its quota in the model's bucket is unknown or covers the cost, it does not rest
//! there, it is not a double, and this request has not tried it. An account that the request prefers serves if it is
//! usable. The others are sorted: first those that are not skipped
//! after an error, then by rank (the cheapest type first, those of unknown type last), then the least recently used.
//!
//! Keys of xAI's API are chosen by [`api`], which also holds what the answer may cost.
//!
//! The choice reads a few rows, regardless of the number of blocked accounts. The rotation's index sorts each rank by the
//! set of chat modes that block an account (`blocked`, a bit for each), then by turn. One look-up for each of the sets
//! without the model's mode finds the first account of the set. The index of their ends finds blocks that have ended. The
//! statement always checks the facts themselves; `blocked` only speeds up the search.

use std::sync::LazyLock;

use crate::{
    error::Result,
    host::{Row, Value},
    providers::{
        catalog::{Provider, QuotaBucket, Route, TokenType},
        learned::ResolvedName,
    },
    settings::Settings,
    store::{
        Columns, Db,
        authenticate::{self, ApiCaller, AuthenticatedKey},
        leases, resolved_names, schema,
        sql::parsed,
    },
};

use super::{reading, status::HAS_API};

mod api;

pub use api::{Hold, KEEP_HELD};

/// The account that a request needs.
pub struct Ask<'a> {
    /// SHA-256 of the API key, in hexadecimal.
    pub key_hash: &'a str,
    pub route: &'a Route,
    /// What the answer may cost; `None` if its accounts have no prices.
    pub hold: Option<Hold>,
    /// Ids of the accounts that this request has tried.
    pub tried: &'a [i64],
    /// The account that serves if it is usable, because it made the files that the request is about.
    pub preferred: Option<i64>,
    /// Unix milliseconds.
    pub now: i64,
}

/// The result of [`reserve`].
pub enum Reserved {
    Account(Box<Reservation>),
    None(Box<Refusal>),
}

/// An account for this request, with everything else that the request needs from the database.
pub struct Reservation {
    pub caller: ApiCaller,
    pub settings: Settings,
    pub token: ReservedAccount,
    /// What is held of the budgets until the answer's price is known, in ticks.
    pub held: i64,
    /// Resolved host names whose addresses are still valid.
    pub names: Vec<ResolvedName>,
    /// Whether the maintenance of this local day has not started yet.
    pub maintenance_due: bool,
    /// Whether accounts are to be read from Grok.
    pub reading_due: bool,
    /// Whether there is an active key of xAI's API.
    pub has_api: bool,
}

/// The reserved account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedAccount {
    pub id: i64,
    pub hash: String,
    pub sealed: String,
    pub suffix: String,
    /// The requests left in the model's bucket; `None` if unknown.
    pub remaining: Option<i64>,
    /// The end of the bucket's window in Unix milliseconds; `None` if unknown or over.
    pub until: Option<i64>,
    /// The provider's id of the account's owner; empty while it is unknown.
    pub user_id: String,
}

/// No account is usable.
pub struct Refusal {
    pub opened: AuthenticatedKey,
    pub free: Free,
}

/// When an account is usable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Free {
    /// When the first blocked account is usable again, in Unix milliseconds; `None` if there is none.
    pub first_at: Option<i64>,
    /// Whether there are active accounts, but none of them has the model's mode.
    pub not_granted: bool,
    /// Whether a budget is used up: that of the key, or of the accounts.
    pub over_budget: Option<Budget>,
}

/// Whose budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Budget {
    Key,
    Accounts,
}

impl Free {
    /// Returns when an account is usable on this way or another, whichever is named first. A budget is the reason if no way
    /// waits for another.
    pub fn or(self, other: Free) -> Free {
        let ways = [self, other];
        let waits_for_another = ways.iter().any(|way| way.first_at.is_some() && way.over_budget.is_none());
        Free {
            first_at: ways.iter().filter_map(|way| way.first_at).min(),
            not_granted: self.not_granted && other.not_granted,
            over_budget: ways.iter().filter_map(|way| way.over_budget).min().filter(|_| !waits_for_another),
        }
    }
}

/// Reserves the next usable account, or returns why there is none. `opened` is the key if it was checked before. Fails with
/// 401 if it is not valid. One statement if an account is usable, else three, or more after a migration or a change of budgets.
pub async fn reserve(db: &Db, ask: &Ask<'_>, opened: Option<AuthenticatedKey>) -> Result<Reserved> {
    if let Some(reservation) = take(db, ask).await? {
        return Ok(Reserved::Account(Box::new(reservation)));
    }
    let opened = match opened {
        Some(opened) => opened,
        // This fails if the key is not valid, and migrates a database that is behind.
        None => authenticate::authenticate(db, ask.key_hash, ask.now).await?,
    };
    if opened.migrated
        && let Some(reservation) = take(db, ask).await?
    {
        return Ok(Reserved::Account(Box::new(reservation)));
    }
    let mut free = first_free(db, ask).await?;
    // Answers that have ended since then have given back what they held of a budget.
    let mut takes_left = if ask.hold.is_some() && ask.tried.is_empty() && opened.has_api { RETAKES } else { 0 };
    while free == Free::default() && takes_left > 0 {
        takes_left -= 1;
        if let Some(reservation) = take(db, ask).await? {
            return Ok(Reserved::Account(Box::new(reservation)));
        }
        free = match first_free(db, ask).await? {
            free if takes_left > 0 || free != Free::default() => free,
            _ => Free { first_at: Some(ask.now + SOON), not_granted: false, over_budget: Some(Budget::Accounts) },
        };
    }
    Ok(Reserved::None(Box::new(Refusal { opened, free })))
}

/// How often a key of xAI's API is tried to be reserved again if budgets were free just after it was not.
const RETAKES: u32 = 2;
/// Milliseconds after which a client is to try again if others were always faster.
const SOON: i64 = 1_000;

/// Returns when the first blocked account is usable again. Considers those that this request has tried if they are
/// blocked. Exact for up to [`ASKED_WHEN_FREE`] accounts; in a larger pool it considers those whose first block ends first.
pub async fn first_free(db: &Db, ask: &Ask<'_>) -> Result<Free> {
    if let (Provider::Xai, Some(hold)) = (ask.route.model.provider, &ask.hold) {
        return api::first_free(db, ask, hold).await;
    }
    // 0 of 0 never ends. The highest ranks are the ones that may have a mode of paid accounts.
    let free = format!(
        "SELECT (SELECT min(free_at) FROM (
     SELECT (SELECT max(q.cool_until, iif(q.remaining < ?3, iif(q.total = 0, NULL, q.until), 0)) FROM account_quotas q
              WHERE q.account_id = resting.id AND q.bucket = ?2) AS free_at
       FROM (SELECT id FROM tokens INDEXED BY accounts_blocked WHERE state = 'active' AND blocked_until > 0
              AND instr(?5, precedence) > 0 ORDER BY blocked_until LIMIT {ASKED_WHEN_FREE}) resting)
    WHERE free_at > ?1),
  (SELECT count(*) > 0 AND count(*) = sum(EXISTS (SELECT 1 FROM account_quotas q
                                                   WHERE q.account_id = ranked.id AND q.bucket = ?2 AND q.total = 0))
     FROM (SELECT id FROM tokens INDEXED BY accounts_order WHERE state = 'active' AND precedence > 0 AND ?4 <> ''
            ORDER BY precedence DESC LIMIT {ASKED_WHEN_FREE}) ranked)"
    );
    let mut params = ask.choice();
    params.push(ranks(ask.route.model.bucket.needs()).into());
    let Some(row) = db.query_one(&free, params).await? else { return Ok(Free::default()) };
    let mut row = Columns::new(row);
    Ok(Free { first_at: row.optional_integer()?, not_granted: row.flag()?, over_budget: None })
}

/// Reserves the next usable account in one statement. Returns `None` if there is none, the key is not valid, or the
/// schema is behind.
pub async fn take(db: &Db, ask: &Ask<'_>) -> Result<Option<Reservation>> {
    let (statement, without_turn) = match ask.route.model.provider {
        Provider::GrokWeb => (&STATEMENT, &WITHOUT_TURN),
        Provider::Xai => (&api::STATEMENT, &api::WITHOUT_TURN),
    };
    let row = match db.query_one(statement, ask.values()).await {
        Ok(row) => row,
        // A database that cannot be written, because its disk is full or D1's daily limit is reached, can still be
        // read. If that finds no account either, return the first error.
        Err(error) => match db.query_one(without_turn, ask.values()).await {
            Ok(Some(row)) => Some(row),
            _ => return Err(error),
        },
    };
    row.map(taken).transpose()
}

impl Ask<'_> {
    /// Returns the parameters `?1` to `?10`, and those of a [`Hold`].
    fn values(&self) -> Vec<Value> {
        let mut values = self.choice();
        values.extend([
            self.key_hash.into(),
            schema::LATEST.into(),
            ranks(self.route.model.bucket.needs()).into(),
            self.route.model.bucket.bit().into(),
            self.preferred.into(),
            self.route.when.into(),
        ]);
        values.extend(self.hold.iter().flat_map(Hold::values));
        values
    }

    /// Returns the parameters `?1` to `?4`, which decide whether an account is usable.
    fn choice(&self) -> Vec<Value> {
        let tried: String = self.tried.iter().map(|id| format!("{id},")).collect();
        vec![
            self.now.into(),
            self.route.model.bucket.name().into(),
            i64::from(self.route.model.cost).into(),
            format!(",{tried}").into(),
        ]
    }
}

/// Returns the ranks in the order of their use, a digit each: accounts whose type is known, the cheapest first, then those
/// that a person calls Basic (4) or Super (5). What a person says counts until the type is known: an account that is called
/// Basic is tried for expert, because labels are often wrong, but not for heavy.
fn ranks(needs: TokenType) -> &'static str {
    match needs {
        TokenType::Basic => "12345",
        TokenType::Super => "12354",
        TokenType::Heavy => "1235",
        TokenType::Xai => "6",
    }
}

fn taken(row: Row) -> Result<Reservation> {
    let mut row = Columns::new(row);
    let (id, hash, sealed, suffix, user_id) = (row.integer()?, row.text()?, row.text()?, row.text()?, row.text()?);
    let quota: Option<(i64, i64)> = row.optional_text()?.map(|quota| parsed(&quota)).transpose()?;
    let (remaining, until) = quota.unzip();
    let token = ReservedAccount { id, hash, sealed, suffix, remaining, until, user_id };
    let names = resolved_names::read(row.optional_text()?.as_deref());
    let settings = Settings::from_sections(row.optional_text()?.as_deref(), row.optional_text()?.as_deref());
    let (key_id, key_name) = parsed(&row.text()?)?;
    let caller = ApiCaller { key_id, key_name };
    let (maintenance_due, reading_due) = (row.flag()?, row.flag()?);
    let (held, has_api) = (row.integer()?, row.flag()?);
    Ok(Reservation { caller, settings, token, held, names, maintenance_due, reading_due, has_api })
}

/// The number of chat modes, each a bit of the column `blocked`.
const CHAT_MODES: u32 = QuotaBucket::CHAT.len() as u32;
/// Number of accounts with ended blocks that are checked while other accounts are usable.
const NEAR: u32 = 4;
/// Maximum accounts that are read for the time when the first is usable again.
const ASKED_WHEN_FREE: u32 = 200;

/// Turn and id in one number, so the account with the lowest turn is found without reading its row again. The number
/// stays inside the statement: as a double it would lose its last digits.
const PLACE: &str = "turn << 32 | id";
const ID_OF_PLACE: u32 = u32::MAX;

/// Both statements, made once: an instance serves many requests.
static STATEMENT: LazyLock<String> = LazyLock::new(statement);
static WITHOUT_TURN: LazyLock<String> = LazyLock::new(without_turn);

/// Returns the statement that reserves an account: the preferred one if it is usable. Otherwise the walk goes from rank to rank until it finds one, twice: first
/// without the skipped accounts, then with them. The last resort is any account whose block has ended: no finished request
/// has updated its `blocked` yet.
fn statement() -> String {
    format!(
        "UPDATE tokens SET turn = (SELECT max(0, max(turn)) FROM tokens) + 1, last_used_at = ?1
 WHERE id = CASE WHEN {OPEN} THEN coalesce(
  (SELECT {PLACE} FROM tokens own WHERE id = ?9 AND state = 'active' AND instr(?7, precedence) > 0 AND {own}),
  (WITH RECURSIVE near(id, precedence, turn, skip_until) AS MATERIALIZED (
     SELECT id, precedence, turn, skip_until FROM tokens ended INDEXED BY accounts_blocked
      WHERE state = 'active' AND blocked_until <= ?1 AND {ended} ORDER BY blocked_until LIMIT {NEAR}),
   walk(step, place) AS (
     SELECT 0, {first}
     UNION ALL
     SELECT step + 1, {next} FROM walk WHERE place IS NULL AND step < 2 * length(?7) - 1)
   SELECT place FROM walk WHERE place IS NOT NULL),
  (SELECT {PLACE} FROM tokens due INDEXED BY accounts_blocked
    WHERE state = 'active' AND blocked_until <= ?1 AND instr(?7, precedence) > 0 AND {due} ORDER BY blocked_until LIMIT 1)
 ) & {ID_OF_PLACE} END
RETURNING {columns}",
        own = usable("own"),
        ended = usable("ended"),
        first = longest_waiting("0"),
        next = longest_waiting("(step + 1)"),
        due = usable("due"),
        columns = columns(),
    )
}

/// Returns SQL for the [`PLACE`] of the least recently used usable account of a step's rank. The candidates are the first
/// account of each set of blocked modes without the model's, and the [`NEAR`] accounts whose blocks ended first.
fn longest_waiting(step: &str) -> String {
    let rank = format!("substr(?7, {step} % length(?7) + 1, 1) + 0");
    let sets = (0..1 << CHAT_MODES).map(|set| format!("({set})")).collect::<Vec<_>>().join(",");
    let not_skipped = format!(
        "({step} >= length(?7) OR in_turn.skip_until = 0 OR in_turn.skip_until <= (SELECT max(turn) FROM tokens))"
    );
    format!(
        "(SELECT min(place) FROM (
         SELECT (SELECT {PLACE} FROM tokens in_turn INDEXED BY accounts_order
                  WHERE state = 'active' AND in_turn.precedence = {rank} AND in_turn.blocked = sets.column1
                    AND {usable} AND {not_skipped}
                  ORDER BY turn LIMIT 1) AS place
           FROM (VALUES {sets}) sets WHERE column1 & ?8 = 0
         UNION ALL
         SELECT {PLACE} FROM near in_turn WHERE precedence = {rank} AND {not_skipped}))",
        usable = usable("in_turn")
    )
}

/// Returns the statement for a database that cannot be written. It takes no turn, so a random choice spreads the load.
fn without_turn() -> String {
    format!(
        "SELECT {columns} FROM tokens
 WHERE {OPEN} AND state = 'active' AND instr(?7, precedence) > 0 AND {usable} AND ?8 >= 0
 ORDER BY id IS ?9 DESC, instr(?7, precedence), random() LIMIT 1",
        columns = columns(),
        usable = usable("tokens"),
    )
}

/// SQL that is true if the key is valid, the schema current, and the route taken.
const OPEN: &str = "EXISTS (SELECT 1 FROM api_keys WHERE hash = ?5 AND is_active = 1)
   AND (SELECT max(name) FROM d1_migrations) = ?6
   AND instr(?10, coalesce((SELECT value ->> 'xai_route' FROM settings WHERE section = 'grok'), 'last')) > 0";

/// Returns the columns of a reservation, which [`taken`] reads.
fn columns() -> String {
    format!(
        "id, hash, sealed, suffix, user_id,
  (SELECT json_array(remaining, until) FROM account_quotas
    WHERE account_id = tokens.id AND bucket = ?2 AND until > ?1 AND remaining IS NOT NULL),
  {names},
  (SELECT value FROM settings WHERE section = 'global'),
  (SELECT value FROM settings WHERE section = 'grok'),
  (SELECT json_array(id, name) FROM api_keys WHERE hash = ?5),
  {due}, {reading_due}, hold, {HAS_API}",
        names = resolved_names::VALID,
        due = leases::DAY_IS_FREE,
        reading_due = reading::IS_DUE,
    )
}

/// Returns SQL that is true if the quota of this row's account covers the cost, it does not rest, and the request has not
/// tried it.
fn usable(row: &str) -> String {
    format!(
        "instr(?4, ',' || {row}.id || ',') = 0
          AND NOT EXISTS (SELECT 1 FROM account_quotas q WHERE q.account_id = {row}.id AND q.bucket = ?2
                           AND (q.cool_until > ?1 OR (q.remaining < ?3 AND (q.until > ?1 OR q.total = 0))))"
    )
}

#[cfg(test)]
mod tests;
