//! Table `responses`: answers of the Responses API that their clients may continue.
//!
//! A row has only the new items of its request and the answer, encrypted, and the id of the response that it continues.
//! The first response that is stored creates the table: the set-up of an empty database already takes all statements
//! that a request may send on D1.

use crate::{
    error::Result,
    host::{Row, Value},
};

use super::{Columns, Db, sql::json};

const TABLE: &str = "responses";
const CREATE: &str = "CREATE TABLE IF NOT EXISTS responses (
  seq        INTEGER PRIMARY KEY,        -- in the order of creation
  id         TEXT NOT NULL UNIQUE,
  key_id     INTEGER NOT NULL,           -- other keys do not see it
  previous   TEXT,                       -- the id of the response that it continues
  created_at INTEGER NOT NULL,
  size       INTEGER NOT NULL,           -- bytes of `sealed`
  sealed     TEXT NOT NULL
)";

/// Most responses of a dialogue, and most bytes of them together.
const MOST: i64 = 1_000;
const MOST_BYTES: i64 = 16 << 20;

/// A response to store.
#[derive(Debug)]
pub struct NewResponse {
    pub id: String,
    pub key_id: i64,
    pub previous: Option<String>,
    /// Unix milliseconds.
    pub created_at: i64,
    pub sealed: String,
}

/// A stored response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub id: String,
    pub previous: Option<String>,
    pub sealed: String,
}

/// The responses that a request needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The response that it continues, after those that this one continues.
    pub dialogue: Vec<Stored>,
    /// Others that it names.
    pub named: Vec<Stored>,
}

/// Stores a response in one statement, and two more if there has been none before.
pub async fn add(db: &Db, new: &NewResponse) -> Result<()> {
    const ADD: &str =
        "INSERT INTO responses (id, key_id, previous, created_at, size, sealed) VALUES (?, ?, ?, ?, ?, ?)";
    let values = || -> Vec<Value> {
        vec![
            new.id.as_str().into(),
            new.key_id.into(),
            new.previous.clone().into(),
            new.created_at.into(),
            (new.sealed.len() as i64).into(),
            new.sealed.as_str().into(),
        ]
    };
    if db.query_if_exists(TABLE, ADD, values()).await?.is_none() {
        db.execute(CREATE, vec![]).await?;
        db.execute(ADD, values()).await?;
    }
    Ok(())
}

/// Returns the dialogue that ends with the response `last`, and the responses `named`, as far as they belong to the key
/// with this SHA-256. A dialogue that is too long lacks its beginning.
pub async fn find(db: &Db, key_hash: &str, last: Option<&str>, named: &[String]) -> Result<Found> {
    const FIND: &str = "WITH RECURSIVE
   owner(id) AS (SELECT id FROM api_keys WHERE hash = ?2 AND is_active = 1),
   dialogue(id, previous, depth, bytes) AS (
     SELECT id, previous, 0, size FROM responses WHERE id = ?1 AND key_id = (SELECT id FROM owner)
     UNION ALL
     SELECT r.id, r.previous, depth + 1, bytes + r.size FROM dialogue JOIN responses r ON r.id = dialogue.previous
      WHERE r.key_id = (SELECT id FROM owner) AND depth < ?4 AND bytes + r.size <= ?5)
 SELECT r.id, r.previous, r.sealed, wanted.depth >= 0
   FROM (SELECT id, depth FROM dialogue
         UNION ALL SELECT DISTINCT value, -1 FROM json_each(?3) WHERE value NOT IN (SELECT id FROM dialogue)) wanted
   JOIN responses r ON r.id = wanted.id AND r.key_id = (SELECT id FROM owner)
  ORDER BY wanted.depth DESC";
    let values =
        vec![last.map(str::to_owned).into(), key_hash.into(), json(&named)?.into(), MOST.into(), MOST_BYTES.into()];
    let mut found = Found::default();
    for row in db.query_if_exists(TABLE, FIND, values).await?.unwrap_or_default() {
        let mut row = Columns::new(row);
        let stored = Stored { id: row.text()?, previous: row.optional_text()?, sealed: row.text()? };
        if row.flag()? { found.dialogue.push(stored) } else { found.named.push(stored) }
    }
    Ok(found)
}

/// Returns the response of this key; `None` if there is none.
pub async fn get(db: &Db, key_id: i64, id: &str) -> Result<Option<String>> {
    const GET: &str = "SELECT sealed FROM responses WHERE id = ?1 AND key_id = ?2";
    let rows = db.query_if_exists(TABLE, GET, vec![id.into(), key_id.into()]).await?.unwrap_or_default();
    rows.into_iter().next().map(|row: Row| Columns::new(row).text()).transpose()
}

/// Deletes the response of this key. Returns whether there was one.
pub async fn delete(db: &Db, key_id: i64, id: &str) -> Result<bool> {
    const DELETE: &str = "DELETE FROM responses WHERE id = ?1 AND key_id = ?2 RETURNING 1";
    let rows = db.query_if_exists(TABLE, DELETE, vec![id.into(), key_id.into()]).await?;
    Ok(rows.is_some_and(|rows| !rows.is_empty()))
}

/// Deletes responses that were made before this time, in Unix milliseconds, and the oldest ones until the others have at
/// most `bytes`; at most `limit` rows. Returns whether it deleted that many. It reads each row's size, so it must not run
/// every minute.
pub async fn prune(db: &Db, made_before: i64, bytes: i64, limit: i64) -> Result<bool> {
    const PRUNE: &str = "DELETE FROM responses WHERE seq IN (
   SELECT seq FROM (SELECT seq, created_at, sum(size) OVER (ORDER BY seq DESC) AS total FROM responses)
    WHERE created_at < ?1 OR total > ?2 ORDER BY seq LIMIT ?3) RETURNING 1";
    let rows = db.query_if_exists(TABLE, PRUNE, vec![made_before.into(), bytes.into(), limit.into()]).await?;
    Ok(rows.is_some_and(|rows| rows.len() as i64 >= limit))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::host::native::NativeHost;

    /// A database with two keys, `a` and `b`.
    fn host() -> Rc<NativeHost> {
        let host = NativeHost::new();
        let db = host.app().db.clone();
        host.run(async move { super::super::schema::migrate(&db).await }).expect("an empty database takes it");
        for (id, hash) in [(1, "a"), (2, "b")] {
            let sql = "INSERT INTO api_keys (id, hash, display, name, created_at) VALUES (?, ?, 'd', 'n', 0)";
            host.sql(sql, vec![id.into(), hash.into()]);
        }
        host.statements.borrow_mut().clear();
        host
    }

    fn store(host: &Rc<NativeHost>, id: &str, key_id: i64, previous: Option<&str>) {
        let db = host.app().db.clone();
        let previous = previous.map(str::to_owned);
        let new =
            NewResponse { id: id.to_owned(), key_id, previous, created_at: 1_000, sealed: format!("sealed {id}") };
        host.run(async move { add(&db, &new).await }).expect("it is stored");
    }

    fn found(host: &Rc<NativeHost>, key: &'static str, last: &'static str, named: &[&str]) -> (String, String) {
        let db = host.app().db.clone();
        let named: Vec<String> = named.iter().map(|id| (*id).to_owned()).collect();
        let found = host.run(async move { find(&db, key, Some(last), &named).await }).expect("it is read");
        let ids = |list: &[Stored]| list.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(" ");
        (ids(&found.dialogue), ids(&found.named))
    }

    #[test]
    fn the_first_response_creates_the_table() {
        let host = host();
        assert_eq!(found(&host, "a", "r1", &["r2"]), (String::new(), String::new()));
        assert_eq!(host.statements.borrow().len(), 1, "nothing is created to read nothing");
        store(&host, "r1", 1, None);
        host.statements.borrow_mut().clear();
        store(&host, "r2", 1, Some("r1"));
        assert_eq!(found(&host, "a", "r2", &[]).0, "r1 r2");
        assert_eq!(host.statements.borrow().len(), 2, "one to store, one to continue");
    }

    #[test]
    fn a_dialogue_belongs_to_one_key() {
        let host = host();
        store(&host, "r1", 1, None);
        store(&host, "r2", 1, Some("r1"));
        store(&host, "r3", 1, Some("r2"));
        store(&host, "s1", 2, Some("r1"));
        assert_eq!(found(&host, "a", "r3", &["r1", "s1", "none"]), ("r1 r2 r3".to_owned(), String::new()));
        assert_eq!(found(&host, "a", "r1", &["r3"]), ("r1".to_owned(), "r3".to_owned()));
        assert_eq!(found(&host, "b", "r3", &["r1"]), (String::new(), String::new()), "another key's");
        assert_eq!(found(&host, "b", "s1", &[]).0, "s1", "what it continues is another key's");
        host.sql("UPDATE api_keys SET is_active = 0", vec![]);
        assert_eq!(found(&host, "a", "r3", &[]).0, "");
    }

    #[test]
    fn a_response_is_read_and_deleted_by_its_key_only() {
        let host = host();
        store(&host, "r1", 1, None);
        let db = host.app().db.clone();
        host.run(async move {
            assert_eq!(get(&db, 1, "r1").await.expect("it runs").as_deref(), Some("sealed r1"));
            assert_eq!(get(&db, 2, "r1").await.expect("it runs"), None);
            assert!(!delete(&db, 2, "r1").await.expect("it runs"));
            assert!(delete(&db, 1, "r1").await.expect("it runs"));
            assert!(!delete(&db, 1, "r1").await.expect("it runs"));
        });
    }

    #[test]
    fn old_responses_and_those_beyond_the_bytes_go() {
        let host = host();
        let prune = |before: i64, bytes: i64, limit: i64| {
            let db = host.app().db.clone();
            host.run(async move { prune(&db, before, bytes, limit).await }).expect("it runs")
        };
        assert!(!prune(5_000, 0, 10), "nothing was stored yet");
        for n in 0..6 {
            store(&host, &format!("r{n}"), 1, None);
        }
        host.sql("UPDATE responses SET created_at = 10000 WHERE id <> 'r0'", vec![]);
        let ids = || host.sql("SELECT group_concat(id, ' ') FROM responses", vec![]);
        assert!(!prune(5_000, 1_000, 10));
        assert_eq!(ids(), [["r1 r2 r3 r4 r5".into()]]);
        assert!(prune(5_000, 2 * 9, 2), "two more are to go");
        assert!(!prune(5_000, 2 * 9, 2));
        assert_eq!(ids(), [["r4 r5".into()]]);
    }
}
