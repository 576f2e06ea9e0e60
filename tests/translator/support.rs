//! Runs the translator as the gateway does: one `Out` per read, forgotten after it was written.

use grok2api::grok::answer::Reader;
use grok2api::grok::fault::Fault;
use grok2api::grok::out::{Out, Piece};
use grok2api::grok::translate::{Finish, Options};

pub const FILTERED: &str = "xaiartifact,xai:tool_usage_card,grok:render";

/// The answer's text, with files shown under the upstream's own names, and how it ended.
pub fn read<'c>(options: &Options, chunks: impl IntoIterator<Item = &'c [u8]>) -> (String, Result<Finish, Fault>) {
    let (mut reader, mut out, mut text) = (Reader::new(options), Out::default(), String::new());
    let mut write = |out: &mut Out| {
        for piece in out.pieces() {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Media(media) => text.push_str(&media.kind.markup(&media.url)),
            }
        }
        out.clear();
    };
    for chunk in chunks {
        let read = reader.push(chunk, &mut out);
        write(&mut out);
        if let Err(fault) = read {
            return (text, Err(fault));
        }
    }
    let end = reader.finish(&mut out);
    write(&mut out);
    (text, end)
}
