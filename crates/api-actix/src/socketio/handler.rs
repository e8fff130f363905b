//! Registering handlers of events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;

use bytes::Bytes;
use socketioxide::extract::{SocketRef, State};

use super::ack::Reply;
use super::arrived::Arrived;
use super::client::Client;
use crate::http::{ApiError, FromFields};
use crate::routing::rate_limit;
use crate::state::AppState;

/// An event, and all that its handler needs.
pub(super) struct Event<T> {
    pub(super) client: Arc<Client>,
    pub(super) input: T,
    pub(super) attachments: VecDeque<Bytes>,
    pub(super) reply: Reply,
    pub(super) state: Arc<AppState>,
}

/// Registers the handler of the events of that name. A client's events count as they arrive, and are parsed and handled one after
/// the other, in the order of their arrival.
pub(super) fn on<T, F>(socket: &SocketRef, name: &'static str, handler: fn(Event<T::Output>) -> F)
where
    T: FromFields<Output: Send + 'static> + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    socket.on(
        name,
        move |socket: SocketRef, arrived: Arrived, reply: Reply, State(state): State<Arc<AppState>>| {
            enqueue(&socket, arrived, reply, state, Arrived::read::<T>, handler);
            ready(())
        },
    );
}

/// Registers the error that events of any other name are answered with.
pub(super) fn refuse_others(socket: &SocketRef, error: fn() -> ApiError) {
    async fn never(event: Event<Infallible>) {
        match event.input {}
    }
    socket.on_fallback(
        move |socket: SocketRef, arrived: Arrived, reply: Reply, State(state): State<Arc<AppState>>| {
            enqueue(&socket, arrived, reply, state, move |_| Err(error()), never);
            ready(())
        },
    );
}

/// Counts and enqueues an event. This runs where packets are read, and so in their order.
fn enqueue<I, F>(
    socket: &SocketRef,
    arrived: Arrived,
    reply: Reply,
    state: Arc<AppState>,
    read: impl FnOnce(&Arrived) -> Result<I, ApiError> + Send + 'static,
    handler: fn(Event<I>) -> F,
) where
    I: Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    // Only clients that were accepted have events.
    let Some(client) = socket.extensions.get::<Arc<Client>>() else { return };
    let counting = {
        let (state, user) = (state.clone(), client.session.identity().user.id);
        tokio::spawn(async move { rate_limit::count_event(&state, user).await })
    };
    match client.queue.reserve() {
        Err(error) => {
            // One who sends that much and takes none of the answers has no use for them.
            if !reply.try_refuse(client.outgoing(), &error) {
                client.engine.end_session();
            }
        }
        Ok(mut place) => {
            let client = client.clone();
            // Without room for it the event is dropped here, and its answer waits alone.
            let arrived = place.hold(&client.engine.budget, arrived.bytes()).map(|()| arrived);
            place.send(async move {
                let counted =
                    counting.await.unwrap_or_else(|error| Err(ApiError::internal(error.to_string())));
                match counted.and(arrived).and_then(|arrived| Ok((read(&arrived)?, arrived.attachments))) {
                    Ok((input, attachments)) => {
                        handler(Event { client, input, attachments, reply, state }).await;
                    }
                    Err(error) => reply.send(client.outgoing(), Err(error)).await,
                }
            });
        }
    }
}
