//! Everything that was made, newest first, as the gallery of the console shows it.

use crate::{
    error::Result,
    host::Value,
    media::kind::MediaKind,
    store::{Columns, Db, sql},
};

/// The most files that are counted.
pub const MAX_COUNTED: i64 = 10_000;

/// Which files to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub kind: Option<MediaKind>,
    pub state: Option<String>,
    pub model: Option<String>,
    pub account_id: Option<i64>,
    pub key_id: Option<i64>,
    /// Unix milliseconds; `to` is excluded.
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// A part of the list.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Only files with a lower number.
    pub before: i64,
    /// The most files that are looked at, and the most that are returned.
    pub looked_at: i64,
    pub limit: i64,
}

/// A file.
#[derive(Debug)]
pub struct Item {
    /// The file's number, in the order of creation.
    pub seq: i64,
    pub id: String,
    pub kind: String,
    /// As it is stored: encrypted with the request's id as its additional data, or empty.
    pub prompt: String,
    pub request_id: String,
    pub model: String,
    pub key_id: Option<i64>,
    pub key_name: String,
    pub account_id: i64,
    pub account_deleted: bool,
    /// Empty if the account was deleted, or is a key of xAI's API.
    pub token_suffix: String,
    pub created_at: i64,
    pub state: String,
    pub content_type: Option<String>,
    pub size: Option<i64>,
    /// Of the copy in the cache, in Unix milliseconds.
    pub stored_at: Option<i64>,
    pub expires_at: Option<i64>,
}

/// The result of [`list`].
#[derive(Debug)]
pub struct Listed {
    pub items: Vec<Item>,
    /// Where the next page begins; `None` if nothing is left.
    pub next: Option<i64>,
}

/// SQL for the state of the file `m` with its copy `c` and its account `t`. Pictures on public hosts need no account.
const STATE: &str = "CASE WHEN c.seq IS NOT NULL THEN iif(m.is_kept, 'kept', 'stored')
     WHEN m.is_kept OR (t.id IS NULL AND instr(m.url, 'https://imagine-public.x.ai/') <> 1
                        AND instr(m.url, 'https://imgen.x.ai/') <> 1) THEN 'gone'
     WHEN m.size IS NULL THEN 'not_fetched' ELSE 'cleared' END";
/// SQL that is true if the file `m` fits the filter but for its state; parameters `?4` to `?9`.
const FITS: &str = "(?4 IS NULL OR m.kind = ?4) AND (?5 IS NULL OR m.model = ?5) AND (?6 IS NULL OR m.token_id = ?6)
   AND (?7 IS NULL OR m.key_id = ?7) AND (?8 IS NULL OR m.created_at >= ?8) AND (?9 IS NULL OR m.created_at < ?9)";

impl Filter {
    /// Returns the parameters from `?4` on.
    fn values(&self) -> [Value; 6] {
        [
            self.kind.map(MediaKind::name).into(),
            self.model.as_deref().into(),
            self.account_id.into(),
            self.key_id.into(),
            self.from.into(),
            self.to.into(),
        ]
    }
}

/// Returns one page of the files that fit, newest first. It looks at a limited number of files, so a page may have fewer
/// than asked for, even none, while more are left.
pub async fn list(db: &Db, filter: &Filter, page: Page, now: i64) -> Result<Listed> {
    let list = format!(
        "WITH seen AS MATERIALIZED (SELECT * FROM media WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2)
 SELECT l.count, l.seq, l.created_at, e.*
   FROM (SELECT count(*) AS count, min(seq) AS seq, min(created_at) AS created_at FROM seen) l
   LEFT JOIN (SELECT m.seq AS place, m.id, m.kind, m.prompt, m.request_id, m.model, m.key_id, m.key_name, m.token_id,
                     t.id IS NULL AS account_deleted, coalesce(t.suffix, '') AS suffix, m.created_at AS made, {STATE} AS state, m.content_type, m.size,
                     c.stored_at, c.expires_at
                FROM seen m
                LEFT JOIN media_copies c
                  ON c.media_id = m.id AND c.state <> 'cleared' AND c.state = 'stored' AND c.expires_at > ?3
                LEFT JOIN tokens t ON t.id = m.token_id
               WHERE {FITS} AND (?10 IS NULL OR {STATE} = ?10)
               ORDER BY m.seq DESC LIMIT ?11) e ON 1
  ORDER BY e.place DESC"
    );
    let mut values: Vec<Value> = vec![page.before.into(), page.looked_at.into(), now.into()];
    values.extend(filter.values());
    values.extend([filter.state.as_deref().into(), page.limit.into()]);
    let mut listed = Listed { items: Vec::new(), next: None };
    for row in db.query(&list, values).await? {
        let mut row = Columns::new(row);
        let (seen, lowest, oldest) = (row.integer()?, row.optional_integer()?, row.optional_integer()?);
        // Older files are not in the time that was asked for.
        let is_more =
            seen == page.looked_at && filter.from.is_none_or(|from| oldest.is_some_and(|oldest| oldest >= from));
        listed.next = lowest.filter(|_| is_more);
        if let Some(seq) = row.optional_integer()? {
            listed.items.push(item(seq, row)?);
        }
    }
    if listed.items.len() as i64 == page.limit {
        listed.next = listed.items.last().map(|item| item.seq);
    }
    Ok(listed)
}

fn item(seq: i64, mut row: Columns) -> Result<Item> {
    Ok(Item {
        seq,
        id: row.text()?,
        kind: row.text()?,
        prompt: row.text()?,
        request_id: row.text()?,
        model: row.text()?,
        key_id: row.optional_integer()?,
        key_name: row.text()?,
        account_id: row.integer()?,
        account_deleted: row.flag()?,
        token_suffix: row.text()?,
        created_at: row.integer()?,
        state: row.text()?,
        content_type: row.optional_text()?,
        size: row.optional_integer()?,
        stored_at: row.optional_integer()?,
        expires_at: row.optional_integer()?,
    })
}

/// Returns how many files fit, at most [`MAX_COUNTED`]; their state does not count.
pub async fn count(db: &Db, filter: &Filter) -> Result<i64> {
    // The parameters have the numbers that they have in the list.
    let count =
        format!("SELECT count(*) FROM (SELECT 1 FROM media m WHERE ?1 + ?2 + ?3 >= 0 AND {FITS} LIMIT {MAX_COUNTED})");
    let mut values: Vec<Value> = vec![0.into(), 0.into(), 0.into()];
    values.extend(filter.values());
    Columns::new(db.query_one(&count, values).await?.unwrap_or_default()).integer()
}

/// Deletes files: their links answer 404 from now on, and their copies are marked for deletion. Returns how many there
/// were. Two statements.
pub async fn delete(db: &Db, ids: &[String]) -> Result<u64> {
    const DELETE: &str = "DELETE FROM media WHERE id IN (SELECT value FROM json_each(?)) RETURNING 1";
    super::media_copies::clear_files(db, ids).await?;
    db.count_true(DELETE, vec![sql::json(&ids)?.into()]).await
}
