//! Reads JSON as models write it.
//!
//! Beyond JSON it takes: single, typographic and triple quotes; raw line breaks in strings; backslashes before any
//! character; names without quotes; `True`, `False`, `None`; comments (`//`, `#`, `/* */`); commas too many or
//! missing; `=` and `=>` for `:`; brackets in pairs (`{{…}}`); numbers such as `+1`, `.5`, `5.` and `1_000`. Quotes inside strings that were not escaped are taken where
//! nothing that follows a string comes after them, in a second attempt ([`read`]).
//!
//! The work is linear in the length of the text, and bounded by [`MAX_DEPTH`].

use memchr::memchr3;

use super::json::{Json, MAX_DEPTH};

/// Quotes of several characters: those of Python, and what is left of a template's own.
const QUOTES: [&str; 4] = ["\"\"\"", "'''", "<|\"|>", "<|\">"];

/// Why a value was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// The text ends inside the value.
    Unfinished,
    /// What stands at this offset does not belong to a value.
    Wrong(usize),
    /// The value is nested too deep.
    TooDeep,
}

/// Reads the value at the start of `text`, and returns it with the offset of what follows. With `close`, brackets that
/// are still open at the end count as closed; a string that is still open never does.
pub fn read(text: &str, close: bool) -> Result<(Json, usize), Mistake> {
    attempt(|inner_quotes| {
        let mut reader = Reader { text, at: 0, close, inner_quotes };
        let value = reader.value(0)?;
        Ok((value, reader.at))
    })
}

/// Reads a value that `text` holds and nothing else, but blanks and comments. `close` is that of [`read`].
pub fn read_all(text: &str, close: bool) -> Result<Json, Mistake> {
    attempt(|inner_quotes| {
        let mut reader = Reader { text, at: 0, close, inner_quotes };
        let value = reader.value(0)?;
        reader.blanks();
        if reader.at == text.len() { Ok(value) } else { Err(Mistake::Wrong(reader.at)) }
    })
}

/// Reads once as usual, and once more with quotes inside strings. The first mistake counts.
fn attempt<T>(read: impl Fn(bool) -> Result<T, Mistake>) -> Result<T, Mistake> {
    read(false).or_else(|mistake| match mistake {
        Mistake::TooDeep => Err(mistake),
        _ => read(true).map_err(|_| mistake),
    })
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    close: bool,
    /// Whether a quote ends a string only if a comma, colon, bracket or the end follows.
    inner_quotes: bool,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Skips blanks and comments.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            // A break that was escaped outside of a string.
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if ["\\n", "\\r", "\\t"].iter().any(|escaped| trimmed.starts_with(escaped)) {
                self.at += 2;
                continue;
            }
            let end = if trimmed.starts_with("//") || trimmed.starts_with('#') {
                trimmed.find('\n')
            } else if let Some(comment) = trimmed.strip_prefix("/*") {
                comment.find("*/").map(|end| end + 4)
            } else {
                return;
            };
            self.at += end.unwrap_or(trimmed.len());
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json, Mistake> {
        if depth > MAX_DEPTH {
            return Err(Mistake::TooDeep);
        }
        self.blanks();
        match self.peek() {
            None => Err(Mistake::Unfinished),
            Some('{') => self.object(depth),
            Some('[') => self.list(depth),
            Some('"' | '\'' | '“' | '‘' | '`') => self.string().map(Json::Text),
            Some('<') if QUOTES.iter().any(|quote| self.rest().starts_with(quote)) => self.string().map(Json::Text),
            Some(c) if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') => self.number(),
            Some(_) => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, Mistake> {
        self.at += 1;
        self.blanks();
        if self.peek() == Some('{') {
            return self.doubled(depth);
        }
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut names = std::collections::BTreeMap::new();
        while !self.is_closed('}')? {
            let name = match self.peek() {
                Some('"' | '\'' | '“' | '‘' | '`') => self.string()?,
                _ => self.name()?,
            };
            self.blanks();
            match self.peek() {
                Some(':') => self.at += 1,
                Some('=') => self.at += if self.rest().starts_with("=>") { 2 } else { 1 },
                None => return Err(Mistake::Unfinished),
                Some(_) => return Err(Mistake::Wrong(self.at)),
            }
            self.blanks();
            let start = self.at;
            let value = match self.value(depth + 1) {
                Err(Mistake::Wrong(at)) if at == start && self.inner_quotes => self.bare()?,
                value => value?,
            };
            match names.get(&name) {
                Some(&at) => {
                    let member: &mut (String, Json) = &mut members[at];
                    member.1 = value;
                }
                None => {
                    names.insert(name.clone(), members.len());
                    members.push((name, value));
                }
            }
        }
        Ok(Json::Object(members))
    }

    /// Reads an object in one pair of brackets too many.
    fn doubled(&mut self, depth: usize) -> Result<Json, Mistake> {
        if depth > MAX_DEPTH {
            return Err(Mistake::TooDeep);
        }
        let inside = self.object(depth + 1)?;
        self.blanks();
        if self.peek() == Some('}') {
            self.at += 1;
        }
        Ok(inside)
    }

    fn list(&mut self, depth: usize) -> Result<Json, Mistake> {
        self.at += 1;
        let mut items = Vec::new();
        while !self.is_closed(']')? {
            items.push(self.value(depth + 1)?);
        }
        Ok(Json::List(items))
    }

    /// Skips blanks and commas, and takes the bracket if it follows. Another closing bracket is wrong.
    fn is_closed(&mut self, bracket: char) -> Result<bool, Mistake> {
        loop {
            self.blanks();
            match self.peek() {
                Some(',') => self.at += 1,
                Some(c) if c == bracket => {
                    self.at += 1;
                    return Ok(true);
                }
                Some('}' | ']' | ':') => return Err(Mistake::Wrong(self.at)),
                Some(_) => return Ok(false),
                None if self.close => return Ok(true),
                None => return Err(Mistake::Unfinished),
            }
        }
    }

    /// Reads a name without quotes.
    fn name(&mut self) -> Result<String, Mistake> {
        let rest = self.rest();
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$');
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        if end == 0 {
            return Err(Mistake::Wrong(self.at));
        }
        self.at += end;
        Ok(rest[..end].to_owned())
    }

    fn word(&mut self) -> Result<Json, Mistake> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let value = match &rest[..end] {
            "true" | "True" | "TRUE" => Json::Bool(true),
            "false" | "False" | "FALSE" => Json::Bool(false),
            "null" | "None" | "NULL" | "nil" | "undefined" | "NaN" => Json::Null,
            word if end == rest.len() && ["true", "false", "null"].iter().any(|full| full.starts_with(word)) => {
                return Err(Mistake::Unfinished);
            }
            _ => return Err(Mistake::Wrong(self.at)),
        };
        self.at += end;
        Ok(value)
    }

    /// Reads a string without quotes, in the second attempt only: up to a comma, a bracket or the end of its line.
    fn bare(&mut self) -> Result<Json, Mistake> {
        let rest = self.rest();
        let Some(end) = rest.find([',', '}', ']', '\n']) else {
            return Err(Mistake::Unfinished);
        };
        let text = rest[..end].trim_end();
        if text.is_empty() || text.contains(['"', '{', '[', ':', '<', '>', '\\']) {
            return Err(Mistake::Wrong(self.at));
        }
        self.at += end;
        Ok(Json::Text(text.to_owned()))
    }

    fn number(&mut self) -> Result<Json, Mistake> {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E' | '_');
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let written = rest[..end].trim_start_matches('+').replace('_', "");
        let (sign, size) = written.strip_prefix('-').map_or(("", written.as_str()), |size| ("-", size));
        let before = if size.starts_with('.') { "0" } else { "" };
        let after = if size.ends_with('.') { "0" } else { "" };
        let digits = [sign, before, size, after].concat();
        if serde_json::from_str::<serde_json::Number>(&digits).is_err() {
            return Err(if end == rest.len() { Mistake::Unfinished } else { Mistake::Wrong(self.at) });
        }
        self.at += end;
        Ok(Json::Number(digits))
    }

    /// Reads a string in whatever quotes it has.
    fn string(&mut self) -> Result<String, Mistake> {
        let rest = self.rest();
        for quote in QUOTES {
            if let Some(body) = rest.strip_prefix(quote) {
                let Some(end) = body.find(quote) else {
                    return Err(Mistake::Unfinished);
                };
                self.at += end + 2 * quote.len();
                return Ok(body[..end].to_owned());
            }
        }
        let open = rest.chars().next().expect("the caller has seen the quote");
        let close = match open {
            '“' => '”',
            '‘' => '’',
            other => other,
        };
        self.at += open.len_utf8();
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let mut first = [0; 4];
            let first = close.encode_utf8(&mut first).as_bytes()[0];
            let Some(found) = memchr3(b'\\', first, first, rest.as_bytes()) else {
                return Err(Mistake::Unfinished);
            };
            // The first byte of a typographic quote begins other characters too.
            text.push_str(&rest[..found]);
            self.at += found;
            let c = self.peek().expect("a byte was found");
            self.at += c.len_utf8();
            if c == '\\' {
                self.escape(&mut text)?;
            } else if c == close && self.ends_here() {
                return Ok(text);
            } else {
                text.push(c);
            }
        }
    }

    /// Returns whether the quote that was just read ends its string.
    fn ends_here(&self) -> bool {
        if !self.inner_quotes {
            return true;
        }
        let after = self.rest().trim_start();
        match after.chars().next() {
            None | Some('}' | ']' | ':') => true,
            // After a comma the next value or name begins with a quote or cannot be prose.
            Some(',') => {
                let next = after[1..].trim_start().chars().next();
                next.is_none_or(|c| matches!(c, '"' | '\'' | '{' | '[' | '}' | ']' | '-') || c.is_ascii_digit())
            }
            Some(_) => false,
        }
    }

    /// Reads what follows a backslash.
    fn escape(&mut self, text: &mut String) -> Result<(), Mistake> {
        let Some(c) = self.peek() else {
            return Err(Mistake::Unfinished);
        };
        self.at += c.len_utf8();
        match c {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            '"' | '\\' | '/' | '\'' | '`' => text.push(c),
            // A line that goes on in the next one.
            '\n' => {}
            'u' => match self.unit() {
                Some(unit) => text.push(self.character(unit)),
                None if self.rest().len() < 4 => return Err(Mistake::Unfinished),
                None => text.push_str("\\u"),
            },
            // Most often a pattern whose backslash should have been doubled.
            c => text.extend(['\\', c]),
        }
        Ok(())
    }

    /// Reads four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// Returns the character of a unit, with the second half of a pair if one follows. Half a pair becomes U+FFFD.
    fn character(&mut self, unit: u32) -> char {
        if let 0xd800..=0xdbff = unit
            && self.rest().starts_with("\\u")
        {
            let before = self.at;
            self.at += 2;
            match self.unit() {
                Some(low @ 0xdc00..=0xdfff) => {
                    let pair = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                    return char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER);
                }
                _ => self.at = before,
            }
        }
        char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}
