//! The setting `show_thinking` of earlier releases, which `reasoning_format` replaces.
//!
//! Values that are stored, and programs that send or read the old name, keep their meaning: false is `hidden`.

use std::collections::BTreeMap;

use super::{ReasoningFormat, Scalar, Values};

const OLD: &str = "show_thinking";
const NEW: &str = "reasoning_format";

/// Adds the new name to stored values that have the old one only.
pub fn read(values: &mut Values) {
    if !values.contains_key(NEW)
        && let Some(Scalar::Boolean(false)) = values.get(OLD)
    {
        values.insert(NEW.to_owned(), Scalar::Text(ReasoningFormat::Hidden.name().to_owned()));
    }
}

/// Adds the old name to values that are served.
pub fn serve(values: &mut Values) {
    if let Some(Scalar::Text(format)) = values.get(NEW) {
        let shown = format != ReasoningFormat::Hidden.name();
        values.insert(OLD.to_owned(), Scalar::Boolean(shown));
    }
}

/// Replaces the old name in a change, unless the change also has the new one. Fails with a sentence for the operator
/// if its value is not a boolean.
pub fn change(values: &mut BTreeMap<String, Option<Scalar>>) -> Result<(), &'static str> {
    let format = match values.remove(OLD) {
        None => return Ok(()),
        Some(None) => None,
        Some(Some(Scalar::Boolean(true))) => Some(ReasoningFormat::Raw),
        Some(Some(Scalar::Boolean(false))) => Some(ReasoningFormat::Hidden),
        Some(Some(_)) => return Err("This setting is true or false"),
    };
    let format = format.map(|format| Scalar::Text(format.name().to_owned()));
    values.entry(NEW.to_owned()).or_insert(format);
    Ok(())
}

/// Removes the stored old name where the new one is written.
pub fn store(patch: &mut BTreeMap<&'static str, Option<Scalar>>) {
    if patch.contains_key(NEW) {
        patch.insert(OLD, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Grok;

    #[test]
    fn the_old_name_counts_until_the_new_one_is_stored() {
        for (stored, format) in [
            (r#"{}"#, ReasoningFormat::Raw),
            (r#"{"show_thinking":true}"#, ReasoningFormat::Raw),
            (r#"{"show_thinking":false}"#, ReasoningFormat::Hidden),
            (r#"{"show_thinking":false,"reasoning_format":"parsed"}"#, ReasoningFormat::Parsed),
        ] {
            let grok = Grok::read(Some(stored));
            assert_eq!(grok.reasoning_format, format, "{stored}");
            let shown = Scalar::Boolean(format != ReasoningFormat::Hidden);
            assert_eq!(grok.values().get(OLD), Some(&shown), "{stored}");
        }
    }

    #[test]
    fn a_change_of_the_old_name_is_one_of_the_new() {
        let changed = |old: Option<Scalar>| {
            let mut values = BTreeMap::from([(OLD.to_owned(), old)]);
            change(&mut values).map(|()| values)
        };
        let new = |format: &str| Ok(BTreeMap::from([(NEW.to_owned(), Some(Scalar::Text(format.to_owned())))]));
        assert_eq!(changed(Some(Scalar::Boolean(false))), new("hidden"));
        assert_eq!(changed(Some(Scalar::Boolean(true))), new("raw"));
        assert_eq!(changed(None), Ok(BTreeMap::from([(NEW.to_owned(), None)])));
        assert!(changed(Some(Scalar::Integer(1))).is_err());
        let mut patch = BTreeMap::from([(NEW, None)]);
        store(&mut patch);
        assert_eq!(patch, BTreeMap::from([(NEW, None), (OLD, None)]));
    }
}
