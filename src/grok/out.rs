//! What the translator hands on: text, with pictures and videos at their places in it.

use super::media::MediaRef;

/// The answer's next stretch. Text of several events is one piece: it leaves in one write anyway.
#[derive(Debug, Default)]
pub struct Out {
    pub(super) text: String,
    /// Where in `text` each file stands.
    pub(super) media: Vec<(usize, MediaRef)>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    Media(&'a MediaRef),
}

impl Out {
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.media.is_empty()
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.media.clear();
    }

    /// The pieces in order, none of them empty.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut from = 0;
        let before = self.media.iter().flat_map(move |(at, media)| {
            let text = &self.text[from..*at];
            from = *at;
            [Piece::Text(text), Piece::Media(media)]
        });
        let last = self.media.last().map_or(0, |(at, _)| *at);
        let pieces = before.chain([Piece::Text(&self.text[last..])]);
        pieces.filter(|piece| *piece != Piece::Text(""))
    }
}
