//! Table `media`: one row a picture or video of an answer.

use serde::Serialize;

use crate::{
    error::{Error, Result},
    grok::media::MediaKind,
};

use super::Db;

/// A file that an answer is about to name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMedia {
    pub id: String,
    pub kind: MediaKind,
    /// As the upstream names it: a path on its asset host, or a whole address.
    pub url: String,
    /// The owner.
    pub token_id: i64,
}

/// Adds all of them in one statement.
pub async fn add(db: &Db, now: i64, files: &[NewMedia]) -> Result<()> {
    const ADD: &str = "INSERT INTO media (id, kind, url, token_id, created_at)
 SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, ?2 FROM json_each(?1)";
    if files.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = files.iter().map(|f| (&f.id, name(f.kind), &f.url, f.token_id)).collect();
    db.run(ADD, vec![json(&rows)?.into(), now.into()]).await
}

/// A kind as the database names it.
pub fn name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
    }
}

pub(super) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::internal(format!("A list could not be written: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Value, native::NativeHost};

    #[test]
    fn the_files_of_an_answer_are_one_statement() {
        let host = NativeHost::new();
        let db = host.app().db.clone();
        host.run(async move {
            let file =
                |id: &str, kind, url: &str| NewMedia { id: id.to_owned(), kind, url: url.to_owned(), token_id: 7 };
            let files = [
                file("a", MediaKind::Image, "users/u/generated/g/image.jpg"),
                file("b", MediaKind::Video, "https://assets.grok.com/x?y=\"z'"),
            ];
            add(&db, 1000, &files).await.expect("they are new");
            let calls = db.meter().calls;
            add(&db, 2000, &[file("c", MediaKind::Image, "x")]).await.expect("it is new");
            assert_eq!(db.meter().calls - calls, 1);
            add(&db, 2000, &[]).await.expect("none is fine");
            assert_eq!(db.meter().calls - calls, 1, "nothing to add, nothing to ask");
            assert!(add(&db, 3000, &files).await.is_err(), "ids are unique");
        });
        let rows = host.sql("SELECT id, kind, url, token_id, created_at FROM media ORDER BY seq LIMIT 2", vec![]);
        let row = |id: &str, kind: &str, url: &str| -> Vec<Value> {
            vec![id.into(), kind.into(), url.into(), 7.into(), 1000.into()]
        };
        let expected =
            [row("a", "image", "users/u/generated/g/image.jpg"), row("b", "video", "https://assets.grok.com/x?y=\"z'")];
        assert_eq!(rows, expected);
    }
}
