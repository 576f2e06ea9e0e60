"""What tests do to a database behind a host's back; all but `count` and `values` while no host has it open.

`database.py behind FILE MIGRATIONS N`  leaves the schema as it was before the newest migration, with the first N of its
                                        statements applied (a crash half-way)
`database.py older FILE MIGRATIONS FIXTURE`  leaves the schema and the data of a fixture of tests/fixtures/schema
`database.py newer FILE`                notes a migration that no release has
`database.py tokens FILE JSON`          adds rows of the table tokens, in clear and unchecked, as an early release stored them
`database.py count FILE TABLE`          prints how many rows there are
`database.py values FILE TABLE COLUMN`  prints the column as a JSON list, by row
"""

import hashlib
import json
import pathlib
import sqlite3
import sys

LEDGER = """CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)"""


def objects(db):
    """Ours: SQLite's own and the host's begin otherwise."""
    rows = db.execute("SELECT type, name FROM sqlite_master WHERE type IN ('view', 'table')").fetchall()
    return [(kind, name) for kind, name in rows if not name.startswith(("sqlite_", "_cf_"))]


def statements(path):
    return path.read_text().split("\n-- statement\n")


def emptied(file):
    db = sqlite3.connect(file, isolation_level=None)
    for kind, name in objects(db):
        db.execute(f'DROP {kind} "{name}"')
    db.execute(LEDGER)
    return db


def apply(db, paths):
    for path in paths:
        for statement in statements(path):
            db.execute(statement)
        db.execute("INSERT INTO d1_migrations (name) VALUES (?)", [path.name])


def left(db):
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def tokens(file, texts):
    db = sqlite3.connect(file, isolation_level=None)
    for text in json.loads(texts):
        values = [hashlib.sha256(text.encode()).hexdigest(), text, text[-6:]]
        db.execute("INSERT INTO tokens (hash, sealed, suffix, token_type, created_at) VALUES (?, ?, ?, 'sso', 0)", values)
    db.execute("DELETE FROM leases WHERE name = 'tokens-looked-at'")
    left(db)


def behind(file, migrations, half):
    *done, newest = sorted(pathlib.Path(migrations).glob("*.sql"))
    db = emptied(file)
    apply(db, done)
    for statement in statements(newest)[: int(half)]:
        db.execute(statement)
    left(db)


def older(file, migrations, fixture):
    fixture = pathlib.Path(fixture)
    db = emptied(file)
    apply(db, [path for path in sorted(pathlib.Path(migrations).glob("*.sql")) if path.name <= fixture.name])
    # What the triggers did is in the data already: they come back when it is in.
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f'DROP TRIGGER "{name}"')
    rows = [line for line in fixture.read_text().splitlines() if line.startswith("INSERT INTO ")]
    counters = [line for line in rows if line.startswith("INSERT INTO sqlite_sequence ")]
    for line in rows:
        if line not in counters:
            db.execute(line)
    db.execute("DELETE FROM sqlite_sequence WHERE name <> 'd1_migrations'")
    for line in counters + [sql for _, sql in triggers]:
        db.execute(line)
    # However long ago it was written: maintenance begins with the first request.
    db.execute("UPDATE settings SET value = json_set(value, '$.log_retention_days', 3650) WHERE section = 'global'")
    left(db)


def newer(file):
    db = sqlite3.connect(file, isolation_level=None)
    db.execute("INSERT INTO d1_migrations (name) VALUES ('9999_later.sql')")
    left(db)


def count(file, table):
    db = sqlite3.connect(file, timeout=10)
    print(db.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])
    db.close()


def values(file, table, column):
    db = sqlite3.connect(file, timeout=10)
    print(json.dumps([value for (value,) in db.execute(f'SELECT "{column}" FROM "{table}" ORDER BY rowid')]))
    db.close()


if __name__ == "__main__":
    {"behind": behind, "older": older, "newer": newer, "tokens": tokens, "count": count, "values": values}[sys.argv[1]](*sys.argv[2:])
