//! Fixtures: users, rooms, moments, quotas, and an event sink.

use std::sync::Arc;

use domain::account::{UserRef, Username};
use domain::event::{Event, EventSink};
use domain::limit::Quotas;
use domain::{RoomId, Timestamp, UserId};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use uuid::Uuid;

/// A sink that passes events to a test.
pub struct TestSink(UnboundedSender<SinkCall>);

/// A call to a sink.
#[derive(Debug, PartialEq, Eq)]
pub enum SinkCall {
    /// An event was delivered.
    Event(Box<Event>),
    /// Events may have been missed.
    Resync,
}

impl EventSink for TestSink {
    fn deliver(&self, event: Event) {
        // The test may have ended.
        drop(self.0.send(SinkCall::Event(Box::new(event))));
    }

    fn resync(&self) {
        drop(self.0.send(SinkCall::Resync));
    }
}

/// Returns a sink, and the receiver of its calls.
#[must_use]
pub fn sink() -> (Arc<dyn EventSink>, UnboundedReceiver<SinkCall>) {
    let (sender, calls) = unbounded_channel();
    (Arc::new(TestSink(sender)), calls)
}

/// A number of seconds after the start of the test's time.
#[must_use]
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_micros(1_763_712_345_678_901 + seconds * 1_000_000).unwrap()
}

/// One of many rooms.
#[must_use]
pub fn room(n: u128) -> RoomId {
    RoomId(Uuid::from_u128(n))
}

/// One of many users.
#[must_use]
pub fn user(n: u128) -> UserRef {
    let username = Username::parse(&format!("user-{n}")).unwrap();
    UserRef { id: UserId(Uuid::from_u128(n)), username }
}

/// Ten logins and one request a day, an upload every millisecond, and no limit for anonymous clients.
#[must_use]
pub fn quotas() -> Quotas {
    let quota = |text: &str| Some(text.parse().unwrap());
    Quotas { auth: quota("10/1d"), api: quota("1/1d"), anonymous: None, upload: quota("1000/1s") }
}
