//! Reading a row's columns in order, with their types checked.

use crate::{
    error::{Error, Result},
    host::{Row, Value},
};

/// The columns of one row, taken from left to right.
pub struct Columns(std::vec::IntoIter<Value>);

impl Columns {
    pub fn new(row: Row) -> Self {
        Columns(row.into_iter())
    }

    pub fn text(&mut self) -> Result<String> {
        self.optional_text()?.ok_or_else(|| mismatch("text", &Value::Null))
    }

    pub fn optional_text(&mut self) -> Result<Option<String>> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            other => Err(mismatch("text", &other)),
        }
    }

    pub fn integer(&mut self) -> Result<i64> {
        self.optional_integer()?.ok_or_else(|| mismatch("an integer", &Value::Null))
    }

    pub fn optional_integer(&mut self) -> Result<Option<i64>> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Integer(number) => Ok(Some(number)),
            // D1 answers every number as a double; below 2^53 nothing is lost.
            Value::Real(number) if number.fract() == 0.0 => Ok(Some(number as i64)),
            other => Err(mismatch("an integer", &other)),
        }
    }

    pub fn flag(&mut self) -> Result<bool> {
        Ok(self.integer()? != 0)
    }

    fn next(&mut self) -> Result<Value> {
        self.0.next().ok_or_else(|| Error::internal("a row has fewer columns than were asked for"))
    }
}

fn mismatch(expected: &str, found: &Value) -> Error {
    eprintln!("database: expected {expected} in a column, found {found:?}");
    Error::internal("The database holds a value of another type than the schema says")
}
