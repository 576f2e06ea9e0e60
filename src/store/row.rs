//! Reads the columns of a row in order and checks their types.

use crate::{
    error::{Error, Result},
    host::{Row, Value},
};

/// The columns of one row, read from left to right.
pub struct Columns(std::vec::IntoIter<Value>);

impl Columns {
    /// Returns the columns of a row, starting with the first.
    pub fn new(row: Row) -> Self {
        Columns(row.into_iter())
    }

    /// Returns the next column. Fails with 500 if it is not a text.
    pub fn text(&mut self) -> Result<String> {
        self.optional_text()?.ok_or_else(|| mismatch("text", &Value::Null))
    }

    /// Returns the next column, `None` for NULL. Fails with 500 if it is of another type.
    pub fn optional_text(&mut self) -> Result<Option<String>> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            other => Err(mismatch("text", &other)),
        }
    }

    /// Returns the next column. Fails with 500 if it is not an integer.
    pub fn integer(&mut self) -> Result<i64> {
        self.optional_integer()?.ok_or_else(|| mismatch("an integer", &Value::Null))
    }

    /// Returns the next column, `None` for NULL. Fails with 500 if it is of another type.
    pub fn optional_integer(&mut self) -> Result<Option<i64>> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Integer(number) => Ok(Some(number)),
            // D1 returns every number as a double, which is exact below 2^53.
            Value::Real(number) if number.fract() == 0.0 => Ok(Some(number as i64)),
            other => Err(mismatch("an integer", &other)),
        }
    }

    /// Returns whether the next column is not 0. Fails with 500 if it is not an integer.
    pub fn flag(&mut self) -> Result<bool> {
        Ok(self.integer()? != 0)
    }

    fn next(&mut self) -> Result<Value> {
        self.0.next().ok_or_else(|| Error::internal("A row has fewer columns than expected"))
    }
}

fn mismatch(expected: &str, found: &Value) -> Error {
    eprintln!("database: expected {expected} in a column, found {found:?}");
    Error::internal("The database contains a value of another type than its schema defines: see the host's log")
}
