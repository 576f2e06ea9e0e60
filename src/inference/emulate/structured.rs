//! Finds the JSON of an answer that should be JSON.

use super::super::prompt::OutputFormat;
use super::json::Json;
use super::{lenient, schema};

/// The longest answer in bytes.
pub const MAX_LENGTH: usize = 1 << 20;
/// How many places of an answer are tried as the beginning of the JSON.
const MAX_TRIES: usize = 32;

/// Returns the JSON of an answer without what surrounds it. Unless it `must_fit`, the first JSON that does not fit a
/// schema counts if none does and the schema is not strict. Fails with words for the model.
pub fn read(text: &str, format: &OutputFormat, must_fit: bool) -> Result<String, String> {
    if text.len() > MAX_LENGTH {
        return Err(format!("the answer is longer than {MAX_LENGTH} bytes."));
    }
    let text = without_thinking(text.trim().trim_start_matches('\u{feff}'));
    if text.is_empty() {
        return Err("the answer is empty instead of JSON.".to_owned());
    }
    let mut first = None;
    for candidate in candidates(text) {
        // What is inside of it is not the answer.
        let is_final = candidate == Err(lenient::Mistake::TooDeep);
        match fit(candidate, format) {
            Err(why) if is_final => return Err(why),
            Ok(json) => return Ok(json.to_json()),
            Err(why) => first = first.or(Some(why)),
        }
    }
    if !must_fit
        && let OutputFormat::JsonSchema { strict: false, .. } = format
        && let Some(json) = candidates(text).find_map(Result::ok)
    {
        return Ok(json.to_json());
    }
    let mistake = first.filter(|_| text.contains(['{', '[']) || lenient::read_all(text, false).is_ok());
    Err(mistake.unwrap_or_else(|| "the answer holds no JSON.".to_owned()))
}

/// Returns the beginning of the JSON in an answer that was cut: what comes before it is left out. An answer without a
/// bracket is returned as it is.
pub fn beginning(text: &str) -> &str {
    let text = text.trim();
    text.find(['{', '[']).map_or(text, |start| &text[start..])
}

/// Returns the values that an answer may mean: the whole of it, those in code fences, those that begin in its prose.
fn candidates(text: &str) -> impl Iterator<Item = Result<Json, lenient::Mistake>> {
    let whole = std::iter::once_with(|| lenient::read_all(text, false));
    let fences = text
        .match_indices("```")
        .filter(|(at, _)| text[..*at].trim_end_matches(' ').ends_with(['\n', '`']) || *at == 0);
    let fenced = fences.take(MAX_TRIES).filter_map(|(at, fence)| {
        let body = &text[at + fence.len()..];
        let start = body.find(['{', '['])?;
        // Between the fence and the value is its language at most.
        (body[..start].trim().chars().all(|c| c.is_ascii_alphanumeric())).then(|| read_at(&body[start..]))
    });
    let mut from = 0;
    let mut is_inside = false;
    let loose = std::iter::from_fn(move || {
        // Inside a value that was not read, the next one begins with a line: others are its members.
        let begins = |at: &usize| !is_inside || text[..*at].ends_with('\n');
        let mut places = text[from..].match_indices(['{', '[']).map(|(at, _)| from + at);
        let start = places.find(begins)?;
        let found = lenient::read(&text[start..], false);
        // What a value that was read holds is not looked at again.
        from = start + found.as_ref().map_or(1, |(_, length)| *length);
        is_inside = found.is_err();
        Some(found.map(|(json, _)| json))
    });
    let closed = std::iter::once_with(|| read_closed(text));
    whole.chain(fenced).chain(loose.take(MAX_TRIES)).chain(closed)
}

fn read_at(text: &str) -> Result<Json, lenient::Mistake> {
    lenient::read(text, false).map(|(json, _)| json)
}

/// Reads a value whose last brackets are missing.
fn read_closed(text: &str) -> Result<Json, lenient::Mistake> {
    let start = text.find(['{', '[']).ok_or(lenient::Mistake::Wrong(0))?;
    lenient::read_all(text[start..].trim_end_matches('`'), true)
}

/// Returns an answer without the reasoning that some models write before it.
fn without_thinking(text: &str) -> &str {
    for (open, close) in [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<reasoning>", "</reasoning>")] {
        if text.starts_with(open)
            && let Some(end) = text.find(close)
        {
            return text[end + close.len()..].trim_start();
        }
    }
    text
}

fn fit(candidate: Result<Json, lenient::Mistake>, format: &OutputFormat) -> Result<Json, String> {
    let json = candidate.map_err(|mistake| match mistake {
        lenient::Mistake::Unfinished => "the JSON ends too early.".to_owned(),
        lenient::Mistake::Wrong(at) => format!("the JSON is not valid at byte {at}."),
        lenient::Mistake::TooDeep => "the JSON is nested too deep.".to_owned(),
    })?;
    let mut whole = json;
    let Err(mistake) = check(&mut whole, format) else {
        return Ok(whole);
    };
    let inside = inside(&whole).and_then(|mut inside| check(&mut inside, format).is_ok().then_some(inside));
    inside.ok_or(mistake)
}

/// Returns the value in a wrapper of one member or item, or in the text of a string.
fn inside(json: &Json) -> Option<Json> {
    match json {
        Json::Object(members) if members.len() == 1 => match &members[0].1 {
            Json::Text(text) => in_text(text),
            value => Some(value.clone()),
        },
        // Some models answer with the schema, and fill it in.
        Json::Object(_) => json.get("properties").cloned(),
        Json::List(items) if items.len() == 1 => items.first().cloned(),
        Json::Text(text) => in_text(text),
        _ => None,
    }
}

/// Returns the value that a text holds, in a code fence or alone.
fn in_text(text: &str) -> Option<Json> {
    let start = text.find(['{', '['])?;
    let is_alone = text[..start].trim().trim_start_matches('`').chars().all(|c| c.is_ascii_alphanumeric());
    lenient::read(&text[start..], false).ok().filter(|_| is_alone).map(|(json, _)| json)
}

/// Checks a value, after repairs of which it is certain what was meant.
fn check(json: &mut Json, format: &OutputFormat) -> Result<(), String> {
    match format {
        OutputFormat::JsonSchema { schema, .. } => {
            schema::coerce(schema, json);
            schema::validate_json(schema, json).map_err(|misfit| format!("the JSON does not fit the schema: {misfit}."))
        }
        _ if matches!(json, Json::Object(_)) => Ok(()),
        _ => Err("the JSON is not an object.".to_owned()),
    }
}
