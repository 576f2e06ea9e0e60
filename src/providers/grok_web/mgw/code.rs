//! The code of an error, in both of its forms.

use std::borrow::Cow;

use crate::json::Kind;

/// An error's code: a gRPC number, or a name such as `anti_bot`.
#[derive(Debug, Clone, PartialEq)]
pub enum Code<'a> {
    Number(i64),
    Name(Cow<'a, str>),
}

impl<'de: 'a, 'a> Kind<'de> for Code<'a> {
    fn number(value: f64) -> Option<Self> {
        Some(Code::Number(value as i64))
    }
    fn text(text: &str) -> Option<Self> {
        let number = text.trim().parse().ok().map(Code::Number);
        number.or_else(|| Some(Code::Name(text.to_owned().into())))
    }
}
