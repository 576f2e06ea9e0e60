//! Choosing and reserving a token: key check, settings and choice in one atomic statement.
//!
//! A token is usable when it is active, its type may serve the model, its quota is unknown or covers the cost,
//! it is not cooling for the model's rate-limit name and was not tried by this request. Of the usable ones
//! those come first that are not passed over after an error, then Basic before Super, then whoever was served
//! longest ago.
//!
//! The choice reads a few rows, however many tokens are barred. The index of the rotation sorts by what bars a
//! token (`bars`) before it sorts by turn: one look at each set of bars that occurs leaves out all tokens that
//! are barred for this model, and finds the longest-waiting of the others. Bars that have ended are found
//! through the index of their ends. Whether a token is usable is asked of the facts each time, never of `bars`.

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

/// What a request asks of the pool.
pub struct Ask<'a> {
    /// SHA-256 of the API key, in hexadecimal.
    pub key_hash: &'a str,
    pub model: &'a Model,
    /// Ids of the tokens this request has used already.
    pub tried: &'a [i64],
    /// Unix milliseconds.
    pub now: i64,
}

pub enum Reserved {
    Token(Box<Reservation>),
    None(Box<Refusal>),
}

/// A token for this request, with all else the request needs to know of the database.
pub struct Reservation {
    pub caller: ApiCaller,
    pub settings: Settings,
    pub token: ReservedToken,
    /// Addresses that are still valid.
    pub names: Vec<ResolvedName>,
    /// Nobody has begun the maintenance of this local day.
    pub maintenance_due: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedToken {
    pub id: i64,
    pub hash: String,
    pub sealed: String,
    pub suffix: String,
    pub is_super: bool,
    /// Left in the model's bucket; `None` is unknown.
    pub remaining: Option<i64>,
    /// The provider's id of the account's owner; empty while it is unknown.
    pub user_id: String,
}

/// No token is usable.
pub struct Refusal {
    pub opened: AuthenticatedKey,
    /// When the first of those that rest is usable again, in Unix milliseconds; `None` when none will be.
    pub cooling_until: Option<i64>,
}

/// Takes the next usable token for the key's owner; says why when there is none.
pub async fn reserve(db: &Db, ask: &Ask<'_>) -> Result<Reserved> {
    if let Some(reservation) = take(db, ask).await? {
        return Ok(Reserved::Token(Box::new(reservation)));
    }
    // A bad key is an error here; a schema that is behind is brought up to date.
    let opened = authenticate::authenticate(db, ask.key_hash, ask.now).await?;
    if opened.migrated
        && let Some(reservation) = take(db, ask).await?
    {
        return Ok(Reserved::Token(Box::new(reservation)));
    }
    let cooling_until = first_free_at(db, ask).await?;
    Ok(Reserved::None(Box::new(Refusal { opened, cooling_until })))
}

/// Returns when the first of the tokens that rest is usable again, in Unix milliseconds; `None` when none will be.
pub async fn first_free_at(db: &Db, ask: &Ask<'_>) -> Result<Option<i64>> {
    let free = db.query_one(&first_free(ask.model), ask.choice()).await?;
    Ok(free.map(|row| Columns::new(row).optional_integer()).transpose()?.flatten())
}

/// Takes the next usable token in one statement. `None`: there is none, the key is not valid, or the schema is behind.
pub async fn take(db: &Db, ask: &Ask<'_>) -> Result<Option<Reservation>> {
    let row = match db.query_one(&statement(ask.model), ask.values()).await {
        Ok(row) => row,
        // A database that takes no writes, for its disk is full or D1's day is used up, can still be read. Should it
        // answer nothing either, the first error is the one that counts.
        Err(error) => match db.query_one(&without_turn(ask.model), ask.values()).await {
            Ok(Some(row)) => Some(row),
            _ => return Err(error),
        },
    };
    row.map(taken).transpose()
}

impl Ask<'_> {
    /// `?1` to `?7`.
    fn values(&self) -> Vec<Value> {
        let mut values = self.choice();
        // Made here: D1 binds every number as a double, and would write `1.0`.
        let bar = format!("[{}<{}]", bucket(self.model), self.model.cost);
        values.extend([bar.into(), self.key_hash.into(), schema::LATEST.into()]);
        values
    }

    /// `?1` to `?4`: what makes a token usable.
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
    let token = ReservedToken {
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

/// How many of the tokens whose bars have ended are looked at while others are to be had.
const NEAR: u32 = 4;
/// How many resting tokens are asked for the time when they are usable again.
const ASKED_WHEN_FREE: u32 = 200;

/// Turn and id in one number, so that the lowest turn can be found without reading its row again. It never
/// leaves the statement: as a double it would lose its last digits.
const PLACE: &str = "turn << 32 | id";
const ID_OF_PLACE: u32 = u32::MAX;

/// The one statement. Its sub-selects are lazy: the choice is made only for a valid key, and each of its steps
/// only when those before it found nothing.
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

/// The choice while nothing can be written: no turn is taken and no outcome kept, so chance spreads the load.
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

/// Whether the key is good and the schema current.
const OPEN: &str = "EXISTS (SELECT 1 FROM api_keys WHERE hash = ?6 AND is_active = 1)
   AND (SELECT max(name) FROM d1_migrations) = ?7";

/// What a reservation tells, as [`taken`] reads it.
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

/// In the order in which they are used up.
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

/// Whether the token of this row is usable, and, if asked for, not passed over.
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

/// The [`PLACE`] of the usable token of a type that was served longest ago: the first of each set of bars that
/// does not concern the model, and the nearest of those whose bars have ended.
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

/// Any token of a type whose bars have ended. The last resort: the nearest of them are still barred by something
/// else, and no finished request has put them back in their place yet.
fn any_due(model: &Model, token_type: &str) -> String {
    let usable = usable(model, "due", false);
    format!(
        "(SELECT {PLACE} FROM tokens due INDEXED BY tokens_due
   WHERE token_type = '{token_type}' AND bars_until <= ?1 AND {usable}
   ORDER BY bars_until LIMIT 1)"
    )
}

/// When the first resting token is usable again, be it one that this request has put to rest: exact for pools of
/// [`ASKED_WHEN_FREE`] tokens a type, and for larger ones exact among those whose first bar ends first.
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
