//! Writes all pictures of an answer in one object.

use bytes::Bytes;
use http::HeaderValue;

use super::{MISSING, Wanted, check::Form, made::Made, wire};
use crate::{
    error::Error,
    host::Response,
    http::response,
    inference::{
        event::FileRef,
        media::{AddedFile, Files},
        record::RequestRecord,
        run::{Failure, StartedAnswer},
    },
};

/// Reads the answer to its end and responds with its pictures; notes in the record what they cost. If some are missing, a
/// header says how many. Fails with the provider's error if none came, and if none of them can be delivered.
pub async fn respond(
    mut answer: StartedAnswer,
    wanted: &Wanted,
    record: &mut RequestRecord,
) -> Result<Response, Failure> {
    let mut made = Made::default();
    loop {
        made.take(&mut answer);
        if made.is_over {
            break;
        }
        let step = answer.conversation.advance(&mut answer.events, None).await;
        made.take(&mut answer);
        made.ended(step)?;
    }
    let StartedAnswer { conversation, files, .. } = answer;
    record.reported(conversation.usage());
    // The connection closes before the pictures are stored.
    drop(conversation);
    let created = files.app.now_seconds();
    let added = files.add(&made.files.iter().collect::<Vec<_>>()).await.map_err(Failure::Unstored)?;
    let (mut delivered, mut failed) = (Vec::new(), None);
    for (file, added) in made.files.iter().zip(added) {
        match deliver(&files, file, added, wanted.form).await {
            Ok(text) => delivered.push(text),
            Err(error) => failed = Some(error),
        }
    }
    if let Some(error) = failed.filter(|_| delivered.is_empty()) {
        return Err(Failure::Unstored(error));
    }
    let missing = wanted.count.saturating_sub(delivered.len());
    let mut reply = response::json_bytes(wire::pictures(created, wanted, made.files.first(), &delivered));
    if missing > 0 {
        reply.headers_mut().insert(MISSING, HeaderValue::from(missing));
    }
    Ok(reply)
}

/// Returns the address, or the bytes as base64.
async fn deliver(files: &Files, file: &FileRef, added: AddedFile, form: Form) -> Result<Bytes, Error> {
    match form {
        Form::Address => added.served().map(Bytes::from),
        Form::Base64 => Ok(files.inline(file, &added).await?.base64),
    }
}
