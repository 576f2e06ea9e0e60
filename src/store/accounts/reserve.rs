//! Chooses and reserves an account: key check, settings and choice in one atomic statement.
//!
//! An account is usable if it is active, its type may serve the model, its quota is unknown or covers the cost, it has
//! no cooldown for the model's rate-limit name, and this request has not tried it. Usable accounts are sorted: first
//! those that are not skipped after an error, then the types in the model's order, then the least recently used.
//!
//! The choice reads a few rows, regardless of the number of blocked accounts. The rotation's index sorts by the reasons
//! that block an account (`bars`), then by turn. One read for each distinct value of `bars` skips all accounts that are
//! blocked for this model, and finds the first of the others. The index of their ends finds blocks that have ended.
//! The statement always checks the facts themselves; `bars` only speeds up the search.

use crate::{
    error::{Error, Result},
    host::{Row, Value},
    providers::{
        catalog::{Accounts, Model, QuotaBucket},
        learned::ResolvedName,
    },
    settings::Settings,
    store::{
        Columns, Db,
        authenticate::{self, ApiCaller, AuthenticatedKey},
        leases, resolved_names, schema,
    },
};

/// The account that a request needs.
pub struct Ask<'a> {
    /// SHA-256 of the API key, in hexadecimal.
    pub key_hash: &'a str,
    pub model: &'a Model,
    /// Ids of the accounts that this request has tried.
    pub tried: &'a [i64],
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
    /// Resolved host names whose addresses are still valid.
    pub names: Vec<ResolvedName>,
    /// Whether the maintenance of this local day has not started yet.
    pub maintenance_due: bool,
}

/// The reserved account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedAccount {
    pub id: i64,
    pub hash: String,
    pub sealed: String,
    pub suffix: String,
    pub is_super: bool,
    /// Remaining quota of the model's bucket; `None` if unknown.
    pub remaining: Option<i64>,
    /// The provider's id of the account's owner; empty while it is unknown.
    pub user_id: String,
}

/// No account is usable.
pub struct Refusal {
    pub opened: AuthenticatedKey,
    /// When the first blocked account is usable again, in Unix milliseconds; `None` if there is none.
    pub cooling_until: Option<i64>,
}

/// Reserves the next usable account, or returns why there is none. Fails with 401 if the key is not valid. One
/// statement if an account is usable, else three, or more after a migration.
pub async fn reserve(db: &Db, ask: &Ask<'_>) -> Result<Reserved> {
    if let Some(reservation) = take(db, ask).await? {
        return Ok(Reserved::Account(Box::new(reservation)));
    }
    // This fails if the key is not valid, and migrates a database that is behind.
    let opened = authenticate::authenticate(db, ask.key_hash, ask.now).await?;
    if opened.migrated
        && let Some(reservation) = take(db, ask).await?
    {
        return Ok(Reserved::Account(Box::new(reservation)));
    }
    let cooling_until = first_free_at(db, ask).await?;
    Ok(Reserved::None(Box::new(Refusal { opened, cooling_until })))
}

/// Returns when the first blocked account is usable again, in Unix milliseconds; `None` if there is none.
pub async fn first_free_at(db: &Db, ask: &Ask<'_>) -> Result<Option<i64>> {
    let free = db.query_one(&first_free(ask.model), ask.choice()).await?;
    Ok(free.map(|row| Columns::new(row).optional_integer()).transpose()?.flatten())
}

/// Reserves the next usable account in one statement. Returns `None` if there is none, the key is not valid, or the
/// schema is behind.
pub async fn take(db: &Db, ask: &Ask<'_>) -> Result<Option<Reservation>> {
    let row = match db.query_one(&statement(ask.model), ask.values()).await {
        Ok(row) => row,
        // A database that cannot be written, because its disk is full or D1's daily limit is reached, can still be
        // read. If that finds no account either, return the first error.
        Err(error) => match db.query_one(&without_turn(ask.model), ask.values()).await {
            Ok(Some(row)) => Some(row),
            _ => return Err(error),
        },
    };
    row.map(taken).transpose()
}

impl Ask<'_> {
    /// Returns the parameters `?1` to `?7`.
    fn values(&self) -> Vec<Value> {
        let mut values = self.choice();
        // Formatted here, because D1 binds every number as a double and would write `1.0`.
        let bar = format!("[{}<{}]", bucket(self.model), self.model.cost);
        values.extend([bar.into(), self.key_hash.into(), schema::LATEST.into()]);
        values
    }

    /// Returns the parameters `?1` to `?4`, which decide whether an account is usable.
    fn choice(&self) -> Vec<Value> {
        let tried: String = self.tried.iter().map(|id| format!("{id},")).collect();
        vec![
            self.now.into(),
            self.model.limit_name.into(),
            i64::from(self.model.cost).into(),
            format!(",{tried}").into(),
        ]
    }
}

fn taken(row: Row) -> Result<Reservation> {
    let mut row = Columns::new(row);
    let token = ReservedAccount {
        id: row.integer()?,
        hash: row.text()?,
        sealed: row.text()?,
        suffix: row.text()?,
        is_super: row.flag()?,
        remaining: row.optional_integer()?,
        user_id: row.text()?,
    };
    let names = resolved_names::read(row.optional_text()?.as_deref());
    let settings = Settings::from_sections(row.optional_text()?.as_deref(), row.optional_text()?.as_deref());
    let (key_id, key_name) = serde_json::from_str(&row.text()?)
        .map_err(|e| Error::internal(format!("The key's row could not be read: {e}")))?;
    let caller = ApiCaller { key_id, key_name };
    let maintenance_due = row.flag()?;
    Ok(Reservation { caller, settings, token, names, maintenance_due })
}

/// Number of accounts with ended blocks that are checked while other accounts are usable.
const NEAR: u32 = 4;
/// Maximum blocked accounts of a type that are read for the time when the first is usable again.
const ASKED_WHEN_FREE: u32 = 200;

/// Turn and id in one number, so the account with the lowest turn is found without reading its row again. The number
/// stays inside the statement: as a double it would lose its last digits.
const PLACE: &str = "turn << 32 | id";
const ID_OF_PLACE: u32 = u32::MAX;

/// Returns the statement that reserves an account. SQLite evaluates its sub-selects lazily: the choice only for a valid
/// key, and each step only if the steps before it found nothing.
fn statement(model: &Model) -> String {
    let in_turn = [true, false]
        .into_iter()
        .flat_map(|preferred| types(model).iter().map(move |token_type| longest_waiting(model, token_type, preferred)));
    let steps: Vec<String> = in_turn.chain(types(model).iter().map(|token_type| any_due(model, token_type))).collect();
    format!(
        "UPDATE tokens SET turn = (SELECT max(turn) FROM tokens) + 1, last_used_at = ?1
 WHERE id = CASE WHEN {OPEN} THEN coalesce({steps}) & {ID_OF_PLACE} END
RETURNING {columns}",
        steps = steps.join(",\n"),
        columns = columns(model),
    )
}

/// Returns the statement for a database that cannot be written. It takes no turn, so a random choice spreads the load.
fn without_turn(model: &Model) -> String {
    format!(
        "SELECT {columns} FROM tokens
 WHERE {OPEN} AND token_type IN ('{types}') AND {usable} AND ?5 <> ''
 ORDER BY token_type, random() LIMIT 1",
        columns = columns(model),
        types = types(model).join("', '"),
        usable = usable(model, "tokens", false),
    )
}

/// SQL that is true if the key is valid and the schema current.
const OPEN: &str = "EXISTS (SELECT 1 FROM api_keys WHERE hash = ?6 AND is_active = 1)
   AND (SELECT max(name) FROM d1_migrations) = ?7";

/// Returns the columns of a reservation, which [`taken`] reads.
fn columns(model: &Model) -> String {
    format!(
        "id, hash, sealed, suffix, token_type = 'ssoSuper',
  CASE WHEN {bucket}_until > ?1 THEN {bucket}_remaining END, user_id, {names},
  (SELECT value FROM settings WHERE section = 'global'),
  (SELECT value FROM settings WHERE section = 'grok'),
  (SELECT json_array(id, name) FROM api_keys WHERE hash = ?6),
  {due}",
        bucket = bucket(model),
        names = resolved_names::VALID,
        due = leases::DAY_IS_FREE,
    )
}

/// Returns the account types that may serve a model, in the order of their use.
fn types(model: &Model) -> &'static [&'static str] {
    match model.accounts {
        Accounts::BasicFirst => &["sso", "ssoSuper"],
        Accounts::SuperFirst => &["ssoSuper", "sso"],
        Accounts::SuperOnly => &["ssoSuper"],
    }
}

fn bucket(model: &Model) -> &'static str {
    match model.bucket {
        QuotaBucket::Normal => "normal",
        QuotaBucket::Heavy => "heavy",
    }
}

/// Returns SQL that is true if the account of this row is usable and, if `preferred`, not skipped.
fn usable(model: &Model, row: &str, preferred: bool) -> String {
    let bucket = bucket(model);
    let preference = match preferred {
        true => format!(" AND ({row}.skip_until = 0 OR {row}.skip_until <= (SELECT max(turn) FROM tokens))"),
        false => String::new(),
    };
    format!(
        "{row}.state = 'active' AND instr(?4, ',' || {row}.id || ',') = 0
          AND NOT coalesce({row}.{bucket}_remaining < ?3 AND {row}.{bucket}_until > ?1, 0)
          AND NOT EXISTS (SELECT 1 FROM token_cooldowns c
                           WHERE c.token_id = {row}.id AND c.name = ?2 AND c.until > ?1){preference}"
    )
}

/// Returns SQL for the [`PLACE`] of the least recently used usable account of a type. The candidates are the first
/// account of each value of `bars` that does not concern the model, and the [`NEAR`] accounts whose blocks ended first.
fn longest_waiting(model: &Model, token_type: &str, preferred: bool) -> String {
    let of_type = format!("state = 'active' AND token_type = '{token_type}'");
    let rotation = format!("tokens INDEXED BY tokens_rotation WHERE {of_type}");
    let (in_turn, nearest) = (usable(model, "in_turn", preferred), usable(model, "nearest", preferred));
    format!(
        "(WITH RECURSIVE sets(bars) AS (
     SELECT (SELECT bars FROM {rotation} ORDER BY bars LIMIT 1)
     UNION ALL
     SELECT (SELECT bars FROM {rotation} AND bars > sets.bars ORDER BY bars LIMIT 1)
       FROM sets WHERE EXISTS (SELECT 1 FROM {rotation} AND bars > sets.bars))
   SELECT min(place) FROM (
     SELECT (SELECT {PLACE} FROM tokens in_turn INDEXED BY tokens_rotation
              WHERE token_type = '{token_type}' AND in_turn.bars = sets.bars AND {in_turn}
              ORDER BY turn LIMIT 1) AS place
       FROM sets WHERE instr(sets.bars, '[' || ?2 || ']') = 0 AND instr(sets.bars, ?5) = 0
     UNION ALL
     SELECT {PLACE} FROM (SELECT * FROM tokens INDEXED BY tokens_due
                           WHERE {of_type} AND bars_until <= ?1 ORDER BY bars_until LIMIT {NEAR}) nearest
      WHERE {nearest}) places)"
    )
}

/// Returns SQL for the [`PLACE`] of any usable account of a type whose block has ended: the last resort if the [`NEAR`]
/// first of them have another block, and no finished request has updated their `bars` yet.
fn any_due(model: &Model, token_type: &str) -> String {
    let usable = usable(model, "due", false);
    format!(
        "(SELECT {PLACE} FROM tokens due INDEXED BY tokens_due
   WHERE token_type = '{token_type}' AND bars_until <= ?1 AND {usable}
   ORDER BY bars_until LIMIT 1)"
    )
}

/// Returns SQL for the time when the first blocked account is usable again, including those that this request has
/// blocked. It is exact for up to [`ASKED_WHEN_FREE`] accounts of a type; in a larger pool it considers those whose
/// first block ends first.
fn first_free(model: &Model) -> String {
    let bucket = bucket(model);
    let resting = types(model)
        .iter()
        .map(|token_type| {
            format!(
                "SELECT * FROM (SELECT * FROM tokens INDEXED BY tokens_due WHERE state = 'active' AND token_type = '{token_type}'
              AND bars_until > 0 ORDER BY bars_until LIMIT {ASKED_WHEN_FREE})"
            )
        })
        .collect::<Vec<_>>()
        .join(" UNION ALL ");
    format!(
        "SELECT min(free_at) FROM (
   SELECT id, max(
       CASE WHEN {bucket}_remaining < ?3 AND {bucket}_until > ?1 THEN {bucket}_until ELSE ?1 END,
       coalesce((SELECT until FROM token_cooldowns WHERE token_id = resting.id AND name = ?2), ?1)) AS free_at
     FROM ({resting}) resting)
  WHERE free_at > ?1 OR instr(?4, ',' || id || ',') = 0"
    )
}

#[cfg(test)]
mod tests;
