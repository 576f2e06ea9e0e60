//! An answer that comes as the stream of `POST /responses`.

use futures::{FutureExt, StreamExt, future::LocalBoxFuture};

use super::{assemble::Asked, client::Client, names::Names, prices::Price, request::Body, stream::Reader};
use crate::{
    host::ByteStream,
    inference::{
        event::{Events, Finish},
        prompt::OutputFormat,
        usage::Usage,
    },
    providers::{Answer, Call, ProviderError},
};

struct StreamedAnswer {
    body: ByteStream,
    reader: Reader,
}

/// Sends the prompt and returns when the head of the response has arrived. A request that is refused for a part that it
/// can do without is sent once more without it. Fails with the API's error.
pub async fn open(call: &Call<'_>, client: &Client<'_>) -> Result<Box<dyn Answer>, ProviderError> {
    if call.is_too_long {
        return Err(ProviderError::PromptTooLong);
    }
    let names = Names::new(call.prompt);
    let body = {
        let mut without = Vec::new();
        loop {
            let request = Body::new(call, &names, &without)?;
            call.asked.set(Some(call.app.host.monotonic_ms()));
            match client.post("/responses", &request).await {
                Ok(body) => break body,
                Err(refusal) => match refusal.without.filter(|part| request.has(*part)) {
                    Some(part) => without.push(part),
                    None => return Err(refusal.error),
                },
            }
        }
    };
    let searches = call.prompt.searches;
    let is_json = call.prompt.format != OutputFormat::Text;
    let asked = Asked {
        names,
        account_id: call.account.id,
        has_citations: (searches.web || searches.x) && !is_json,
        is_json,
        price: Price::of(&call.model.upstream_name),
        prompt_tokens: call.prompt.tokens(),
    };
    Ok(Box::new(StreamedAnswer { body, reader: Reader::new(asked) }))
}

impl Answer for StreamedAnswer {
    fn advance<'a>(&'a mut self, events: &'a mut Events) -> LocalBoxFuture<'a, Result<Option<Finish>, ProviderError>> {
        async move {
            match self.body.next().await {
                Some(Ok(chunk)) => self.reader.push(&chunk, events),
                Some(Err(_)) => self.reader.finish(true, events).map(Some),
                None => self.reader.finish(false, events).map(Some),
            }
        }
        .boxed_local()
    }

    fn started(&self) -> bool {
        self.reader.started()
    }

    fn close(&mut self, events: &mut Events) {
        self.reader.close(events);
    }

    fn usage(&self) -> Option<Usage> {
        self.reader.usage()
    }
}
