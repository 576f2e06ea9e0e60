//! Encrypts secrets that were stored unencrypted, or with the previous `encryption_key`, with the current one. Secrets
//! that no key decrypts stay unchanged.
//!
//! The replaced texts remain in the database's file: in free pages, in the write-ahead log, in backups. If the host
//! allows it, the file is rewritten without them. Otherwise the settings warn if a replaced text was unencrypted.

use crate::{
    app::App,
    crypto::vault::{Vault, is_clear},
    error::Result,
    settings::Settings,
    store::{
        database,
        reseal::{self, Renewed, Replaced, Table},
        settings::{self, Change},
    },
};

/// Rows that one statement reads, and that one statement writes.
const BATCH: usize = 200;
/// Rows that one call encrypts on a Worker, within its 10 ms of CPU.
const ROWS_ON_WORKERS: usize = BATCH;
/// Rows that one call encrypts on other hosts, in about a second.
const ROWS: usize = 20_000;

/// Returns the name of the lease for encrypting with this vault's keys; `None` without a key, when there is nothing to
/// do. Another key has another lease, so a change of the key is noticed at once.
pub fn lease(vault: &Vault) -> Option<String> {
    vault.has_key().then(|| format!("sealing {}", vault.key_ids().join(" ")))
}

/// Encrypts secrets that are not encrypted with the current key, up to a number of rows. Returns whether more is left.
pub async fn run_batch(app: &App, vault: &Vault, stored: &Settings) -> Result<bool> {
    let mut work = Work { app, vault, left: ROWS_ON_WORKERS, is_more_allowed: false, noted: None };
    for table in Table::ALL {
        if work.seal(table).await? {
            return Ok(true);
        }
    }
    let grok = stored.grok.reencrypted(&*app.host, vault);
    if !grok.is_empty() {
        work.note(stored.grok.has_clear_secret()).await?;
        settings::save(&app.db, app.now_ms(), Change { grok, ..Change::default() }).await?;
    }
    rewrite(app).await?;
    Ok(false)
}

/// The progress of one call.
struct Work<'a> {
    app: &'a App,
    vault: &'a Vault,
    /// Rows that the call may still encrypt.
    left: usize,
    /// Whether `left` has already been raised to the share of a host without a Worker's limits.
    is_more_allowed: bool,
    /// The kind of replaced text that the database notes so far.
    noted: Option<Replaced>,
}

impl Work<'_> {
    /// Encrypts a table from its start. Returns whether the call has reached its limit of rows.
    async fn seal(&mut self, table: Table) -> Result<bool> {
        let previous = self.vault.previous_prefix();
        let mut after = 0;
        loop {
            let outdated = reseal::outdated(&self.app.db, table, previous.as_deref(), after, BATCH as i64).await?;
            let (found, last) = (outdated.len(), outdated.last().map(|row| row.id));
            let renewed: Vec<Renewed> = outdated
                .into_iter()
                .filter_map(|row| {
                    let clear = self.vault.unseal(&row.text, &row.hash)?;
                    Some(Renewed {
                        id: row.id,
                        new: self.vault.seal(&*self.app.host, &clear, &row.hash),
                        old: row.text,
                    })
                })
                .collect();
            if !renewed.is_empty() {
                self.note(renewed.iter().any(|row| is_clear(&row.old))).await?;
                reseal::renew(&self.app.db, table, &renewed).await?;
            }
            let Some(last) = last.filter(|_| found == BATCH) else { return Ok(false) };
            after = last;
            self.left = self.left.saturating_sub(renewed.len());
            if self.left == 0 && self.is_over().await? {
                return Ok(true);
            }
        }
    }

    /// Returns whether the call must stop: on a Worker now, on another host after [`ROWS`].
    async fn is_over(&mut self) -> Result<bool> {
        if self.is_more_allowed {
            return Ok(true);
        }
        self.is_more_allowed = true;
        self.left = ROWS - ROWS_ON_WORKERS;
        database::is_d1(&self.app.db).await
    }

    /// Notes that the file may keep the texts that are about to be replaced.
    async fn note(&mut self, has_clear_text: bool) -> Result<()> {
        let replaced = if has_clear_text { Replaced::ClearText } else { Replaced::OldSeal };
        if self.noted.is_none_or(|noted| replaced < noted) {
            reseal::note(&self.app.db, replaced).await?;
            self.noted = Some(replaced);
        }
        Ok(())
    }
}

/// Rewrites the database's file once after texts were replaced. If the host does not allow it, or the file is busy, the
/// note that [`reseal::overview`] reads remains.
async fn rewrite(app: &App) -> Result<()> {
    if !reseal::can_be_rewritten(&app.db).await? {
        return Ok(());
    }
    if let Err(error) = reseal::rewrite(&app.db, app.now_ms()).await {
        eprintln!(
            "texts that were stored unencrypted, or with the previous key, may remain in the database's file: {error}"
        );
    }
    Ok(())
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

    /// A database with two tokens, a key and a setting, all stored with `encryption_key`.
    fn gateway(encryption_key: &str) -> Rc<NativeHost> {
        let host = NativeHost::new();
        host.set_variable("encryption_key", encryption_key);
        let app = host.app();
        host.run(async move {
            let vault = Vault::open(&*app.host).await.expect("the key is long enough");
            crate::store::schema::migrate(&app.db).await.expect("the schema is sound");
            for (table, columns, hash) in [
                ("tokens", "suffix, token_type, created_at) VALUES (?, ?, 's', 'sso', 0)", "first"),
                ("tokens", "suffix, token_type, created_at) VALUES (?, ?, 's', 'sso', 0)", "second"),
                ("api_keys", "display, name, created_at) VALUES (?, ?, 'd', 'n', 0)", "key"),
            ] {
                let sealed = vault.seal(&*app.host, &format!("secret of {hash}"), hash);
                let sql = format!("INSERT INTO {table} (hash, sealed, {columns}");
                app.db.execute(&sql, vec![hash.into(), sealed.into()]).await.expect("a row can be added");
            }
            let clearance = vault.seal(&*app.host, "clearance", "settings");
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
            let vault = Vault::open(&*app.host).await.expect("the key is long enough");
            if lease(&vault).is_some() {
                run_batch(&app, &vault, &settings).await.expect("a slice can be sealed");
            }
        });
    }

    /// Returns all stored secrets, decrypted with this key.
    fn opened(host: &Rc<NativeHost>, key: &str) -> Vec<Option<String>> {
        host.set_variable("encryption_key", key);
        host.set_variable("encryption_key_previous", "");
        let texts = stored(host);
        let app = host.app();
        host.run(async move {
            let vault = Vault::open(&*app.host).await.expect("the key is long enough");
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
    fn unencrypted_secrets_are_encrypted_once_there_is_a_key() {
        let host = gateway("");
        run_slice(&host, "", "");
        assert!(stored(&host).iter().all(|(_, text)| text.starts_with("secret of")));
        run_slice(&host, NEW, "");
        assert!(stored(&host).iter().all(|(_, text)| text.starts_with("v1.")), "{:?}", stored(&host));
        assert_eq!(opened(&host, NEW), all());
        let first = stored(&host);
        run_slice(&host, NEW, "");
        assert_eq!(stored(&host), first, "encrypted texts stay as they are");
    }

    #[test]
    fn a_new_key_replaces_the_previous_one() {
        let host = gateway(OLD);
        run_slice(&host, NEW, OLD);
        assert_eq!(opened(&host, NEW), all());
        assert_eq!(opened(&host, OLD), [None, None, None, None]);
    }

    fn clear_text_may_remain(host: &Rc<NativeHost>) -> bool {
        let app = host.app();
        host.run(async move { reseal::overview(&app.db).await.expect("it runs").clear_text_may_remain })
    }

    #[test]
    fn the_file_is_rewritten_after_a_change_of_the_key() {
        let rewrites =
            |host: &Rc<NativeHost>| host.statements.borrow().iter().filter(|sql| sql.contains("secure_delete")).count();
        for owns_file in [true, false] {
            let host = gateway(OLD);
            host.owns_file.set(owns_file);
            run_slice(&host, NEW, OLD);
            assert_eq!((clear_text_may_remain(&host), rewrites(&host)), (false, 1));
            run_slice(&host, NEW, OLD);
            assert_eq!(rewrites(&host), if owns_file { 1 } else { 2 }, "it is tried until it succeeds");
            // A token that was never encrypted.
            store_in_clear(&host, 1);
            run_slice(&host, NEW, OLD);
            assert_eq!(clear_text_may_remain(&host), !owns_file);
        }
    }

    #[test]
    fn secrets_that_no_key_decrypts_stay_unchanged() {
        let host = gateway(OLD);
        let before = stored(&host);
        run_slice(&host, NEW, "");
        assert_eq!(stored(&host), before);
        assert_eq!(opened(&host, OLD), all());
    }

    /// Stores `count` tokens unencrypted, as a release without a key did.
    fn store_in_clear(host: &Rc<NativeHost>, count: i64) {
        host.sql(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
             INSERT INTO tokens (hash, sealed, suffix, token_type, created_at)
             SELECT 'hash-' || n, 'eyJ.IN-CLEAR.' || printf('%0200d', n), 's', 'sso', 0 FROM n",
            vec![count.into()],
        );
    }

    /// Returns the number of calls until nothing is left, and the maximum statements of one call.
    fn calls(host: &Rc<NativeHost>) -> (usize, usize) {
        let mut most = 0;
        for call in 1.. {
            host.statements.borrow_mut().clear();
            let app = host.app();
            let is_left = host.run(async move {
                let vault = Vault::open(&*app.host).await.expect("the key is long enough");
                let settings = stored_settings::read(&app.db).await.expect("settings can be read");
                run_batch(&app, &vault, &settings).await.expect("a slice can be sealed")
            });
            most = most.max(host.statements.borrow().len());
            if !is_left {
                return (call, most);
            }
        }
        unreachable!("each call seals some")
    }

    #[test]
    fn thousands_are_encrypted_in_few_calls_on_every_host() {
        for (is_worker, expected) in [(true, 11), (false, 1)] {
            let host = gateway("");
            if is_worker {
                host.sql("CREATE TABLE _cf_KV (key TEXT)", vec![]);
            }
            store_in_clear(&host, 2_100);
            host.set_variable("encryption_key", NEW);
            let (calls, most) = calls(&host);
            assert_eq!(calls, expected, "200 a call on a Worker");
            assert!(!is_worker || most <= 12, "{most} statements in a call; a Worker may send 50");
            assert_eq!(host.number("SELECT count(*) FROM tokens WHERE sealed LIKE '%IN-CLEAR%'"), 0);
        }
    }

    /// Returns all bytes of the database's files.
    fn on_disk(folder: &std::path::Path) -> Vec<u8> {
        let entries = std::fs::read_dir(folder).expect("it is there");
        entries.flat_map(|entry| std::fs::read(entry.expect("it is there").path()).expect("it can be read")).collect()
    }

    #[test]
    fn no_unencrypted_text_stays_in_a_rewritten_file() {
        for owns_file in [true, false] {
            let folder = std::env::temp_dir().join(format!("grok2api-sealing-{}-{owns_file}", std::process::id()));
            std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
            let host = NativeHost::on_file(&folder.join("database"));
            host.owns_file.set(true);
            let app = host.app();
            host.run(async move { crate::store::schema::migrate(&app.db).await.expect("the schema is sound") });
            host.owns_file.set(owns_file);
            store_in_clear(&host, 300);
            // Rows that were deleted before there was a key are in free pages.
            store_more(&host);
            let has_clear = |folder| on_disk(folder).windows(8).any(|bytes| bytes == b"IN-CLEAR");
            assert!(has_clear(&folder));
            host.set_variable("encryption_key", NEW);
            assert_eq!(calls(&host).0, 1);
            assert_eq!((has_clear(&folder), clear_text_may_remain(&host)), (!owns_file, !owns_file));
            drop(host);
            assert_eq!(has_clear(&folder), !owns_file, "also when the process has ended");
            std::fs::remove_dir_all(&folder).expect("it is the test's own");
        }
    }

    fn store_more(host: &Rc<NativeHost>) {
        host.sql("UPDATE tokens SET hash = 'kept-' || hash", vec![]);
        store_in_clear(host, 300);
        host.sql("DELETE FROM tokens WHERE hash NOT LIKE 'kept-%'", vec![]);
    }
}
