//! Stores a response before its end is sent, so that a client that has read it can continue it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures::{FutureExt, future::LocalBoxFuture};

use super::wire::{Head, State};
use crate::{
    app::App,
    crypto::vault::Vault,
    error::Result,
    inference::record::RequestRecord,
    settings::Settings,
    store::responses::{self, NewResponse},
};

/// The longest JSON of a response and its new items that is stored, in bytes. D1 takes texts of 2 MB, and encryption makes
/// a third more of it.
const MAX_STORED: usize = 1 << 20;

/// What one request must store. The default stores nothing.
#[derive(Default)]
pub struct Keeper {
    /// `None` if the client does not want the response to be stored.
    wanted: Option<Wanted>,
    key_id: Cell<i64>,
    app: RefCell<Option<Rc<App>>>,
    /// The complete response as JSON.
    complete: RefCell<Option<String>>,
}

struct Wanted {
    id: String,
    /// The new items of the request, a JSON array.
    input: String,
    previous: Option<String>,
}

impl Keeper {
    /// Returns the keeper of a response with this head, which continues `previous`.
    pub fn new(head: &Head, input: String, previous: Option<String>) -> Self {
        let wanted = Wanted { id: head.id(), input, previous };
        Keeper { wanted: Some(wanted), ..Keeper::default() }
    }

    /// Notes in the head whether the response will be stored: as far as the client, the setting and its length allow.
    pub fn begin(&self, head: &Head, settings: &Settings, record: &RequestRecord) {
        let fits = self.wanted.as_ref().is_some_and(|wanted| wanted.input.len() <= MAX_STORED);
        head.store.set(fits && settings.global.store_responses);
        self.key_id.set(record.caller.key_id);
        self.app.replace(Some(record.app.clone()));
    }

    /// Returns the complete response as JSON, and keeps it to be stored.
    pub fn complete(&self, head: &Head, state: &State<'_>, items: &[String]) -> String {
        let response = head.response(state, items);
        let length = self.wanted.as_ref().map_or(0, |wanted| wanted.input.len()) + response.len();
        if !head.store.get() {
            return response;
        }
        if length > MAX_STORED {
            head.store.set(false);
            return head.response(state, items);
        }
        self.complete.replace(Some(response.clone()));
        response
    }

    /// Returns the work of storing the response, if it is to be stored. A failure becomes a line in the host's log.
    pub fn keep(&self) -> Option<LocalBoxFuture<'static, ()>> {
        let (response, app) = (self.complete.take()?, self.app.borrow().clone()?);
        let Wanted { id, input, previous } = self.wanted.as_ref()?;
        let clear = format!("{{\"response\":{response},\"input\":{input}}}");
        let (id, previous, key_id) = (id.clone(), previous.clone(), self.key_id.get());
        let work = async move {
            if let Err(error) = store(&app, id, previous, key_id, &clear).await {
                eprintln!("{}: a response could not be stored: {error}", app.request_id);
            }
        };
        Some(work.boxed_local())
    }
}

async fn store(app: &App, id: String, previous: Option<String>, key_id: i64, clear: &str) -> Result<()> {
    let vault = Vault::open(&*app.host).await?;
    let sealed = vault.seal(&*app.host, clear, &id);
    responses::add(&app.db, &NewResponse { id, key_id, previous, created_at: app.now_ms(), sealed }).await
}
