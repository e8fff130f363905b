//! Registering handlers of events.

use std::future::{Ready, ready};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use socketioxide::ParserError;
use socketioxide::extract::{AckSender, SocketRef, State, TryData};

use super::ack::acknowledge;
use super::client::Client;
use super::web_sockets::WebSockets;
use crate::state::AppState;

/// An event, and all that its handler needs.
pub(super) struct Event<T> {
    pub(super) socket: SocketRef,
    pub(super) client: Arc<Client>,
    pub(super) data: Result<T, ParserError>,
    pub(super) ack: AckSender,
    pub(super) state: Arc<AppState>,
    pub(super) web_sockets: Arc<WebSockets>,
}

/// Registers the handler of the events of that name. A client's events are handled in the order of their arrival.
pub(super) fn on<T, F>(socket: &SocketRef, name: &'static str, handler: fn(Event<T>) -> F)
where
    T: DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    // A handler runs where packets are read, and so in their order, until it returns a future.
    let enqueue = move |socket: SocketRef,
                        TryData(data): TryData<T>,
                        ack: AckSender,
                        State(state): State<Arc<AppState>>,
                        State(web_sockets): State<Arc<WebSockets>>|
          -> Ready<()> {
        match socket.extensions.get::<Arc<Client>>() {
            None => acknowledge(ack, Err(domain::Refusal::Unauthenticated.into())),
            Some(client) => match client.queue.reserve() {
                Err(error) => acknowledge(ack, Err(error)),
                Ok(place) => {
                    let client = client.clone();
                    place.send(Box::pin(handler(Event { socket, client, data, ack, state, web_sockets })));
                }
            },
        }
        ready(())
    };
    socket.on(name, enqueue);
}
