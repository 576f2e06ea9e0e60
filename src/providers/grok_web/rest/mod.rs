//! Chat over Grok's older HTTP stream, and what only it offers: picture editing and video.
//!
//! Owns the payloads and frames of that stream; never opens a WebSocket.
//!
//! ```ignore
//! let mut reader = Reader::new("xaiartifact,grok:render");
//! reader.push(&chunk, &mut events)?;
//! let finish = reader.finish(&mut events)?;
//! ```
//!
//! - [`payload`]: writes requests.
//! - [`frames`](super::frames): finds the JSON objects; [`wire`]: their form; [`event`]: reads them.
//! - [`assemble`]: makes the answer; [`reader`]: all of these in one.

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

use assemble::Expected;
use reader::Reader;

/// An answer that comes as the body of a response.
struct StreamedAnswer {
    body: ByteStream,
    reader: Reader,
}

/// Sends the request and returns when the head of the response has arrived. Fails with the provider's error.
pub async fn open(
    client: &Client<'_>,
    request: ConversationRequest,
    expected: Expected,
    filtered_tags: &str,
) -> Result<Box<dyn Answer>, ProviderError> {
    let body = client.start_conversation(request).await?;
    Ok(Box::new(StreamedAnswer { body, reader: Reader::expecting(expected, filtered_tags) }))
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
            // The body has ended, cleanly or not. The reader knows whether the answer was complete.
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
