//! Content codings of request bodies (RFC 9110 §8.4): gzip and zstd.
//!
//! Clients that resend a long conversation compress it, Codex with zstd. A body is decoded piece by piece, so that
//! the route's limit counts decoded bytes.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use http::{HeaderMap, header};
use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{FrameDecoderError, ReadFrameHeaderError},
};

use crate::error::{Error, ErrorKind, Result};

/// The codings that are decoded, as `Accept-Encoding` lists them.
pub const ACCEPTED: &str = "gzip, zstd";

/// The largest window of a zstd frame, in bytes: senders must stay below it (RFC 9659), and decoding keeps as much in
/// memory.
const MAX_WINDOW: u64 = 8 << 20;

/// How many times longer text usually becomes. The buffer gets this room at once, because one that grows by doubling
/// takes up to twice the memory.
const USUAL_RATIO: usize = 8;

/// A content coding of a request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentCoding {
    Gzip,
    Zstd,
}

impl ContentCoding {
    /// Returns the coding of a request's body; `None` for a plain one. Fails with 415 for several codings, or for one
    /// that is not supported.
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<Self>> {
        let values = headers.get_all(header::CONTENT_ENCODING).into_iter();
        let names = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
        let mut coding = None;
        for name in names.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity")) {
            let found = match name.to_ascii_lowercase().as_slice() {
                b"gzip" | b"x-gzip" => ContentCoding::Gzip,
                b"zstd" => ContentCoding::Zstd,
                _ => return Err(unsupported("This Content-Encoding is not supported")),
            };
            if coding.replace(found).is_some() {
                return Err(unsupported("A body with several codings is not supported"));
            }
        }
        Ok(coding)
    }

    /// Returns the decoded body, or `None` as soon as it is longer than `limit` bytes. Fails with 400 when the data is
    /// corrupt, is cut off, or needs more memory than [`MAX_WINDOW`].
    pub fn decode(self, body: &[u8], limit: usize) -> Result<Option<Vec<u8>>> {
        self.decode_from(body, Vec::with_capacity((limit + 1).min(USUAL_RATIO * body.len())), limit)
    }

    fn decode_from(self, body: impl BufRead, mut decoded: Vec<u8>, limit: usize) -> Result<Option<Vec<u8>>> {
        let most = limit as u64 + 1;
        let (name, read) = match self {
            ContentCoding::Gzip => ("gzip", MultiGzDecoder::new(body).take(most).read_to_end(&mut decoded)),
            ContentCoding::Zstd => ("zstd", ZstdFrames::new(body).take(most).read_to_end(&mut decoded)),
        };
        match read {
            Ok(length) => Ok((length <= limit).then_some(decoded)),
            Err(error) => {
                let is_window = error.kind() == io::ErrorKind::Unsupported;
                let reason = if is_window { "its window is larger than 8 MiB" } else { "it is corrupt or cut off" };
                let message = format!(
                    "The request body cannot be decoded as {name}: {reason}. Compress it again, or send it without \
                     Content-Encoding"
                );
                Err(Error::new(ErrorKind::Invalid, message))
            }
        }
    }
}

fn unsupported(reason: &str) -> Error {
    let message = format!("{reason}: send the body with one of {ACCEPTED}, or without Content-Encoding");
    Error::new(ErrorKind::UnsupportedCoding, message)
}

/// Reads the content of a sequence of zstd frames (RFC 8878 §3.1).
struct ZstdFrames<R> {
    source: R,
    frame: FrameDecoder,
}

impl<R: BufRead> ZstdFrames<R> {
    fn new(source: R) -> Self {
        let mut frame = FrameDecoder::new();
        frame.set_max_window_size(MAX_WINDOW);
        ZstdFrames { source, frame }
    }

    /// Reads the header of the next frame, or skips a whole skippable frame.
    fn next_frame(&mut self) -> io::Result<()> {
        match self.frame.reset(&mut self.source) {
            Ok(()) => Ok(()),
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                let length = u64::from(length);
                let skipped = io::copy(&mut self.source.by_ref().take(length), &mut io::sink())?;
                if skipped == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
            }
            Err(FrameDecoderError::WindowSizeTooBig { .. }) => Err(io::ErrorKind::Unsupported.into()),
            Err(_) => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.frame.can_collect() == 0 {
            if !self.frame.is_finished() {
                // A block is at most 128 KiB long.
                let decoded = self.frame.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1));
                decoded.map_err(|_| io::ErrorKind::InvalidData)?;
                continue;
            }
            let stated = self.frame.get_checksum_from_data();
            if stated.is_some() && stated != self.frame.get_calculated_checksum() {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if self.source.fill_buf()?.is_empty() {
                return Ok(0);
            }
            self.next_frame()?;
        }
        self.frame.read(buffer)
    }
}

#[cfg(test)]
pub mod tests;
