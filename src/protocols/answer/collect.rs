//! Collects an answer: the same message as a stream's, in one piece.

use std::rc::Rc;

use super::{
    message::Collected,
    render::Renderer,
    wire::{Ending, Wire},
};
use crate::{
    inference::{
        conversation::Step,
        event::Finish,
        run::{Failure, StartedAnswer},
        usage::{Repairs, Usage},
    },
    providers::ProviderError,
};

/// A complete answer.
pub struct Finished {
    pub json: Vec<u8>,
    /// Without earlier turns of the answer.
    pub usage: Usage,
    pub repairs: Repairs,
}

/// An answer that failed.
pub struct Unfinished {
    pub failure: Failure,
    pub repairs: Repairs,
}

/// Reads the answer to its end. Fails with the provider's error, or if the answer's files cannot be stored. Another
/// account may be tried then, unless something has been sent to the client.
pub async fn collect(
    mut answer: StartedAnswer,
    mut renderer: Renderer,
    wire: Rc<dyn Wire>,
    prompt_tokens: u64,
) -> Result<Finished, Unfinished> {
    let collected = message(&mut answer, &mut renderer).await;
    let repairs = answer.conversation.repairs();
    let (message, finish) = collected.map_err(|failure| Unfinished { failure, repairs })?;
    let estimated = Usage::estimated(prompt_tokens, message.completion_tokens());
    let usage = answer.conversation.usage().unwrap_or(estimated);
    let json = wire.json(&message, &Ending { finish, citations: renderer.citations(), usage: usage.with(repairs) });
    if let Some(keeping) = wire.keep() {
        drop(answer);
        keeping.await;
    }
    Ok(Finished { json, usage, repairs })
}

async fn message(answer: &mut StartedAnswer, renderer: &mut Renderer) -> Result<(Collected, Finish), Failure> {
    let mut collected = Collected::default();
    let mut step = Step::More;
    loop {
        let StartedAnswer { events, files, .. } = &mut *answer;
        renderer.write_all(events, files, &mut collected).await.map_err(Failure::Unstored)?;
        if let Step::End(finish) = step {
            if renderer.is_empty() {
                return Err(ProviderError::Empty.into());
            }
            renderer.finish(finish, &mut collected);
            return Ok((collected, finish));
        }
        step = answer.conversation.advance(&mut answer.events, None).await?;
    }
}
