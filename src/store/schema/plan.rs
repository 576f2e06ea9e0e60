//! The statements of an upgrade, without detours: what a later migration drops is not created first, and a column that a
//! later one adds to a new table is created with it. So an empty database on D1 is set up within one request.
//!
//! Pure. A test compares the schema with that of all statements.

/// Statements that a request on D1 may send for migrations; the rest is for the request itself.
const FITTING: usize = 43;

/// Returns how many of these migrations, each with its name, a request on D1 can apply: one at least.
pub fn fitting(migrations: &[(&str, &str)]) -> usize {
    let sql: Vec<&str> = migrations.iter().map(|(_, sql)| *sql).collect();
    (1..=sql.len()).rev().find(|count| statements(&sql[..*count]).len() <= FITTING).unwrap_or(1)
}

/// Returns the statements of these migrations in order, without those that a later one undoes.
pub fn statements(migrations: &[&str]) -> Vec<String> {
    let mut planned: Vec<String> = Vec::new();
    for statement in migrations.iter().flat_map(|sql| sql.split(super::SEPARATOR)) {
        let undone = match words(statement)[..] {
            ["DROP", kind, "IF", "EXISTS", name] => undo(&mut planned, kind, name),
            ["ALTER", "TABLE", table, "ADD", "COLUMN", ..] => fold(&mut planned, table, statement),
            _ => false,
        };
        if !undone {
            planned.push(statement.to_owned());
        }
    }
    planned
}

/// The words that show what a statement does, and one to see whether there are more.
const FIRST: usize = 9;

/// Returns the first words of a statement, without comments and the `;` at its end.
fn words(statement: &str) -> Vec<&str> {
    let lines = statement.lines().filter(|line| !line.starts_with("--"));
    lines.flat_map(|line| line.trim_end_matches(';').split_whitespace()).take(FIRST).collect()
}

/// Removes the statement that creates this object, and those of the triggers on a dropped view. Returns false if the
/// object is not among them: the database may have it.
fn undo(planned: &mut Vec<String>, kind: &str, name: &str) -> bool {
    let count = planned.len();
    planned.retain(|statement| match words(statement)[..] {
        ["CREATE", created, found, ..] if created == kind && found == name => false,
        ["CREATE", "TRIGGER", _, "INSTEAD", "OF", "INSERT", "ON", view, ..] => view != name,
        _ => true,
    });
    planned.len() < count
}

/// Adds a column to the statement that creates its table. Returns false if the table is not among them.
fn fold(planned: &mut [String], table: &str, statement: &str) -> bool {
    let creates = |statement: &&mut String| words(statement).starts_with(&["CREATE", "TABLE", table]);
    let Some(create) = planned.iter_mut().find(creates) else { return false };
    let (_, column) = statement.split_once("ADD COLUMN ").expect("the statement adds a column");
    let column = column.trim_end().trim_end_matches(';');
    // The table's own key comes after all columns.
    if let Some(key) = create.find("\n  PRIMARY KEY (") {
        create.insert_str(key, &format!("\n  {column},"));
        return true;
    }
    let end = create.rfind(')').expect("a list of columns ends with a bracket");
    let rest = create.split_off(end);
    *create = format!("{},\n  {column}\n{rest}", create.trim_end());
    true
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::store::schema::{MIGRATIONS, SEPARATOR};

    /// Returns every table with its columns, and the text of every other object.
    fn schema(statements: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
        let db = Connection::open_in_memory().expect("it opens");
        for statement in statements {
            db.execute(statement.as_ref(), []).unwrap_or_else(|e| panic!("{e}: {}", statement.as_ref()));
        }
        let read = |sql: &str| {
            let mut query = db.prepare(sql).expect("it is sound");
            let rows = query.query_map([], |row| row.get::<_, String>(0)).expect("it is read");
            rows.map(|row| row.expect("it is a text")).collect::<Vec<_>>()
        };
        let mut all = read(
            "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master WHERE type <> 'table' ORDER BY 1",
        );
        all.extend(read(
            "SELECT t.name || '.' || c.name || ' ' || c.type || c.\"notnull\" || coalesce(c.dflt_value, '') || c.pk || c.hidden
               FROM sqlite_master t, pragma_table_xinfo(t.name) c WHERE t.type = 'table' ORDER BY 1",
        ));
        all
    }

    #[test]
    fn the_short_way_leads_to_the_same_schema() {
        let all = MIGRATIONS.map(|(_, sql)| sql);
        let planned = statements(&all);
        let every = all.iter().flat_map(|sql| sql.split(SEPARATOR));
        assert!(planned.len() < every.clone().count());
        assert_eq!(schema(planned), schema(every));
    }

    /// On D1 each statement is one of the 50 subrequests of a request.
    #[test]
    fn an_empty_database_and_each_migration_fit_into_a_request() {
        assert_eq!(fitting(&MIGRATIONS), MIGRATIONS.len(), "an empty database");
        for first in 0..MIGRATIONS.len() {
            let mut rest = &MIGRATIONS[first..];
            let mut requests = 0;
            while !rest.is_empty() {
                let (now, later) = rest.split_at(fitting(rest));
                let sql: Vec<&str> = now.iter().map(|(_, sql)| *sql).collect();
                let count = statements(&sql).len();
                assert!(count <= FITTING, "{count} statements from {} on", now[0].0);
                (rest, requests) = (later, requests + 1);
            }
            // The schema of the first release needs three.
            assert!(
                requests <= 2 + usize::from(first == 1),
                "{requests} requests upgrade what lacks {}",
                MIGRATIONS[first].0
            );
        }
    }

    #[test]
    fn what_the_database_may_have_is_dropped_and_altered() {
        let upgrade = ["DROP VIEW IF EXISTS old;\n-- statement\nALTER TABLE kept ADD COLUMN a TEXT;"];
        assert_eq!(statements(&upgrade), ["DROP VIEW IF EXISTS old;", "ALTER TABLE kept ADD COLUMN a TEXT;"]);
    }
}
