//! The pictures of an answer, as they come.

use crate::{
    inference::{
        conversation::Step,
        event::{Event, FileRef, Preview},
        run::{Failure, StartedAnswer},
    },
    media::kind::MediaKind,
    providers::ProviderError,
};

/// The pictures that have come.
#[derive(Debug, Default)]
pub struct Made {
    pub files: Vec<FileRef>,
    /// Whether all that the client can get has come.
    pub is_over: bool,
    /// Whether the pictures are being added to the gallery.
    pub is_added: bool,
}

impl Made {
    /// Takes the pictures out of the answer's events. Returns the previews among them.
    pub fn take(&mut self, answer: &mut StartedAnswer) -> Vec<Preview> {
        let mut previews = Vec::new();
        for event in answer.events.iter() {
            match event {
                Event::File(file) if file.kind == MediaKind::Image => self.files.push(file.clone()),
                Event::Preview(preview) => previews.push(preview.clone()),
                _ => {}
            }
        }
        answer.events.clear();
        previews
    }

    /// Notes a step of the answer. An error after some pictures ends the answer: the client gets those that came. Fails
    /// with the error if none came.
    pub fn ended(&mut self, step: Result<Step, ProviderError>) -> Result<(), Failure> {
        match step {
            Ok(Step::More | Step::Idle) => return Ok(()),
            Ok(Step::End(_)) if self.files.is_empty() => return Err(ProviderError::Empty.into()),
            Err(fault) if self.files.is_empty() => return Err(fault.into()),
            Ok(Step::End(_)) | Err(_) => {}
        }
        self.is_over = true;
        Ok(())
    }
}
