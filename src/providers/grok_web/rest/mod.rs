//! Chat over Grok's older HTTP stream, and what still has no other way: picture editing and video.
//!
//! [`payload`] writes requests. [`frames`](super::frames) finds the JSON objects in the answer's bytes, [`event`] reads
//! them from their [`wire`] form, [`assemble`] makes the answer of them; [`reader`] is all of that in one.

use futures::{FutureExt, StreamExt, future::LocalBoxFuture};

use super::client::{Client, ConversationRequest};
use crate::{
    host::ByteStream,
    inference::event::{Events, Finish},
    providers::{Answer, ProviderError},
};

pub mod assemble;
pub mod event;
pub mod payload;
pub mod reader;
pub mod wire;

use reader::Reader;

/// An answer that comes as the body of a response.
struct StreamedAnswer {
    body: ByteStream,
    reader: Reader,
}

/// Sends the request. Returns when the head of the answer is there.
pub async fn open(
    client: &Client<'_>,
    request: ConversationRequest,
    filtered_tags: &str,
) -> Result<Box<dyn Answer>, ProviderError> {
    let body = client.start_conversation(request).await?;
    Ok(Box::new(StreamedAnswer { body, reader: Reader::new(filtered_tags) }))
}

impl Answer for StreamedAnswer {
    fn advance<'a>(&'a mut self, events: &'a mut Events) -> LocalBoxFuture<'a, Result<Option<Finish>, ProviderError>> {
        async move {
            if let Some(Ok(chunk)) = self.body.next().await {
                self.reader.push(&chunk, events)?;
                if !self.reader.closing() {
                    return Ok(None);
                }
            }
            // The end, clean or not: the reader knows whether the answer was whole.
            self.reader.finish(events).map(Some)
        }
        .boxed_local()
    }

    fn started(&self) -> bool {
        self.reader.started()
    }

    fn close(&mut self, events: &mut Events) {
        self.reader.close(events);
    }
}
