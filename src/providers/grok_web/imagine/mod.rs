//! Pictures from text over Grok's Imagine WebSocket, at `/ws/imagine/listen`.
//!
//! Owns the messages of that socket. This file opens the connection and moves them; the others are pure.
//!
//! ```ignore
//! let mut session = Session::new(Wanted { count: 4, previews: 0, bytes: true, assets });
//! let finish = session.receive(&message, &mut events)?;
//! ```
//!
//! - [`message`]: writes the client's messages; `wire`: parses the server's; [`session`]: the state of each picture.
//!
//! A finished picture comes inline and with an address. That of the public host `imagine-public.x.ai` can be fetched later
//! without cookies. Paths, which older servers send, cannot: then the inline picture is all there is.

use std::{rc::Rc, time::Duration};

use futures::{FutureExt, StreamExt, future::LocalBoxFuture};

use super::{
    client::{self, Client},
    dial::{self, Door},
    headers::uuid_v4,
};
use crate::{
    app::App,
    host::{
        timeout::timeout,
        websocket::{self, Messages, WebSocket},
    },
    inference::event::{Events, Finish},
    providers::{Answer, Call, ProviderError},
};

pub mod message;
pub mod session;
mod wire;

use message::Request;
use session::{Session, Wanted};

/// The time limit for sending the request, and for the close.
const SEND_LIMIT: Duration = Duration::from_secs(15);
const CLOSE_LIMIT: Duration = Duration::from_secs(5);
const NORMAL: u16 = 1000;

/// Pictures that are being drawn, on their own connection.
struct ImagineAnswer {
    app: Rc<App>,
    socket: Rc<dyn WebSocket>,
    messages: Messages,
    session: Session,
}

/// Connects and asks for the pictures of the prompt. Returns when the request has been sent. Fails with the provider's
/// error.
pub async fn open(call: &mut Call<'_>, client: &Client<'_>, is_pro: bool) -> Result<Box<dyn Answer>, ProviderError> {
    let socket = dial::connect(client, call.account, call.learned, Door::Imagine).await?;
    let (app, drawing) = (call.app, &call.prompt.drawing);
    let request = Request {
        id: uuid_v4(app.random()),
        text: call.prompt.last_question(),
        ratio: drawing.ratio,
        is_pro,
        count: drawing.count,
    };
    let now = app.now_ms();
    let sent = async {
        socket.send(message::reset(now)).await?;
        socket.send(message::request(now, &request)).await
    };
    match timeout(&*app.host, Some(SEND_LIMIT), sent).await {
        Some(Ok(())) => {}
        Some(Err(error)) => return Err(ProviderError::Connect(error.to_string())),
        None => return Err(ProviderError::Timeout),
    }
    let assets = client::assets_url(app).await?;
    let wanted = Wanted { count: drawing.count, previews: drawing.previews, bytes: drawing.bytes, assets };
    let messages = websocket::messages(socket.clone());
    Ok(Box::new(ImagineAnswer { app: app.clone(), socket, messages, session: Session::new(wanted) }))
}

impl ImagineAnswer {
    async fn read(&mut self, events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        let end = match self.messages.next().await {
            Some(Ok(text)) => self.session.receive(&text, events),
            Some(Err(error)) => {
                eprintln!("{}: the Imagine WebSocket ended before the pictures: {error}", self.app.request_id);
                self.session.broken().map(Some)
            }
            None => self.session.broken().map(Some),
        };
        if !matches!(end, Ok(None)) {
            self.hang_up();
        }
        end
    }

    fn hang_up(&self) {
        let (host, socket) = (self.app.host.clone(), self.socket.clone());
        let close = async move { timeout(&*host, Some(CLOSE_LIMIT), socket.close(NORMAL, "")).await };
        self.app.host.spawn(close.map(Option::unwrap_or_default).boxed_local());
    }
}

impl Answer for ImagineAnswer {
    fn advance<'a>(&'a mut self, events: &'a mut Events) -> LocalBoxFuture<'a, Result<Option<Finish>, ProviderError>> {
        self.read(events).boxed_local()
    }

    fn started(&self) -> bool {
        self.session.started()
    }

    fn close(&mut self, _: &mut Events) {
        self.hang_up();
    }
}
