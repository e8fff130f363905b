//! What waits for one socket, and how the hub tells it to end.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use domain::room::Revision;
use domain::{RoomId, SessionId, UserId};
use tokio::sync::Notify;

use super::bell::{Bell, Readers};
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
    ended: Notify,
    /// That of the thread that its reader lives on.
    bell: Option<Bell>,
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    end: Option<End>,
    reader: Option<Waker>,
}

impl Outbox {
    /// One whose reader lives on this thread, if it is a worker's.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), ended: Notify::new(), bell: Bell::here() })
    }

    /// Puts something in; a queue that is full ends the socket instead.
    pub(crate) fn push(&self, item: Item) {
        if let Some(reader) = self.put(item) {
            reader.wake();
        }
    }

    /// The same, where many are to be woken together.
    pub(super) fn push_for(&self, item: Item, readers: &mut Readers) {
        let Some(reader) = self.put(item) else { return };
        match &self.bell {
            Some(bell) => readers.add(bell, reader),
            None => reader.wake(),
        }
    }

    /// Puts something in; answers who must be woken.
    fn put(&self, item: Item) -> Option<Waker> {
        let mut state = self.state();
        if state.end.is_some() {
            return None;
        }
        if state.items.len() >= LONGEST {
            // Nobody needs what waited: it would come after the hole.
            state.items.clear();
            state.end = Some(End::Slow);
            metrics::counter!("parlor_slow_readers_total").increment(1);
            self.ended.notify_one();
        } else {
            state.items.push_back(item);
        }
        state.reader.take()
    }

    /// Takes back what waits of a room; answers the first revision among it, if there is one.
    pub(crate) fn take_back(&self, room: RoomId) -> Option<Revision> {
        let mut first = None;
        self.state().items.retain(|item| match item {
            Item::Event(encoded) if encoded.room() == room => {
                first = first.or(encoded.revision());
                false
            }
            Item::Event(_) => true,
            Item::Over(over) => *over != room,
        });
        first
    }

    /// Ends the socket, before anything else that waits.
    pub(crate) fn end(&self, end: End) {
        let mut state = self.state();
        state.end.get_or_insert(end);
        self.ended.notify_one();
        wake(state);
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.state().items.is_empty()
    }

    /// Why the socket must end, if it must.
    pub(crate) fn ended(&self) -> Option<End> {
        self.state().end
    }

    /// Resolves once the socket must end.
    pub(crate) async fn wait_for_end(&self) -> End {
        loop {
            let ended = self.ended.notified();
            if let Some(end) = self.ended() {
                return end;
            }
            ended.await;
        }
    }

    /// Resolves once something waits, or with why nothing will any more.
    pub(crate) async fn ready(&self) -> Result<(), End> {
        let waits = |items: &mut VecDeque<Item>| (!items.is_empty()).then_some(());
        std::future::poll_fn(|context| self.poll(context, waits)).await
    }

    /// The next thing that waits, without waiting.
    pub(crate) fn try_next(&self) -> Option<Item> {
        self.state().items.pop_front()
    }

    /// The next thing, or why there is none any more.
    pub(crate) async fn next(&self) -> Result<Item, End> {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    /// The same for whoever polls: the one reader, which is woken when there is more.
    pub(crate) fn poll_next(&self, context: &mut Context<'_>) -> Poll<Result<Item, End>> {
        self.poll(context, VecDeque::pop_front)
    }

    /// What is found among what waits; where nothing is, the reader is woken when there is more.
    fn poll<T>(
        &self,
        context: &mut Context<'_>,
        find: impl FnOnce(&mut VecDeque<Item>) -> Option<T>,
    ) -> Poll<Result<T, End>> {
        let mut state = self.state();
        if let Some(end) = state.end {
            return Poll::Ready(Err(end));
        }
        if let Some(found) = find(&mut state.items) {
            return Poll::Ready(Ok(found));
        }
        state.reader = Some(context.waker().clone());
        Poll::Pending
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes the reader, without the lock that it takes.
fn wake(mut state: MutexGuard<'_, State>) {
    let reader = state.reader.take();
    drop(state);
    if let Some(reader) = reader {
        reader.wake();
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
    use crate::live::Live;
    use domain::event::{Change, ChangeKind};
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
    async fn what_waits_of_a_room_can_be_taken_back() {
        let (outbox, other) = (Outbox::new(), RoomId(Uuid::from_u128(2)));
        let change = |room, revision| {
            let (revision, kind) = (Revision(revision), ChangeKind::RoomDeleted);
            Item::Event(Encoded::new(Live::Changed(Change { room, revision, kind })))
        };
        let items = [change(ROOM, 7), change(other, 3), change(ROOM, 8), Item::Over(ROOM), Item::Over(other)];
        for item in items {
            outbox.push(item);
        }
        assert_eq!(outbox.take_back(ROOM), Some(Revision(7)));
        assert!(matches!(outbox.next().await, Ok(Item::Event(left)) if left.room() == other));
        assert!(matches!(outbox.next().await, Ok(Item::Over(room)) if room == other));
        assert_eq!(outbox.take_back(ROOM), None);
        assert!(outbox.is_empty());
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
