//! The packets that wait for the client of a session, and the transport by which they leave.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::http::outgoing::Outgoing;

/// The transport that a client uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Polling,
    WebSocket,
}

/// The way of packets to the client.
pub(super) struct Downlink(Mutex<State>);

struct State {
    transport: Transport,
    /// `None` until the client has authenticated.
    outgoing: Option<Arc<Outgoing>>,
    /// The reader of each transport.
    polling: Option<Waker>,
    websocket: Option<Waker>,
}

impl State {
    fn reader(&mut self, transport: Transport) -> &mut Option<Waker> {
        match transport {
            Transport::Polling => &mut self.polling,
            Transport::WebSocket => &mut self.websocket,
        }
    }
}

impl Downlink {
    pub(super) fn new(transport: Transport) -> Self {
        Self(Mutex::new(State { transport, outgoing: None, polling: None, websocket: None }))
    }

    /// Lets these packets leave, and no others any more.
    pub(super) fn attach(&self, outgoing: Arc<Outgoing>) {
        let mut state = self.state();
        state.outgoing = Some(outgoing);
        let transport = state.transport;
        let reader = state.reader(transport).take();
        wake(state, reader);
    }

    /// Lets packets leave by WebSocket from now on: the client has upgraded its transport.
    pub(super) fn upgraded(&self) {
        let mut state = self.state();
        state.transport = Transport::WebSocket;
        let reader = state.websocket.take();
        wake(state, reader);
    }

    /// Polls for frames that leave together by this transport. There are none while the client uses the other.
    pub(super) fn poll(&self, transport: Transport, context: &mut Context<'_>) -> Poll<Bytes> {
        let mut state = self.state();
        if state.transport == transport
            && let Some(outgoing) = &state.outgoing
            && let Poll::Ready(Some(frames)) = outgoing.poll(context)
        {
            return Poll::Ready(frames);
        }
        let reader = state.reader(transport);
        if reader.as_ref().is_none_or(|reader| !reader.will_wake(context.waker())) {
            *reader = Some(context.waker().clone());
        }
        Poll::Pending
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes a reader, without the lock that it takes.
fn wake(state: MutexGuard<'_, State>, reader: Option<Waker>) {
    drop(state);
    if let Some(reader) = reader {
        reader.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use domain::RoomId;
    use domain::room::Revision;
    use live::{Delivery, EncodedEvent, LiveEvent};
    use uuid::Uuid;

    use super::super::json;
    use super::*;

    fn push(outgoing: &Outgoing, revision: i64) {
        let event = LiveEvent::CaughtUp(RoomId(Uuid::nil()), Revision(revision));
        outgoing.outbox.push(Delivery::Event(EncodedEvent::new(event)));
    }

    fn take(downlink: &Downlink, transport: Transport) -> bool {
        downlink.poll(transport, &mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn packets_leave_by_the_transport_that_the_client_uses() {
        let (downlink, outgoing) = (Downlink::new(Transport::Polling), Outgoing::new(json::event));
        downlink.attach(outgoing.clone());
        push(&outgoing, 7);
        assert!(!take(&downlink, Transport::WebSocket), "the upgrade is not done");
        assert!(take(&downlink, Transport::Polling));
        downlink.upgraded();
        push(&outgoing, 8);
        assert!(!take(&downlink, Transport::Polling));
        assert!(take(&downlink, Transport::WebSocket));
    }

    #[tokio::test]
    async fn readers_that_wait_receive_what_comes_by_an_upgrade_or_a_new_authentication() {
        let (downlink, first) = (Downlink::new(Transport::Polling), Outgoing::new(json::event));
        downlink.attach(first.clone());
        push(&first, 7);
        let read = || poll_fn(|context| downlink.poll(Transport::WebSocket, context));
        let upgrading = async { downlink.upgraded() };
        assert_eq!(tokio::join!(biased; read(), upgrading).0, json_of(7));
        let second = Outgoing::new(json::event);
        let authenticating = async {
            downlink.attach(second.clone());
            push(&first, 8);
            push(&second, 9);
        };
        assert_eq!(tokio::join!(biased; read(), authenticating).0, json_of(9));
    }

    fn json_of(revision: i64) -> Bytes {
        let event = LiveEvent::CaughtUp(RoomId(Uuid::nil()), Revision(revision));
        json::event(&EncodedEvent::new(event))
    }
}
