//! Changes to the accounts that a request names.

use serde::Deserialize;

use super::{NAMED, Named, invalid::no_token};
use crate::{
    error::Result,
    host::Value,
    store::{Columns, Db, sql::json},
};

/// Deletes the named accounts. Returns how many there were.
pub async fn delete(db: &Db, named: &Named) -> Result<usize> {
    change(db, named, "DELETE FROM tokens", None).await
}

/// How a list of tags changes the tags of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagChange {
    #[default]
    Replace,
    Add,
    Remove,
}

/// Changes the tags of the named accounts. Returns how many there are.
pub async fn set_tags(db: &Db, named: &Named, mode: TagChange, tags: &[String]) -> Result<usize> {
    let statement = match mode {
        TagChange::Replace => "UPDATE tokens SET tags = ?4",
        TagChange::Add => {
            "UPDATE tokens SET tags = (SELECT json_group_array(value) FROM (
               SELECT value FROM json_each(tokens.tags) UNION ALL
               SELECT value FROM json_each(?4) WHERE value NOT IN (SELECT value FROM json_each(tokens.tags))))"
        }
        TagChange::Remove => {
            "UPDATE tokens SET tags = (SELECT json_group_array(value) FROM json_each(tokens.tags)
                                        WHERE value NOT IN (SELECT value FROM json_each(?4)))"
        }
    };
    change(db, named, statement, Some(json(&tags)?.into())).await
}

/// Replaces the note of the named accounts. Returns how many there are.
pub async fn set_note(db: &Db, named: &Named, note: &str) -> Result<usize> {
    change(db, named, "UPDATE tokens SET note = ?4", Some(note.into())).await
}

/// Sets what each of the named keys of xAI's API may spend in a day, in ticks; `None` for no limit. Returns how many there are,
/// and how many accounts were named that are no keys.
pub async fn set_budget(db: &Db, named: &Named, budget: Option<i64>) -> Result<(usize, usize)> {
    let others = format!("SELECT count(*) FROM tokens WHERE {NAMED} AND read_type IS NOT 'xai'");
    let mut no_keys = 0;
    for params in named.params()? {
        let row = db.query_one(&others, params).await?.unwrap_or_default();
        no_keys += Columns::new(row).integer()? as usize;
    }
    let set = match no_keys {
        0 => change(db, named, "UPDATE tokens SET daily_budget = ?4", Some(budget.into())).await?,
        _ => 0,
    };
    Ok((set, no_keys))
}

/// Enables or disables the named accounts. Returns how many there are. An expired account becomes active when it is
/// enabled, and is soon read from Grok. An invalid row stays disabled.
pub async fn set_enabled(db: &Db, named: &Named, enabled: bool) -> Result<usize> {
    const SET: &str = concat!(
        "UPDATE tokens SET state = iif(?4 AND last_failure_reason <> '",
        no_token!(),
        "', \
        'active', 'disabled'), strikes = iif(?4 AND state <> 'active', 0, strikes), \
        read_due = iif(?4 AND state <> 'active', 0, read_due)"
    );
    change(db, named, SET, Some(enabled.into())).await
}

/// Sends a statement for the named accounts. Returns how many there are.
async fn change(db: &Db, named: &Named, statement: &str, value: Option<Value>) -> Result<usize> {
    let statement = format!("{statement} WHERE {NAMED} RETURNING id");
    let mut changed = 0;
    for mut params in named.params()? {
        params.extend(value.clone());
        changed += db.query(&statement, params).await?.len();
    }
    Ok(changed)
}
