//! JSON fields that remember what was wrong with them.
//!
//! serde alone stops at the first value of the wrong type. The upstream changes its types without notice, so one odd
//! field must not cost the frame; and a caller's mistake must be answered with the path of the field. A [`Field`]
//! therefore never fails on well-formed JSON: it says whether it was missing, null, of another type, or given.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use memchr::memchr2;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// One value of an object, whatever JSON held there.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Field<T> {
    #[default]
    Missing,
    Null,
    /// Another JSON type than the one asked for; its name in prose, such as "a string".
    Wrong(&'static str),
    Given(T),
}

impl<T> Field<T> {
    pub fn given(self) -> Option<T> {
        match self {
            Field::Given(value) => Some(value),
            _ => None,
        }
    }

    pub fn as_ref(&self) -> Option<&T> {
        match self {
            Field::Given(value) => Some(value),
            _ => None,
        }
    }
}

impl Field<bool> {
    /// Whether the value is a plain `true`.
    pub fn is_true(&self) -> bool {
        matches!(self, Field::Given(true))
    }
}

/// A Rust type that one JSON type can become; every other JSON type is `None`.
pub trait Kind<'de>: Sized {
    fn bool(_: bool) -> Option<Self> {
        None
    }
    fn number(_: f64) -> Option<Self> {
        None
    }
    fn borrowed(text: &'de str) -> Option<Self> {
        Self::text(text)
    }
    fn text(_: &str) -> Option<Self> {
        None
    }
    fn list<A: SeqAccess<'de>>(mut items: A) -> Result<Option<Self>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    fn object<A: MapAccess<'de>>(mut entries: A) -> Result<Option<Self>, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl Kind<'_> for bool {
    fn bool(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl Kind<'_> for f64 {
    fn number(value: f64) -> Option<Self> {
        Some(value)
    }
}

impl<'de: 'a, 'a> Kind<'de> for Cow<'a, str> {
    fn borrowed(text: &'de str) -> Option<Self> {
        Some(Cow::Borrowed(text))
    }
    fn text(text: &str) -> Option<Self> {
        Some(Cow::Owned(text.to_owned()))
    }
}

impl Kind<'_> for String {
    fn text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

/// A number, or the text of one: protobuf's JSON writes 64-bit integers as strings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(pub f64);

impl Kind<'_> for Number {
    fn number(value: f64) -> Option<Self> {
        Some(Number(value))
    }
    fn text(text: &str) -> Option<Self> {
        text.trim().parse().ok().map(Number)
    }
}

/// The longest list that is taken.
pub const MAX_ITEMS: usize = 1 << 14;

/// The most values that a caller's JSON may hold: two bytes, `1,`, can become two hundred of memory, and lists stand
/// in lists.
pub const MAX_VALUES: usize = 1 << 17;

/// How many values there are at most, counted by the commas outside texts.
pub fn values(json: &[u8]) -> usize {
    let (mut count, mut rest) = (1, json);
    while let Some(at) = memchr2(b'"', b',', rest) {
        let is_comma = rest[at] == b',';
        rest = &rest[at + 1..];
        if is_comma {
            count += 1;
        } else {
            rest = after_text(rest);
        }
    }
    count
}

/// What follows a text whose first quote has been read.
fn after_text(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr2(b'"', b'\\', rest) {
        let is_over = rest[at] == b'"';
        // A backslash takes the next byte along.
        rest = rest.get(at + if is_over { 1 } else { 2 }..).unwrap_or_default();
        if is_over {
            return rest;
        }
    }
    &[]
}

impl<'de, T: Deserialize<'de>> Kind<'de> for Vec<T> {
    fn list<A: SeqAccess<'de>>(mut items: A) -> Result<Option<Self>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            if list.len() == MAX_ITEMS {
                return Err(A::Error::custom(format_args!("an array has more than {MAX_ITEMS} items")));
            }
            list.push(item);
        }
        Ok(Some(list))
    }
}

/// An object read as `T`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Kind<'de> for Object<T> {
    fn object<A: MapAccess<'de>>(entries: A) -> Result<Option<Self>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(entries)).map(|value| Some(Object(value)))
    }
}

/// Any object, its content unread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Present;

impl<'de> Kind<'de> for Present {
    fn object<A: MapAccess<'de>>(mut entries: A) -> Result<Option<Self>, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Some(Present))
    }
}

struct AnyValue<T>(PhantomData<T>);

fn or_wrong<T>(value: Option<T>, found: &'static str) -> Field<T> {
    value.map_or(Field::Wrong(found), Field::Given)
}

impl<'de, T: Kind<'de>> Visitor<'de> for AnyValue<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any JSON value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Field<T>, E> {
        Ok(or_wrong(T::bool(value), "a boolean"))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Field<T>, E> {
        Ok(or_wrong(T::number(value as f64), "a number"))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Field<T>, E> {
        Ok(or_wrong(T::number(value as f64), "a number"))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Field<T>, E> {
        Ok(or_wrong(T::number(value), "a number"))
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Field<T>, E> {
        Ok(or_wrong(T::borrowed(text), "a string"))
    }
    fn visit_str<E>(self, text: &str) -> Result<Field<T>, E> {
        Ok(or_wrong(T::text(text), "a string"))
    }
    fn visit_unit<E>(self) -> Result<Field<T>, E> {
        Ok(Field::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Field<T>, A::Error> {
        Ok(or_wrong(T::list(items)?, "an array"))
    }
    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Field<T>, A::Error> {
        Ok(or_wrong(T::object(entries)?, "an object"))
    }
}

impl<'de, T: Kind<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue(PhantomData))
    }
}
