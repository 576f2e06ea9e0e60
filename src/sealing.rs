//! Secrets that were stored before there was an `encryption_key`, or under the previous one, sealed with the one in
//! force. What no key at hand opens is left as it is.

use crate::{
    app::App,
    error::Result,
    secrets::Vault,
    settings::Settings,
    store::{
        seals::{self, Renewed, Table},
        settings::{self, Change},
    },
};

/// Rows of a table that one call looks at: what a Worker seals within its 10 ms of CPU.
const SLICE: i64 = 200;

/// Seals a slice of what is not sealed with the key in force, and tells whether there may be more that can be. Without
/// a key there is nothing to do.
pub async fn slice(app: &App, stored: &Settings) -> Result<bool> {
    let vault = Vault::open(app).await?;
    if !vault.has_key() {
        return Ok(false);
    }
    let mut is_left = false;
    let previous = vault.previous_prefix();
    for table in Table::ALL {
        let outdated = seals::outdated(&app.db, table, previous.as_deref(), SLICE).await?;
        let is_full = outdated.len() as i64 == SLICE;
        let renewed: Vec<Renewed> = outdated
            .into_iter()
            .filter_map(|row| {
                let clear = vault.unseal(&row.text, &row.hash)?;
                Some(Renewed { id: row.id, new: vault.seal(app, &clear, &row.hash), old: row.text })
            })
            .collect();
        if !renewed.is_empty() {
            seals::renew(&app.db, table, &renewed).await?;
            is_left |= is_full;
        }
    }
    let grok = stored.grok.sealed_anew(app, &vault);
    if !grok.is_empty() {
        settings::save(&app.db, app.now(), Change { grok, ..Change::default() }).await?;
    }
    Ok(is_left)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::{
        host::{Value, native::NativeHost},
        store::settings as stored_settings,
    };

    const OLD: &str = "the first key of all";
    const NEW: &str = "the key that came after";

    /// A database with two tokens, a key and a setting, all stored under `encryption_key`.
    fn gateway(encryption_key: &str) -> Rc<NativeHost> {
        let host = NativeHost::new();
        host.set_variable("encryption_key", encryption_key);
        let app = host.app();
        host.run(async move {
            let vault = Vault::open(&app).await.expect("the key is long enough");
            crate::store::schema::migrate(&app.db).await.expect("the schema is sound");
            for (table, columns, hash) in [
                ("tokens", "suffix, token_type, created_at) VALUES (?, ?, 's', 'sso', 0)", "first"),
                ("tokens", "suffix, token_type, created_at) VALUES (?, ?, 's', 'sso', 0)", "second"),
                ("api_keys", "display, name, created_at) VALUES (?, ?, 'd', 'n', 0)", "key"),
            ] {
                let sealed = vault.seal(&app, &format!("secret of {hash}"), hash);
                let sql = format!("INSERT INTO {table} (hash, sealed, {columns}");
                app.db.run(&sql, vec![hash.into(), sealed.into()]).await.expect("a row can be added");
            }
            let clearance = vault.seal(&app, "clearance", "settings");
            let grok = [("cf_clearance", Some(crate::settings::Scalar::Text(clearance)))].into();
            let change = Change { grok, ..Change::default() };
            stored_settings::save(&app.db, 0, change).await.expect("settings can be saved");
        });
        host
    }

    fn run_slice(host: &Rc<NativeHost>, current: &str, previous: &str) {
        host.set_variable("encryption_key", current);
        host.set_variable("encryption_key_previous", previous);
        let app = host.app();
        host.run(async move {
            let settings = stored_settings::read(&app.db).await.expect("settings can be read");
            slice(&app, &settings).await.expect("a slice can be sealed");
        });
    }

    /// Everything that is stored, as the key in force opens it.
    fn opened(host: &Rc<NativeHost>, key: &str) -> Vec<Option<String>> {
        host.set_variable("encryption_key", key);
        host.set_variable("encryption_key_previous", "");
        let texts = stored(host);
        let app = host.app();
        host.run(async move {
            let vault = Vault::open(&app).await.expect("the key is long enough");
            let settings = stored_settings::read(&app.db).await.expect("settings can be read");
            let mut opened: Vec<_> = texts.iter().map(|(hash, text)| vault.unseal(text, hash)).collect();
            opened.push(settings.grok.cf_clearance.open(&vault));
            opened
        })
    }

    fn stored(host: &Rc<NativeHost>) -> Vec<(String, String)> {
        let sql = "SELECT hash, sealed FROM tokens UNION ALL SELECT hash, sealed FROM api_keys";
        let pair = |row: Vec<Value>| match <[Value; 2]>::try_from(row) {
            Ok([Value::Text(hash), Value::Text(text)]) => (hash, text),
            other => panic!("{other:?}"),
        };
        host.sql(sql, vec![]).into_iter().map(pair).collect()
    }

    fn all() -> Vec<Option<String>> {
        ["secret of first", "secret of second", "secret of key", "clearance"].map(|text| Some(text.to_owned())).into()
    }

    #[test]
    fn what_was_stored_in_clear_is_sealed_once_there_is_a_key() {
        let host = gateway("");
        run_slice(&host, "", "");
        assert!(stored(&host).iter().all(|(_, text)| text.starts_with("secret of")));
        run_slice(&host, NEW, "");
        assert!(stored(&host).iter().all(|(_, text)| text.starts_with("v1.")), "{:?}", stored(&host));
        assert_eq!(opened(&host, NEW), all());
        let first = stored(&host);
        run_slice(&host, NEW, "");
        assert_eq!(stored(&host), first, "what is sealed stays as it is");
    }

    #[test]
    fn a_new_key_takes_over_what_the_previous_one_sealed() {
        let host = gateway(OLD);
        run_slice(&host, NEW, OLD);
        assert_eq!(opened(&host, NEW), all());
        assert_eq!(opened(&host, OLD), [None, None, None, None]);
    }

    #[test]
    fn what_no_key_opens_is_left_alone() {
        let host = gateway(OLD);
        let before = stored(&host);
        run_slice(&host, NEW, "");
        assert_eq!(stored(&host), before);
        assert_eq!(opened(&host, OLD), all());
    }
}
