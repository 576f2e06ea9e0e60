//! Upgrades: data of each earlier schema still exists, and is used, after this component has upgraded it.
//!
//! `tests/fixtures/schema` holds one file a migration: data that the product wrote while that migration was its newest.
//! Write the file of a new migration once, and never change it:
//!
//! ```sh
//! cargo test -p grok2api --lib -- --ignored write_the_missing_fixtures
//! ```

use std::path::{Path, PathBuf};

use super::*;
use crate::{
    crypto::digest::sha256_hex,
    host::{Host, native::Answer as Upstream},
    store::schema::MIGRATIONS,
};

mod fill;
mod fixture;

use fixture::Fixture;

/// Tables that a later schema does without: rests by the names of models end with the upgrade.
const RETIRED: [&str; 1] = ["token_cooldowns"];

/// The folder of one test's database files.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("grok2api-{}-{test}", std::process::id()));
        std::fs::create_dir(&path).expect("no other test has this name");
        Folder(path)
    }

    /// A database file as a gateway of that schema left it.
    fn database(&self, name: &str, fixture: &Fixture) -> PathBuf {
        let path = self.0.join(name);
        fixture.load(&path, name);
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// One gateway on that file.
fn gateway(path: &Path, fixture: &Fixture) -> Console {
    let host = NativeHost::on_file(path);
    // The ids in the fixture come from the start of the same generator.
    host.random(&mut [0; 1 << 16]);
    host.set_variable("password_iterations", "1000");
    host.set_variable("encryption_key", fill::ENCRYPTION_KEY);
    host.kv.borrow_mut().extend(fixture.facts.parts());
    host.on_send(|request| Ok(fill::upstream(request)));
    host.on_connect(fill::server);
    let mut console = Console { host, headers: HeaderMap::new() };
    console.header("authorization", &format!("Bearer {}", fixture.facts.session));
    console
}

fn each(purpose: &str, test: impl Fn(&str, &Fixture, &Path)) {
    let folder = Folder::new(purpose);
    for (name, _) in MIGRATIONS {
        let fixture = Fixture::read(name);
        test(name, &fixture, &folder.database(name, &fixture));
    }
}

#[test]
fn every_migration_file_is_compiled_in() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let files = std::fs::read_dir(folder).expect("the folder is there");
    let mut names: Vec<String> =
        files.map(|file| file.expect("it can be listed").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, MIGRATIONS.map(|(name, _)| name), "list them in src/store/schema.rs");
}

#[test]
fn a_migration_under_which_data_was_written_never_changes() {
    for (name, sql) in MIGRATIONS {
        assert_eq!(
            sha256_hex(sql),
            Fixture::read(name).facts.migration,
            "migrations/{name} is not what databases out there were made with: take the change back, and make a new migration"
        );
    }
}

#[test]
fn every_table_of_a_schema_has_data_in_its_fixture() {
    each("tables", |name, _, path| {
        for (table, rows) in fixture::tables(&fixture::open(path)) {
            assert!(!rows.rows.is_empty(), "{table} is empty in the fixture of {name}: let fill.rs write to it");
        }
    });
}

#[test]
fn every_row_outlives_the_upgrade() {
    each("rows", |name, fixture, path| {
        let before = fixture::tables(&fixture::open(path));
        let host = NativeHost::on_file(path);
        let app = host.app();
        host.run(async move { crate::store::schema::migrate(&app.db).await.expect("it can be upgraded") });
        let db = fixture::open(path);
        // The turn of the upgrade, which ends by itself.
        db.execute("DELETE FROM leases WHERE name = 'upgrade'", []).expect("the table is there");
        assert_eq!(fixture::ledger(&db), MIGRATIONS.map(|(name, _)| name));
        for (table, rows) in before.iter().filter(|(table, _)| !RETIRED.contains(&table.as_str())) {
            assert_eq!(rows.again(&db, table), rows.rows, "{table}, from {name}");
        }
        let inserted: usize = fixture::tables(&db).values().map(|rows| rows.rows.len()).sum();
        assert!(inserted >= fixture.rows(), "{name}");
    });
}

#[test]
fn the_console_reads_all_of_it_in_the_session_of_before() {
    each("console", |name, fixture, path| {
        let console = gateway(path, fixture);
        let facts = &fixture.facts;
        let tokens = console.get("/api/tokens").ok().body;
        assert_eq!(tokens["total"], facts.tokens.len(), "{name}");
        for (id, token) in &facts.tokens {
            let shown = console.post("/api/tokens/reveal", json!({ "id": id })).ok().body;
            assert_eq!(shown["data"]["token"], **token, "{name}");
        }
        let states = |state| console.get(&format!("/api/tokens?state={state}")).ok().body["total"].clone();
        let cooling = i64::from(name >= "0005");
        assert_eq!((states("cooling"), states("disabled")), (json!(cooling), json!(1)), "{name}");
        let tagged = console.get(&format!("/api/tokens?tag={}", fill::TAG)).ok().body;
        assert_eq!(tagged["data"][0]["note"], fill::NOTE, "{name}");

        let revealed =
            |id: &str| console.post("/api/keys/reveal", json!({ "id": id.parse::<i64>().expect("a number") }));
        assert_eq!(revealed(&facts.sealed_key.0).ok().body["data"]["key"], *facts.sealed_key.1, "{name}");
        assert_eq!(revealed(&facts.key.0).refusal().0, 409, "{name}: a hash alone");

        let settings = console.get("/api/settings").ok().body;
        assert_eq!(settings["data"]["global"]["base_url"], fill::BASE_URL, "{name}");
        assert_eq!(
            (&settings["data"]["grok"]["cf_clearance_set"], &settings["unreadable"]),
            (&json!(true), &json!([]))
        );
        let logs = console.get("/api/logs").ok().body;
        assert_eq!(logs["data"].as_array().map(Vec::len), Some(fill::CHATS), "{name}");
        let stats = console.get("/api/request-stats").ok().body;
        let counted = stats["data"]["models"].as_array().expect("a list").iter();
        assert_eq!(counted.filter_map(|row| row["count"].as_u64()).sum::<u64>(), fill::CHATS as u64, "{stats}");
    });
}

#[test]
fn clients_go_on_with_their_keys_and_their_pictures() {
    each("clients", |name, fixture, path| {
        let mut console = gateway(path, fixture);
        let facts = &fixture.facts;
        for key in [&facts.key.1, &facts.sealed_key.1, fill::SETTING_KEY] {
            console.header("authorization", &format!("Bearer {key}"));
            let answer = console.post("/v1/chat/completions", fill::question());
            assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.body);
        }
        let sockets = console.host.sockets.handshakes.borrow();
        let asked: Vec<String> = sockets.iter().map(|socket| fill::token_of(&socket.headers)).collect();
        assert!(asked.iter().all(|token| facts.tokens.values().any(|known| known == token)), "{name}: {asked:?}");
        // Earlier releases stored rests by names of models, which end with the upgrade.
        let rests = name >= "0005";
        assert!(!rests || !asked.iter().any(|token| token == fill::LIMITED), "{name}: it still rests");
        drop(sockets);
        for (address, bytes) in &facts.pictures {
            console.host.requests.borrow_mut().clear();
            assert_eq!(fill::picture(&console, address), bytes.as_bytes(), "{name}: {address}");
            assert!(console.host.requests.borrow().is_empty(), "{name}: {address} was in the cache");
        }
        console.host.settle();
        let signed_in = console.login(fill::PASSWORD);
        assert_eq!(
            (signed_in.status, &signed_in.body["must_change_password"]),
            (StatusCode::OK, &json!(false)),
            "{name}"
        );
    });
}

#[test]
fn a_newer_database_is_refused_and_left_as_it_is() {
    let (name, _) = MIGRATIONS[MIGRATIONS.len() - 1];
    let fixture = Fixture::read(name);
    let folder = Folder::new("newer");
    let path = folder.database(name, &fixture);
    let db = fixture::open(&path);
    db.execute("INSERT INTO d1_migrations (name) VALUES ('9999_later.sql')", []).expect("a row can be added");
    let before = fixture::tables(&db);
    let mut console = gateway(&path, &fixture);
    let refused = console.get("/api/tokens");
    assert_eq!(refused.refusal(), (503, "database_newer", ""));
    let message = refused.body["message"].as_str().expect("a sentence");
    assert!(message.contains("9999_later.sql") && message.contains(name) && message.contains("backup"), "{message}");
    console.header("authorization", &format!("Bearer {}", fixture.facts.key.1));
    assert_eq!(console.post("/v1/chat/completions", fill::question()).body["error"]["code"], "database_newer");
    console.host.settle();
    assert_eq!(fixture::tables(&db), before);
}

#[test]
#[ignore = "writes into the repository: run it once for a new migration"]
fn write_the_missing_fixtures() {
    let missing: Vec<&str> =
        MIGRATIONS.iter().map(|(name, _)| *name).filter(|name| !fixture::path(name).exists()).collect();
    if let Some(newest) = missing.last() {
        let folder = Folder::new("fill");
        let path = folder.0.join("full");
        let facts = fill::fill(&path);
        for name in &missing {
            fixture::write(name, &facts, &path);
        }
        println!("written up to {newest}");
    }
}
