//! Says in a client's words why serde refused JSON.

use serde_json::Error;

use super::after_text;

/// Returns serde's message. If the JSON is well-formed, types have JSON's names, and the position is left out.
pub fn message(error: &Error) -> String {
    let said = error.to_string();
    if !error.is_data() {
        return said;
    }
    let position = format!(" at line {} column {}", error.line(), error.column());
    let said = said.strip_suffix(&position).unwrap_or(&said);
    let Some((found, expected)) = said.rsplit_once(", expected ") else { return said.to_owned() };
    let found = match found.strip_prefix("invalid type: ") {
        Some("map") => "invalid type: an object".to_owned(),
        Some("sequence") => "invalid type: an array".to_owned(),
        Some(found) => match found.strip_prefix("floating point ") {
            Some(number) => format!("invalid type: number {number}"),
            None => format!("invalid type: {found}"),
        },
        None => match found.strip_prefix("unknown variant ") {
            Some(value) => format!("unknown value {value}"),
            None => found.to_owned(),
        },
    };
    let expected = match expected {
        "i64" => "a whole number",
        "f64" => "a number",
        "a sequence" => "an array",
        "a map" => "an object",
        kind if kind.starts_with("struct ") => "an object",
        kind => kind,
    };
    format!("{found}, expected {expected}")
}

/// Returns the path, such as `messages.0.role`, of a field that is given twice or an array that is too long; `None` if the
/// JSON is not well-formed.
pub fn path(json: &[u8], error: &Error) -> Option<String> {
    if !error.is_data() {
        return None;
    }
    let line = json
        .split_inclusive(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum::<usize>();
    let mut rest = json.get(..line + error.column())?;
    // For each object and array that is open: its current member or item.
    let mut steps = Vec::new();
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'{' => steps.push(Step::Member(None)),
            b'[' => steps.push(Step::Item(0)),
            b'}' | b']' => drop(steps.pop()),
            b',' => match steps.last_mut()? {
                Step::Member(name) => *name = None,
                Step::Item(index) => *index += 1,
            },
            b'"' => {
                rest = after_text(after);
                let text = after[..after.len() - rest.len()].strip_suffix(b"\"")?;
                if let Some(Step::Member(name @ None)) = steps.last_mut() {
                    *name = Some(String::from_utf8_lossy(text).into_owned());
                }
            }
            _ => {}
        }
    }
    // An array is too long by itself, not by its last item.
    steps.pop_if(|last| matches!(last, Step::Item(_)));
    let names = steps.into_iter().map(|step| match step {
        Step::Member(name) => name.unwrap_or_default(),
        Step::Item(index) => index.to_string(),
    });
    Some(names.collect::<Vec<_>>().join(".")).filter(|path| !path.is_empty())
}

enum Step {
    /// `None` until the name has been read.
    Member(Option<String>),
    Item(usize),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::json::{Field, MAX_ITEMS, Object};

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Admin {
        _number: f64,
        _whole: i64,
        _texts: Vec<String>,
        _map: BTreeMap<String, bool>,
        _inner: Option<Box<Admin>>,
    }

    #[test]
    fn types_have_their_names_in_json() {
        for (json, said) in [
            (r#"{"_number": "x"}"#, "invalid type: string \"x\", expected a number"),
            (r#"{"_whole": 1.5}"#, "invalid type: number `1.5`, expected a whole number"),
            (r#"{"_texts": {}}"#, "invalid type: an object, expected an array"),
            (r#"{"_texts": ["a", [", expected f64"]]}"#, "invalid type: an array, expected a string"),
            (r#"{"_map": 5}"#, "invalid type: integer `5`, expected an object"),
            (r#"{"_map": {"a": ", expected f64"}}"#, "invalid type: string \", expected f64\", expected a boolean"),
            (r#"{"_whole": "floating point"}"#, "invalid type: string \"floating point\", expected a whole number"),
            (r#"{"_inner": true}"#, "invalid type: boolean `true`, expected an object"),
            ("{\"_whole\": 1,\n\"_whole\": 2}", "duplicate field `_whole`"),
            ("{} x", "trailing characters at line 1 column 4"),
        ] {
            let error = serde_json::from_str::<Admin>(json).expect_err("it does not fit");
            assert_eq!(message(&error), said);
        }
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Client {
        #[serde(rename = "list")]
        _list: Field<Vec<Field<Object<Client>>>>,
    }

    #[test]
    fn the_path_is_that_of_the_member_or_the_array() {
        let many = format!("[{}{{}}]", "{},".repeat(MAX_ITEMS));
        for (json, at) in [
            (format!(r#"{{"list": {many}}}"#), Some("list")),
            (
                format!(r#"{{"a": [1, "\",]"], "list": [{{}}, {{}}, {{"b,": 1, "list": {many}}}]}}"#),
                Some("list.2.list"),
            ),
            ("{\"list\": [],\n \"a\": {},\r\n \"list\": []}".to_owned(), Some("list")),
            (r#"{"list": [{"list": "é\"{[", "list": []}]}"#.to_owned(), Some("list.0.list")),
            (r#"{"list": [{"list": [],}]}"#.to_owned(), None),
        ] {
            let error = serde_json::from_str::<Field<Object<Client>>>(&json).expect_err("it is refused");
            assert_eq!(path(json.as_bytes(), &error).as_deref(), at, "{error}");
        }
    }
}
