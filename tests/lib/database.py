"""What tests do to a database behind a host's back.

`database.py behind FILE MIGRATIONS N`  leaves the schema as it was before the newest migration, with the first N of its
                                        statements applied (a crash half-way); for files that no host has open
`database.py tables FILE`               prints the tables, one a line
`database.py count FILE TABLE`          prints how many rows there are
"""

import pathlib
import sqlite3
import sys

LEDGER = """CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)"""


def objects(db):
    """Ours: SQLite's own and the host's begin otherwise."""
    rows = db.execute("SELECT type, name FROM sqlite_master WHERE type IN ('view', 'table')").fetchall()
    return [(kind, name) for kind, name in rows if not name.startswith(("sqlite_", "_cf_"))]


def behind(file, migrations, half):
    *done, newest = sorted(pathlib.Path(migrations).glob("*.sql"))
    db = sqlite3.connect(file, isolation_level=None)
    for kind, name in objects(db):
        db.execute(f'DROP {kind} "{name}"')
    db.execute(LEDGER)
    for path in done:
        for statement in path.read_text().split("\n-- statement\n"):
            db.execute(statement)
        db.execute("INSERT INTO d1_migrations (name) VALUES (?)", [path.name])
    for statement in newest.read_text().split("\n-- statement\n")[: int(half)]:
        db.execute(statement)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def tables(file):
    db = sqlite3.connect(file)
    print("\n".join(name for _, name in objects(db)))
    db.close()


def count(file, table):
    db = sqlite3.connect(file, timeout=10)
    print(db.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])
    db.close()


if __name__ == "__main__":
    {"behind": behind, "tables": tables, "count": count}[sys.argv[1]](*sys.argv[2:])
