//! Finds the events in a stream of server-sent events, whose bytes may be cut anywhere.
//!
//! The API's types are in the JSON, so only `data:` lines count, with or without `event:` lines. A line that is none of
//! such a stream is kept, because a body may be an error in its place.

use memchr::memchr;

use crate::providers::ProviderError;

/// The largest event in bytes: the last one repeats the whole answer.
const MAX_EVENT: usize = 16 << 20;
/// The bytes of a body without events that are kept.
const STRAY: usize = 8 << 10;

/// Finds events. It keeps the bytes of an unfinished one.
#[derive(Debug, Default)]
pub struct EventLines {
    line: Vec<u8>,
    data: String,
    has_data: bool,
    stray: Vec<u8>,
}

impl EventLines {
    /// Adds bytes and passes `each` the data of every event that they complete. Fails if `each` does, or with
    /// [`ProviderError::TooLong`].
    pub fn push(
        &mut self,
        mut chunk: &[u8],
        mut each: impl FnMut(&str) -> Result<(), ProviderError>,
    ) -> Result<(), ProviderError> {
        while let Some(end) = memchr(b'\n', chunk) {
            self.line.extend_from_slice(&chunk[..end]);
            chunk = &chunk[end + 1..];
            let line = std::mem::take(&mut self.line);
            self.read(&line, &mut each)?;
            self.line = line;
            self.line.clear();
        }
        self.line.extend_from_slice(chunk);
        self.within_limit()
    }

    /// Passes `each` the last event if the stream ended without an empty line behind it. Fails if `each` does.
    pub fn finish(&mut self, mut each: impl FnMut(&str) -> Result<(), ProviderError>) -> Result<(), ProviderError> {
        let line = std::mem::take(&mut self.line);
        self.read(&line, &mut each)?;
        self.dispatch(&mut each)
    }

    /// Returns the beginning of what the body has besides events.
    pub fn stray(&self) -> &[u8] {
        &self.stray
    }

    fn read(
        &mut self,
        line: &[u8],
        each: &mut impl FnMut(&str) -> Result<(), ProviderError>,
    ) -> Result<(), ProviderError> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return self.dispatch(each);
        }
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        if let Some(data) = line.strip_prefix(b"data:") {
            let data = String::from_utf8_lossy(data.strip_prefix(b" ").unwrap_or(data));
            if self.has_data {
                self.data.push('\n');
            }
            self.data.push_str(&data);
            self.has_data = true;
            return self.within_limit();
        }
        let is_field =
            line.starts_with(b":") || [&b"event:"[..], b"id:", b"retry:"].iter().any(|f| line.starts_with(f));
        if !is_field {
            let room = STRAY - self.stray.len();
            self.stray.extend_from_slice(&line[..line.len().min(room)]);
        }
        Ok(())
    }

    fn dispatch(&mut self, each: &mut impl FnMut(&str) -> Result<(), ProviderError>) -> Result<(), ProviderError> {
        if std::mem::take(&mut self.has_data) {
            let data = std::mem::take(&mut self.data);
            let passed = each(&data);
            self.data = data;
            self.data.clear();
            return passed;
        }
        Ok(())
    }

    fn within_limit(&self) -> Result<(), ProviderError> {
        if self.line.len() + self.data.len() > MAX_EVENT { Err(ProviderError::TooLong) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the events of a body that comes in these pieces, and what else it has.
    fn events<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> (Vec<String>, String) {
        let (mut lines, mut found) = (EventLines::default(), Vec::new());
        let mut each = |data: &str| {
            found.push(data.to_owned());
            Ok(())
        };
        for piece in pieces {
            lines.push(piece, &mut each).expect("it is short");
        }
        lines.finish(&mut each).expect("it is short");
        (found, String::from_utf8_lossy(lines.stray()).into_owned())
    }

    const STREAM: &str =
        "\u{feff}: hello\nevent: a\ndata: {\"é\":1}\r\n\r\nid: 7\nretry: 5\ndata:x\ndata:  y\n\n\n\ndata: [DONE]";

    #[test]
    fn a_stream_cut_at_any_byte_has_the_same_events() {
        let bytes = STREAM.as_bytes();
        let expected = (vec!["{\"é\":1}".to_owned(), "x\n y".to_owned(), "[DONE]".to_owned()], String::new());
        for cut in 0..=bytes.len() {
            assert_eq!(events([&bytes[..cut], &bytes[cut..]]), expected, "{cut}");
        }
        assert_eq!(events(bytes.chunks(1)), expected);
    }

    #[test]
    fn what_is_not_a_stream_is_kept() {
        let body = r#"{"code":"x","error":"no"}"#;
        assert_eq!(events([body.as_bytes()]), (vec![], body.to_owned()));
        let page = "<html>\n".repeat(STRAY);
        assert_eq!(events([page.as_bytes()]).1.len(), STRAY);
    }

    #[test]
    fn an_event_without_end_is_refused() {
        let mut lines = EventLines::default();
        let piece = vec![b'x'; MAX_EVENT / 4];
        let mut push = || lines.push(&piece, |_| Ok(()));
        assert!((0..4).all(|_| push().is_ok()));
        assert_eq!(push(), Err(ProviderError::TooLong));
    }
}
