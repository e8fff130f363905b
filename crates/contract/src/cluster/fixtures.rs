//! What laws need: users, rooms, moments, quotas, and somebody who listens.

use std::sync::Arc;

use domain::account::{UserRef, Username};
use domain::event::{Event, EventSink};
use domain::limit::Quotas;
use domain::{RoomId, Timestamp, UserId};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use uuid::Uuid;

/// A sink that tells a test what it takes in.
pub struct Ear(UnboundedSender<Heard>);

/// What a sink was told.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// This happened.
    Event(Box<Event>),
    /// Something may have been missed.
    Missed,
}

impl EventSink for Ear {
    fn deliver(&self, event: Event) {
        // A test that has ended listens no more.
        drop(self.0.send(Heard::Event(Box::new(event))));
    }

    fn resync(&self) {
        drop(self.0.send(Heard::Missed));
    }
}

/// A sink, and what it hears.
#[must_use]
pub fn ear() -> (Arc<dyn EventSink>, UnboundedReceiver<Heard>) {
    let (sender, heard) = unbounded_channel();
    (Arc::new(Ear(sender)), heard)
}

/// So many seconds into the test's time.
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

/// Ten logins and one request a day, uploads every millisecond, and no limit for the anonymous.
#[must_use]
pub fn quotas() -> Quotas {
    let quota = |text: &str| Some(text.parse().unwrap());
    Quotas { auth: quota("10/1d"), api: quota("1/1d"), anonymous: None, upload: quota("1000/1s") }
}
