//! The JSON value of one setting.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// The JSON value of a setting, as the database stores it and the API sends it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    Boolean(bool),
    Integer(i64),
    Text(String),
    /// A value of a type that no setting has.
    #[serde(skip_serializing)]
    Other(IgnoredAny),
}

/// Reads a value by its type. What serde derives for an untagged enum tries one variant after the other, and writes an error
/// for each: that took a seventh of the time of a list of models.
impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyScalar)
    }
}

struct AnyScalar;

impl<'de> Visitor<'de> for AnyScalar {
    type Value = Scalar;

    fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str("a value of a setting")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Scalar, E> {
        Ok(Scalar::Boolean(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar::Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar, E> {
        Ok(i64::try_from(number).map_or(Scalar::Other(IgnoredAny), Scalar::Integer))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Scalar, E> {
        Ok(Scalar::Other(IgnoredAny))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Scalar, E> {
        Ok(Scalar::Text(text))
    }

    fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
        Ok(Scalar::Other(IgnoredAny))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Scalar, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other(IgnoredAny))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Scalar, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other(IgnoredAny))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_by_its_type() {
        let read = |text: &str| serde_json::from_str::<Scalar>(text).expect("any JSON is a value");
        assert_eq!(read("true"), Scalar::Boolean(true));
        assert_eq!([read("-7"), read("7")], [Scalar::Integer(-7), Scalar::Integer(7)]);
        assert_eq!(read(r#""a\u00e4""#), Scalar::Text("aä".to_owned()));
        for other in ["null", "1.5", "9223372036854775808", "1e3", "[1,[2]]", r#"{"a":{"b":1}}"#] {
            assert_eq!(read(other), Scalar::Other(IgnoredAny), "{other}");
        }
        assert!(serde_json::from_str::<Scalar>("[1,").is_err());
    }
}
