//! Table `media`: one row for each picture or video of an answer.

use crate::{
    error::Result,
    media::{kind::MediaKind, media_type::MediaType},
    settings::Settings,
};

use super::{Columns, Db, media_copies::CachedCopy, sql::json};

/// A file that an answer is about to link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMedia {
    pub id: String,
    pub kind: MediaKind,
    /// The provider's name of the file: a path on its asset host, or a whole address. Empty if no host serves it.
    pub url: String,
}

/// What all files of an answer share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The account that made the files.
    pub token_id: i64,
    pub request_id: String,
    /// Encrypted, with the request's id as its additional data; empty if prompts are not kept.
    pub prompt: String,
    pub model: String,
    pub key_id: i64,
    pub key_name: String,
}

/// Adds the files of an answer in one statement, none if the list is empty.
pub async fn add(db: &Db, now: i64, answer: &Answer, files: &[NewMedia]) -> Result<()> {
    const ADD: &str =
        "INSERT INTO media (id, kind, url, is_kept, created_at, token_id, request_id, prompt, model, key_id, key_name)
 SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 2 = '', ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM json_each(?1)";
    if files.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = files.iter().map(|f| (&f.id, f.kind.name(), &f.url)).collect();
    let Answer { token_id, request_id, prompt, model, key_id, key_name } = answer;
    let mut values = vec![json(&rows)?.into(), now.into(), (*token_id).into()];
    values.extend([request_id, prompt, model].map(|text| text.as_str().into()));
    values.extend([(*key_id).into(), key_name.as_str().into()]);
    db.execute(ADD, values).await
}

/// All that a request for a file needs.
#[derive(Debug, Clone)]
pub struct File {
    pub id: String,
    pub kind: MediaKind,
    /// As in [`NewMedia::url`].
    pub url: String,
    /// Whether no host serves the file, so that its copy is the only one.
    pub is_kept: bool,
    /// The account that made it.
    pub account_id: i64,
    /// Unix milliseconds.
    pub created_at: i64,
    /// `None` if the file was never fetched, or if an earlier release stored a type that is not served.
    pub facts: Option<Facts>,
    /// The copy in the key-value store, complete or still being written, if it has not expired.
    pub copy: Option<CachedCopy>,
    /// `None` if the account that made the file was deleted.
    pub owner: Option<Owner>,
    pub settings: Settings,
}

/// Facts about a file, which never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub content_type: MediaType,
    pub etag: String,
    /// Bytes.
    pub size: u64,
}

/// The token of the account that made a file, as stored.
#[derive(Debug, Clone)]
pub struct Owner {
    pub hash: String,
    pub sealed: String,
}

/// Returns the file with this id and kind, in one statement; `None` if there is none.
pub async fn find(db: &Db, id: &str, kind: MediaKind, now: i64) -> Result<Option<File>> {
    const FIND: &str = "SELECT m.url, m.is_kept, m.token_id, m.created_at, m.content_type, m.etag, m.size,
       c.seq, c.state, c.stored_at, t.hash, t.sealed,
       (SELECT value FROM settings WHERE section = 'global'),
       (SELECT value FROM settings WHERE section = 'grok')
  FROM media m
  LEFT JOIN media_copies c ON c.media_id = m.id AND c.state <> 'cleared' AND c.expires_at > ?3
  LEFT JOIN tokens t ON t.id = m.token_id
 WHERE m.id = ?1 AND m.kind = ?2";
    let Some(row) = db.query_one(FIND, vec![id.into(), kind.name().into(), now.into()]).await? else { return Ok(None) };
    let mut row = Columns::new(row);
    let (url, is_kept, account_id, created_at) = (row.text()?, row.flag()?, row.integer()?, row.integer()?);
    let facts = match (row.optional_text()?, row.optional_text()?, row.optional_integer()?) {
        (Some(content_type), Some(etag), Some(size)) => {
            MediaType::parse(&content_type).map(|content_type| Facts { content_type, etag, size: size as u64 })
        }
        _ => None,
    };
    let copy = CachedCopy::optional(&mut row)?;
    let owner = match (row.optional_text()?, row.optional_text()?) {
        (Some(hash), Some(sealed)) => Some(Owner { hash, sealed }),
        _ => None,
    };
    let settings = Settings::from_sections(row.optional_text()?.as_deref(), row.optional_text()?.as_deref());
    Ok(Some(File { id: id.to_owned(), kind, url, is_kept, account_id, created_at, facts, copy, owner, settings }))
}

/// Stores the facts about a file that is not cached.
pub async fn note(db: &Db, id: &str, facts: &Facts) -> Result<()> {
    const NOTE: &str = "UPDATE media SET content_type = ?2, etag = ?3, size = ?4 WHERE id = ?1";
    let Facts { content_type, etag, size } = facts;
    db.execute(NOTE, vec![id.into(), content_type.as_str().into(), etag.as_str().into(), (*size as i64).into()]).await
}

/// Deletes files that were made before this time, in Unix milliseconds; their links answer 404 from now on. Checks the
/// oldest `limit` files only, and returns whether it deleted all of these. A file with a cached copy stays until the
/// parts of the copy are deleted.
pub async fn forget(db: &Db, made_before: i64, limit: i64) -> Result<bool> {
    const FORGET: &str = "DELETE FROM media WHERE seq IN (
   SELECT seq FROM (SELECT seq, id, created_at FROM media ORDER BY seq LIMIT ?2) m
    WHERE created_at < ?1 AND NOT EXISTS (SELECT 1 FROM media_copies c WHERE c.media_id = m.id AND c.state <> 'cleared'))
 RETURNING 1";
    db.execute_batch(limit, FORGET, vec![made_before.into(), limit.into()]).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Value, native::NativeHost};

    #[test]
    fn all_files_of_an_answer_are_one_statement() {
        let host = NativeHost::new();
        let db = host.app().db.clone();
        host.run(async move {
            let file = |id: &str, kind, url: &str| NewMedia { id: id.to_owned(), kind, url: url.to_owned() };
            let answer = Answer { token_id: 7, request_id: "req_1".to_owned(), ..Answer::default() };
            let files = [
                file("a", MediaKind::Image, "users/u/generated/g/image.jpg"),
                file("b", MediaKind::Video, "https://assets.grok.com/x?y=\"z'"),
            ];
            add(&db, 1000, &answer, &files).await.expect("they are new");
            let calls = db.meter().calls;
            add(&db, 2000, &answer, &[file("c", MediaKind::Image, "")]).await.expect("it is new");
            assert_eq!(db.meter().calls - calls, 1);
            add(&db, 2000, &answer, &[]).await.expect("none is fine");
            assert_eq!(db.meter().calls - calls, 1, "an empty list sends no statement");
            assert!(add(&db, 3000, &answer, &files).await.is_err(), "ids are unique");
        });
        let rows = host.sql("SELECT id, kind, url, token_id, created_at FROM media ORDER BY seq LIMIT 2", vec![]);
        let row = |id: &str, kind: &str, url: &str| -> Vec<Value> {
            vec![id.into(), kind.into(), url.into(), 7.into(), 1000.into()]
        };
        let expected =
            [row("a", "image", "users/u/generated/g/image.jpg"), row("b", "video", "https://assets.grok.com/x?y=\"z'")];
        assert_eq!(rows, expected);
        let kept = host.sql("SELECT id, request_id FROM media WHERE is_kept = 1", vec![]);
        assert_eq!(kept, [["c", "req_1"].map(Value::from).to_vec()], "only a file without an address is kept");
    }
}
