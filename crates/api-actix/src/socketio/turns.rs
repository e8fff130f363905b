//! A client's events, one after the other as they came: socketioxide runs each handler in a task of its own, and tasks
//! overtake each other.

use std::future::{Ready, ready};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use socketioxide::ParserError;
use socketioxide::extract::{AckSender, SocketRef, State, TryData};
use tokio::sync::mpsc;

use super::client::Client;
use super::cuts::Cuts;
use super::events::acknowledge;
use crate::http::ApiError;
use crate::state::AppState;

/// How many events of a client may wait for those before them.
const LONGEST: usize = 256;

/// An event that has its turn, and all that it takes to answer it.
pub(super) struct Event<T> {
    pub(super) socket: SocketRef,
    pub(super) client: Arc<Client>,
    pub(super) data: Result<T, ParserError>,
    pub(super) ack: AckSender,
    pub(super) api: Arc<AppState>,
    pub(super) cuts: Arc<Cuts>,
}

/// The events of one client.
pub(super) struct Turns(mpsc::Sender<BoxFuture<'static, ()>>);

impl Turns {
    pub(super) fn new() -> Self {
        let (turns, mut waiting) = mpsc::channel(LONGEST);
        tokio::spawn(async move {
            while let Some(turn) = waiting.recv().await {
                // One that panics ends itself alone.
                let _ended = tokio::spawn(turn).await;
            }
        });
        Self(turns)
    }
}

/// Has an event of that name answered by `answer` when its turn has come.
pub(super) fn on<T, F>(socket: &SocketRef, name: &'static str, answer: fn(Event<T>) -> F)
where
    T: DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    // Until it answers a future, a handler runs where packets are read, in their order.
    let line_up = move |socket: SocketRef,
                        TryData(data): TryData<T>,
                        ack: AckSender,
                        State(api): State<Arc<AppState>>,
                        State(cuts): State<Arc<Cuts>>|
          -> Ready<()> {
        match socket.extensions.get::<Arc<Client>>() {
            None => acknowledge(ack, Err(domain::Refusal::Unauthenticated.into())),
            Some(client) => match client.turns.0.try_reserve() {
                Err(_) => acknowledge(ack, Err(ApiError::too_many_events())),
                Ok(place) => {
                    let client = client.clone();
                    place.send(Box::pin(answer(Event { socket, client, data, ack, api, cuts })));
                }
            },
        }
        ready(())
    };
    socket.on(name, line_up);
}
