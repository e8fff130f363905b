//! What waits for one socket, and how the hub tells it to end.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{RoomId, SessionId, UserId};
use tokio::sync::Notify;

use super::wire::Encoded;

/// How many events may wait for a socket. One that is further behind is cut off, and catches up when it returns.
const LONGEST: usize = 1_024;

/// Something for a socket.
pub(crate) enum Item {
    /// Send this.
    Event(Arc<Encoded>),
    /// Nothing more comes from that room.
    Over(RoomId),
}

/// Why the hub ends a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Its session is over.
    Revoked,
    /// Its reader is too slow.
    Slow,
    /// The server goes down.
    Shutdown,
}

/// A bounded queue before a socket. Whoever fills it never waits.
pub(crate) struct Outbox {
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    end: Option<End>,
}

impl Outbox {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), filled: Notify::new() })
    }

    /// Puts something in; a queue that is full ends the socket instead.
    pub(crate) fn push(&self, item: Item) {
        let mut state = self.state();
        if state.end.is_some() {
            return;
        }
        if state.items.len() >= LONGEST {
            // Nobody needs what waited: it would come after the hole.
            state.items.clear();
            state.end = Some(End::Slow);
            metrics::counter!("parlor_slow_readers_total").increment(1);
        } else {
            state.items.push_back(item);
        }
        drop(state);
        self.filled.notify_one();
    }

    /// Ends the socket, before anything else that waits.
    pub(crate) fn end(&self, end: End) {
        self.state().end.get_or_insert(end);
        self.filled.notify_one();
    }

    /// Why the socket must end, if it must.
    pub(crate) fn ended(&self) -> Option<End> {
        self.state().end
    }

    /// Resolves once the socket must end.
    pub(crate) async fn wait_for_end(&self) -> End {
        loop {
            let filled = self.filled.notified();
            if let Some(end) = self.ended() {
                // Others wait for the same.
                self.filled.notify_one();
                return end;
            }
            filled.await;
        }
    }

    /// The next thing that waits, without waiting.
    #[cfg(test)]
    pub(crate) fn try_next(&self) -> Option<Item> {
        self.state().items.pop_front()
    }

    /// The next thing, or why there is none any more.
    pub(crate) async fn next(&self) -> Result<Item, End> {
        loop {
            let filled = self.filled.notified();
            {
                let mut state = self.state();
                if let Some(end) = state.end {
                    return Err(end);
                }
                if let Some(item) = state.items.pop_front() {
                    return Ok(item);
                }
            }
            filled.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A socket as the hub knows it.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
    pub(crate) outbox: Arc<Outbox>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const ROOM: RoomId = RoomId(Uuid::from_u128(1));

    #[tokio::test]
    async fn a_reader_that_falls_too_far_behind_is_ended_and_keeps_no_memory() {
        let outbox = Outbox::new();
        for _ in 0..=LONGEST {
            outbox.push(Item::Over(ROOM));
        }
        assert!(matches!(outbox.next().await, Err(End::Slow)));
        assert!(outbox.try_next().is_none());
        outbox.push(Item::Over(ROOM));
        assert!(outbox.try_next().is_none());
    }

    #[tokio::test]
    async fn the_end_comes_before_what_waits() {
        let outbox = Outbox::new();
        outbox.push(Item::Over(ROOM));
        outbox.end(End::Revoked);
        outbox.end(End::Shutdown);
        assert!(matches!(outbox.next().await, Err(End::Revoked)));
    }
}
