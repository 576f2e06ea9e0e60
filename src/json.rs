//! Tolerant JSON: a [`Field`] records whether its value was missing, null, of another type, or given.
//!
//! serde alone fails at the first value of the wrong type. Grok changes its types without notice, and one odd field
//! must not lose a whole frame. A client's mistake must be answered with the path of the field. So a [`Field`] never
//! fails on well-formed JSON, and the code that reads it decides:
//!
//! ```ignore
//! match body.temperature {
//!     Field::Given(number) => Ok(Some(number)),
//!     Field::Missing | Field::Null => Ok(None),
//!     Field::Wrong(found) => Err(Error::invalid("temperature", format!("temperature is a number, not {found}"))),
//! }
//! ```

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use memchr::{memchr, memchr2};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

pub mod refusal;

/// The value of one field of an object.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Field<T> {
    #[default]
    Missing,
    Null,
    /// A value of another JSON type, with the name of that type, such as "a string".
    Wrong(&'static str),
    Given(T),
}

impl<T> Field<T> {
    /// Returns the value if it was given with the expected type.
    pub fn given(self) -> Option<T> {
        match self {
            Field::Given(value) => Some(value),
            _ => None,
        }
    }

    /// Returns a reference to the value if it was given with the expected type.
    pub fn as_ref(&self) -> Option<&T> {
        match self {
            Field::Given(value) => Some(value),
            _ => None,
        }
    }
}

impl Field<bool> {
    /// Returns whether the value is `true`.
    pub fn is_true(&self) -> bool {
        matches!(self, Field::Given(true))
    }
}

/// A Rust type that is read from one JSON type. The method of any other JSON type returns `None`.
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

impl Number {
    /// Returns the number without its fraction; `None` if it is negative, or larger than `most`.
    pub fn up_to(self, most: u64) -> Option<u64> {
        (0.0..=most as f64).contains(&self.0).then_some(self.0 as u64)
    }
}

impl Field<Number> {
    /// Returns a count that was given; the largest for a larger one, and `None` for a negative one.
    pub fn count(&self) -> Option<u32> {
        self.as_ref().filter(|Number(value)| *value >= 0.0).map(|Number(value)| *value as u32)
    }
}

impl Kind<'_> for Number {
    fn number(value: f64) -> Option<Self> {
        Some(Number(value))
    }
    fn text(text: &str) -> Option<Self> {
        text.trim().parse().ok().map(Number)
    }
}

/// Parses a client's JSON with `parse`. A leading byte-order mark is ignored, and unpaired surrogates become U+FFFD.
/// In the latter case the result borrows from `repaired`, which has the length of `json` without the mark, so
/// positions in errors fit both. Fails with the error of `parse`.
pub fn from_client<'j, T, E>(
    json: &'j [u8],
    repaired: &'j mut String,
    parse: impl Fn(&'j [u8]) -> Result<T, E>,
) -> Result<T, E> {
    let json = json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(json);
    // The parser refuses unpaired surrogates, so only refused JSON is searched for them.
    parse(json).or_else(|error| match std::str::from_utf8(json).map(without_lone_surrogates) {
        Ok(Cow::Owned(text)) => {
            *repaired = text;
            parse(repaired.as_bytes())
        }
        _ => Err(error),
    })
}

/// Returns the text of JSON that the parser refused. Bytes that are not UTF-8 and unpaired surrogates become U+FFFD.
pub fn lossy(json: &[u8]) -> String {
    without_lone_surrogates(&String::from_utf8_lossy(json)).into_owned()
}

/// Returns the JSON with `\ufffd` for each unpaired surrogate. Both escapes are six bytes long.
pub fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    let mut repaired = Cow::Borrowed(json);
    let mut at = 0;
    while let Some(found) = json.get(at..).and_then(|rest| memchr(b'\\', rest.as_bytes())) {
        at += found;
        at += match (escaped_unit(json, at), escaped_unit(json, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                repaired.to_mut().replace_range(at..at + 6, "\\ufffd");
                6
            }
            // Skip the escaped character too, so that an escaped backslash does not start another escape.
            _ => 1 + json[at + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    repaired
}

/// Returns the UTF-16 unit of a `\uXXXX` at this byte offset.
fn escaped_unit(json: &str, at: usize) -> Option<u16> {
    let digits = json.get(at..)?.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

/// Maximum items of an array.
pub const MAX_ITEMS: usize = 1 << 14;

/// Maximum values in a client's JSON. The two bytes `1,` can become 200 bytes of memory, and arrays can be nested.
pub const MAX_VALUES: usize = 1 << 17;

/// Returns an upper bound of the number of values: one more than the commas outside strings.
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

/// Returns what follows a string whose first quote has been read.
fn after_text(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr2(b'"', b'\\', rest) {
        let is_over = rest[at] == b'"';
        // Skip the byte after a backslash.
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

/// A string, or a list in its place.
#[derive(Debug)]
pub enum TextOrList<'a, T> {
    Text(Cow<'a, str>),
    List(Vec<Field<T>>),
}

impl<'de: 'a, 'a, T: Kind<'de>> Kind<'de> for TextOrList<'a, T> {
    fn borrowed(text: &'de str) -> Option<Self> {
        Some(TextOrList::Text(text.into()))
    }
    fn text(text: &str) -> Option<Self> {
        Some(TextOrList::Text(text.to_owned().into()))
    }
    fn list<A: SeqAccess<'de>>(items: A) -> Result<Option<Self>, A::Error> {
        Ok(Vec::list(items)?.map(TextOrList::List))
    }
}

/// An object read as `T`, or a string in its place.
#[derive(Debug)]
pub enum ObjectOrText<'a, T> {
    Object(T),
    Text(Cow<'a, str>),
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Kind<'de> for ObjectOrText<'a, T> {
    fn borrowed(text: &'de str) -> Option<Self> {
        Some(ObjectOrText::Text(text.into()))
    }
    fn text(text: &str) -> Option<Self> {
        Some(ObjectOrText::Text(text.to_owned().into()))
    }
    fn object<A: MapAccess<'de>>(entries: A) -> Result<Option<Self>, A::Error> {
        Object::object(entries).map(|found| found.map(|Object(value)| ObjectOrText::Object(value)))
    }
}

impl<'de> Kind<'de> for Map<String, Value> {
    fn object<A: MapAccess<'de>>(entries: A) -> Result<Option<Self>, A::Error> {
        Map::deserialize(MapAccessDeserializer::new(entries)).map(Some)
    }
}

/// Any object. Its content is not read.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpaired_surrogates_are_replaced_in_place() {
        for (json, expected) in [
            (r#""plain \n \u00e9""#, r#""plain \n \u00e9""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""\uDE00\uD83D""#, r#""\ufffd\ufffd""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\n\\ud83d\\\ud83d""#, r#""\ufffd\n\\ud83d\\\ufffd""#),
            (r#""\ud83"#, r#""\ud83"#),
            (r#""\ud83d\"#, r#""\ufffd\"#),
            (r#""\🌲\ud83d🌲""#, r#""\🌲\ufffd🌲""#),
        ] {
            assert_eq!(without_lone_surrogates(json), expected);
            assert_eq!(matches!(without_lone_surrogates(json), Cow::Borrowed(_)), json == expected, "{json}");
        }
    }

    fn read(json: impl AsRef<[u8]>) -> Result<Vec<String>, String> {
        from_client(json.as_ref(), &mut String::new(), serde_json::from_slice)
            .map_err(|error: serde_json::Error| error.to_string())
    }

    #[test]
    fn client_json_may_have_a_mark_and_unpaired_surrogates() {
        assert_eq!(read("\u{feff}[\"a\"]"), Ok(vec!["a".to_owned()]));
        assert_eq!(read("\u{feff} [\"\\ud83d!\"]"), Ok(vec!["\u{fffd}!".to_owned()]));
        // The positions of other errors stay exact.
        assert_eq!(read("[\"\\ud83d\", 5]"), read("[\"\\ufffd\", 5]"));
        assert_eq!(
            read("[\"\\ud83d\", 5]"),
            Err("invalid type: integer `5`, expected a string at line 1 column 12".to_owned())
        );
        assert_eq!(read("[\"\\ud83d\",\n]"), Err("trailing comma at line 2 column 1".to_owned()));
        assert!(read("\u{feff}\u{feff}[]").is_err());
        assert!(read(b"[\"\xff\\ud83d\"]").is_err(), "bytes that are not UTF-8 are a mistake of the client");
    }
}
