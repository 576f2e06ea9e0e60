//! A fixture: facts that the test needs, as JSON in the first line, then one INSERT a line.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, config::DbConfig};
use serde::{Deserialize, Serialize};

use crate::{crypto::digest::sha256_hex, store::schema};

const FACTS: &str = "-- facts ";
const LEDGER: &str = "d1_migrations";
/// Where SQLite counts the ids it has given.
const COUNTERS: &str = "sqlite_sequence";

#[derive(Clone, Deserialize, Serialize)]
pub struct Facts {
    /// SHA-256 of the migration file.
    pub migration: String,
    pub session: String,
    /// Id and text of a key that is stored only as its hash, and of an encrypted one.
    pub key: (String, String),
    pub sealed_key: (String, String),
    /// In clear, by id.
    pub tokens: BTreeMap<i64, String>,
    /// What is served under which address.
    pub pictures: BTreeMap<String, String>,
    /// The key-value store.
    pub store: BTreeMap<String, String>,
}

impl Facts {
    pub fn parts(&self) -> impl Iterator<Item = (String, Vec<u8>)> {
        self.store.iter().map(|(key, value)| (key.clone(), value.clone().into_bytes()))
    }
}

pub struct Fixture {
    pub facts: Facts,
    inserts: Vec<String>,
}

/// Returns a table's rows, each as a list of SQL values.
#[derive(Debug, PartialEq, Eq)]
pub struct Rows {
    columns: String,
    /// An expression for one such list.
    list: String,
    pub rows: Vec<String>,
}

impl Rows {
    fn of(db: &Connection, table: &str) -> Self {
        let names = texts(db, &format!("SELECT name FROM pragma_table_info('{table}')"));
        let list = names.iter().map(|name| format!("quote({name})")).collect::<Vec<_>>().join(" || ', ' || ");
        let mut rows = Rows { columns: names.join(", "), list, rows: Vec::new() };
        rows.rows = rows.again(db, table);
        rows
    }

    /// The same columns as they are now. How many migrations were counted is the ledger's.
    pub fn again(&self, db: &Connection, table: &str) -> Vec<String> {
        let mut rows = texts(db, &format!("SELECT {} FROM {table} ORDER BY 1", self.list));
        rows.retain(|row| table != COUNTERS || !row.starts_with(&format!("'{LEDGER}', ")));
        rows
    }
}

impl Fixture {
    pub fn read(name: &str) -> Self {
        let path = path(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| {
            panic!("{} is missing: src/admin/tests/upgrades.rs describes how to write it", path.display())
        });
        let (facts, inserts) = text.split_once('\n').expect("it has lines");
        let facts = facts.strip_prefix(FACTS).expect("it begins with the facts");
        Fixture {
            facts: serde_json::from_str(facts).expect("the facts are JSON"),
            inserts: inserts.lines().map(str::to_owned).collect(),
        }
    }

    pub fn rows(&self) -> usize {
        self.inserts(false).count()
    }

    fn inserts(&self, of_counters: bool) -> impl Iterator<Item = &String> {
        let start = format!("INSERT INTO {COUNTERS} ");
        self.inserts.iter().filter(move |line| line.starts_with(&start) == of_counters)
    }

    /// Makes a database of that schema, with the data in it.
    pub fn load(&self, file: &Path, newest: &str) {
        let db = open(file);
        create(&db, newest);
        // What the triggers did is in the data already.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).expect("triggers can be turned off");
        self.inserts(false).for_each(|insert| run(&db, insert));
        // Inserting has counted; the counts of the fixture take its place.
        run(&db, &format!("DELETE FROM {COUNTERS} WHERE name <> '{LEDGER}'"));
        self.inserts(true).for_each(|insert| run(&db, insert));
    }
}

pub fn open(file: &Path) -> Connection {
    Connection::open(file).expect("the test's own file can be opened")
}

pub fn path(migration: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schema").join(migration)
}

/// Returns all tables except the record of migrations, which belongs to the schema.
pub fn tables(db: &Connection) -> BTreeMap<String, Rows> {
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'd1_migrations'
                    AND (name NOT LIKE 'sqlite_%' OR name = 'sqlite_sequence')";
    texts(db, names).into_iter().map(|name| (name.clone(), Rows::of(db, &name))).collect()
}

pub fn ledger(db: &Connection) -> Vec<String> {
    texts(db, &format!("SELECT name FROM {LEDGER} ORDER BY name"))
}

/// Writes what the product has stored in `file`, as far as a schema with this newest migration has room for it.
pub fn write(newest: &str, facts: &Facts, file: &Path) {
    let (full, schema) = (open(file), Connection::open_in_memory().expect("memory can be had"));
    create(&schema, newest);
    let known = tables(&schema);
    let mut facts = facts.clone();
    facts.migration = sha256_hex(sql(newest));
    if !known.contains_key("media") {
        facts.pictures.clear();
        facts.store.clear();
    }
    let mut text = format!("{FACTS}{}\n", serde_json::to_string(&facts).expect("texts are JSON"));
    for (table, rows) in &known {
        for row in rows.again(&full, table) {
            let of_table = |name: &String| row.starts_with(&format!("'{name}', "));
            if table == COUNTERS && !known.keys().any(of_table) {
                continue;
            }
            assert!(!row.contains('\n'), "one line a row: {row}");
            text += &format!("INSERT INTO {table} ({}) VALUES ({row})\n", rows.columns);
        }
    }
    let path = path(newest);
    std::fs::write(&path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

fn sql(migration: &str) -> &'static str {
    let known = schema::MIGRATIONS.iter().find(|(name, _)| *name == migration);
    known.unwrap_or_else(|| panic!("{migration} is not a migration")).1
}

/// The schema as a component with this newest migration would have made it.
fn create(db: &Connection, newest: &str) {
    run(db, schema::CREATE_LEDGER);
    for (name, sql) in schema::MIGRATIONS.iter().filter(|(name, _)| *name <= newest) {
        sql.split(schema::SEPARATOR).for_each(|statement| run(db, statement));
        run(db, &format!("INSERT INTO {LEDGER} (name) VALUES ('{name}')"));
    }
}

fn run(db: &Connection, sql: &str) {
    db.execute(sql, []).unwrap_or_else(|e| panic!("{e}: {sql}"));
}

fn texts(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(sql).unwrap_or_else(|e| panic!("{e}: {sql}"));
    let rows = statement.query_map([], |row| row.get(0)).expect("nothing is bound");
    rows.collect::<Result<_, _>>().unwrap_or_else(|e| panic!("{e}: {sql}"))
}
