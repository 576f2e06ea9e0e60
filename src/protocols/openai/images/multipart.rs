//! Reads `multipart/form-data` (RFC 7578), as OpenAI's clients send files. Pure, and without copying the files.

use bytes::Bytes;
use memchr::memmem;

/// One field or file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    pub is_file: bool,
    pub bytes: Bytes,
}

/// The most parts of a form.
const MAX_PARTS: usize = 64;

/// Returns the boundary that a `Content-Type` names; `None` if it is not a form.
pub fn boundary(content_type: &str) -> Option<String> {
    let (essence, parameters) = content_type.split_once(';')?;
    if !essence.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    });
    boundary.filter(|boundary| !boundary.is_empty())
}

/// Returns the parts of a form in order. Fails with the reason, for the client, if the form is not complete.
pub fn parts(body: &Bytes, boundary: &str) -> Result<Vec<Part>, &'static str> {
    const BROKEN: &str = "The form is not complete: each part ends with the boundary that Content-Type names";
    let delimiter = format!("--{boundary}");
    let finder = memmem::Finder::new(delimiter.as_bytes());
    // Text before the first delimiter is not a part.
    let mut at = finder.find(body).ok_or(BROKEN)? + delimiter.len();
    let mut parts = Vec::new();
    loop {
        if body[at..].starts_with(b"--") {
            return Ok(parts);
        }
        if parts.len() == MAX_PARTS {
            return Err("The form has more than 64 parts: send fewer");
        }
        let start = at + line_end(&body[at..]).ok_or(BROKEN)?;
        let head_end = memmem::find(&body[start..], b"\r\n\r\n").ok_or(BROKEN)?;
        let content = start + head_end + 4;
        let end = content + delimiter_at(&body[content..], &finder).ok_or(BROKEN)?;
        let head = std::str::from_utf8(&body[start..start + head_end]).map_err(|_| BROKEN)?;
        let (name, is_file) = disposition(head).ok_or("A part of the form has no name")?;
        parts.push(Part { name, is_file, bytes: body.slice(content..end) });
        at = end + 2 + delimiter.len();
    }
}

/// Returns the length of the rest of a delimiter's line.
fn line_end(rest: &[u8]) -> Option<usize> {
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    rest[blanks..].starts_with(b"\r\n").then_some(blanks + 2)
}

/// Returns where the content ends: before a line break with a delimiter.
fn delimiter_at(content: &[u8], finder: &memmem::Finder) -> Option<usize> {
    finder.find_iter(content).find(|at| content[..*at].ends_with(b"\r\n")).map(|at| at - 2)
}

/// Returns the name in a part's `Content-Disposition`, and whether it is a file.
fn disposition(head: &str) -> Option<(String, bool)> {
    let line = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    Some((parameter(line, "name")?, parameter(line, "filename").is_some()))
}

/// Returns a parameter's value, quoted or not.
fn parameter(line: &str, wanted: &str) -> Option<String> {
    let mut rest = line;
    loop {
        let (_, after) = rest.split_once(';')?;
        let (name, value) = after.split_once('=')?;
        let (text, length) = match value.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"')?;
                (&quoted[..end], end + 2)
            }
            None => {
                let end = value.find(';').unwrap_or(value.len());
                (value[..end].trim(), end)
            }
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(text.to_owned());
        }
        rest = &value[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Result<Vec<(String, bool, String)>, &'static str> {
        let body = Bytes::from(text.replace('\n', "\r\n"));
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        Ok(parts(&body, "b")?.into_iter().map(|part| (part.name, part.is_file, text(&part.bytes))).collect())
    }

    const WHOLE: &str = "before\n--b\nContent-Disposition: form-data; name=\"prompt\"\n\na --b moon\n--b \n\
        content-disposition: form-data; filename=\"a;name=x.png\"; name=image[]\nContent-Type: image/png\n\n\0\n--\n\n--b--\nafter";

    #[test]
    fn fields_and_files_are_told_apart() {
        let expected = vec![
            ("prompt".to_owned(), false, "a --b moon".to_owned()),
            ("image[]".to_owned(), true, "\0\r\n--\r\n".to_owned()),
        ];
        assert_eq!(form(WHOLE), Ok(expected));
        assert_eq!(form("--b--"), Ok(vec![]));
    }

    #[test]
    fn a_form_that_is_cut_anywhere_is_refused() {
        let end = WHOLE.rfind("--b--").expect("it is there") + 5;
        for cut in 0..end {
            assert!(form(&WHOLE[..cut]).is_err(), "after {cut}");
        }
        assert!(form("--b\nContent-Disposition: form-data\n\nx\n--b--").is_err(), "a part needs a name");
        let many = "--b\nContent-Disposition: form-data; name=\"n\"\n\n1\n".repeat(65);
        assert!(form(&format!("{many}--b--")).is_err());
    }

    #[test]
    fn the_type_names_the_boundary() {
        for (content_type, expected) in [
            ("multipart/form-data; boundary=abc", Some("abc")),
            ("Multipart/Form-Data; charset=utf-8; Boundary=\"a c\"", Some("a c")),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/mixed; boundary=abc", None),
            ("application/json", None),
        ] {
            assert_eq!(boundary(content_type).as_deref(), expected, "{content_type}");
        }
    }
}
