//! Lists accounts in pages, which the database filters, sorts and counts.

use super::{ACCOUNT, Account, COLUMNS, StoredToken, TokenType, invalid::HAS_UNSEEN, reading, status::STATUS};
use crate::{
    error::Result,
    host::Value,
    store::{Columns, Db, spending::Today, sql::json},
};

/// Selects the accounts that meet all given conditions.
#[derive(Debug, Default)]
pub struct Filter {
    pub today: Today,
    /// The ids of the available keys; see [`Vault::key_ids`](crate::crypto::vault::Vault::key_ids).
    pub key_ids: Vec<String>,
    pub token_type: Option<TokenType>,
    /// A name of [`Status`](crate::admin::accounts::state::Status).
    pub state: Option<&'static str>,
    pub tag: Option<String>,
    /// Part of the note, ignoring the case of ASCII letters, or of the suffix, which a key of xAI's API does not have.
    pub text: Option<String>,
    /// Selects the account with this hash, in addition to those with `text`.
    pub hash: Option<String>,
    pub id: Option<i64>,
}

/// Returns the SQL condition, with `?1` to `?9`. A condition that is not given does not read the row.
fn condition() -> String {
    format!(
        "(?4 IS NULL OR coalesce(t.read_type, t.token_type) = ?4) AND (?5 IS NULL OR ({STATUS}) = ?5)
     AND (?6 IS NULL OR EXISTS (SELECT 1 FROM json_each(t.tags) WHERE value = ?6))
     AND (?7 IS NULL OR instr(lower(t.note), lower(?7)) > 0 OR instr(t.suffix, ?7) > 0 OR t.hash = ?8)
     AND (?9 IS NULL OR t.id = ?9)"
    )
}

impl Filter {
    fn params(&self) -> Result<Vec<Value>> {
        Ok(vec![
            self.today.now.into(),
            json(&self.key_ids)?.into(),
            self.today.day.into(),
            self.token_type.map(TokenType::as_str).into(),
            self.state.into(),
            self.tag.clone().into(),
            self.text.clone().into(),
            self.hash.clone().into(),
            self.id.into(),
        ])
    }
}

/// SQL for what is left to the account `t` in a mode; NULL if it is unknown.
macro_rules! remaining {
    ($mode:literal) => {
        concat!(
            "(SELECT q.remaining FROM account_quotas q WHERE q.account_id = t.id AND q.bucket = '",
            $mode,
            "' AND (q.until > ?1 OR q.total = 0))"
        )
    };
}

/// The sort keys: the name in the query, and the SQL. Unknown values are last in both directions.
const SORTS: [(&str, &str); 8] = [
    ("created", "t.id"),
    (
        "type",
        "CASE coalesce(t.read_type, t.token_type) WHEN 'sso' THEN 1 WHEN 'ssoSuper' THEN 2 WHEN 'ssoHeavy' THEN 3 ELSE 4 END",
    ),
    ("state", STATUS),
    ("remaining", remaining!("fast")),
    ("heavy_remaining", remaining!("heavy")),
    ("last_used", "t.last_used_at"),
    ("last_failure", "t.last_failure_at"),
    ("note", "nullif(t.note, '')"),
];

/// The order of a page.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    expression: &'static str,
    descending: bool,
}

impl Default for Order {
    /// Newest first.
    fn default() -> Self {
        Order { expression: "t.id", descending: true }
    }
}

impl Order {
    /// Returns the order by a sort key; `None` if the name is unknown.
    pub fn by(name: &str, descending: bool) -> Option<Self> {
        SORTS.iter().find(|(known, _)| *known == name).map(|(_, expression)| Order { expression, descending })
    }

    /// Returns the names of the sort keys.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SORTS.iter().map(|(name, _)| *name)
    }

    fn sql(self) -> String {
        let direction = if self.descending { "DESC" } else { "ASC" };
        format!("({0}) IS NULL, ({0}) {direction}, t.id {direction}", self.expression)
    }
}

/// One page of the selected accounts.
pub struct Page {
    /// Number of accounts on all pages.
    pub total: i64,
    /// Whether there are unchecked rows; see [`invalid`](super::invalid).
    pub has_unseen: bool,
    /// Number of all active accounts that Grok has not been asked about.
    pub unread: i64,
    /// Whether accounts are due to be read, and no instance does.
    pub reading_due: bool,
    pub tokens: Vec<StoredToken>,
}

/// Returns a page of the selected accounts, in one statement.
pub async fn list(db: &Db, filter: &Filter, order: Order, limit: i64, offset: i64) -> Result<Page> {
    let (condition, order) = (condition(), order.sql());
    let list = format!(
        "SELECT (SELECT count(*) FROM tokens t WHERE {condition}), {HAS_UNSEEN}, \
         (SELECT count(*) FROM tokens WHERE state = 'active' AND precedence > 3 AND read_at IS NULL), \
         {due}, {COLUMNS} \
         FROM (SELECT 1) LEFT JOIN (SELECT t.* FROM tokens t WHERE {condition} ORDER BY {order} LIMIT ?10 OFFSET ?11) t \
         ORDER BY {order}",
        due = reading::IS_DUE
    );
    let mut params = filter.params()?;
    params.extend([limit.into(), offset.into()]);
    let mut page = Page { total: 0, has_unseen: false, unread: 0, reading_due: false, tokens: Vec::new() };
    for row in db.query(&list, params).await? {
        // A page after the last one is a single row with the first four columns only.
        let is_token = row.get(4).is_some_and(|id| *id != Value::Null);
        let mut row = Columns::new(row);
        page.total = row.integer()?;
        page.has_unseen = row.flag()?;
        page.unread = row.integer()?;
        page.reading_due = row.flag()?;
        if is_token {
            page.tokens.push(StoredToken::read(&mut row)?);
        }
    }
    Ok(page)
}

/// Returns the number of selected accounts that are keys of xAI's API.
pub async fn count_keys(db: &Db, filter: &Filter) -> Result<i64> {
    let count = format!("SELECT count(*) FROM tokens t WHERE t.read_type IS 'xai' AND {}", condition());
    let row = db.query_one(&count, filter.params()?).await?.unwrap_or_default();
    Columns::new(row).integer()
}

/// Returns at most `limit` selected accounts with their tokens, by ascending id after `behind`.
pub async fn accounts(db: &Db, filter: &Filter, behind: i64, limit: i64) -> Result<Vec<Account>> {
    let accounts = format!(
        "SELECT {ACCOUNT}, {COLUMNS} FROM tokens t WHERE t.id > ?10 AND {} ORDER BY t.id LIMIT ?11",
        condition()
    );
    let mut params = filter.params()?;
    params.extend([behind.into(), limit.into()]);
    db.query(&accounts, params).await?.into_iter().map(Account::read).collect()
}
