//! The outbox of a connection: events that wait for it, and the reason why the server ends it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use domain::RoomId;
use domain::room::Revision;
use tokio::sync::Notify;

use crate::event::EncodedEvent;
use crate::metrics::METRICS;
use crate::wake_queue::{WakeBatch, WakeQueue};

/// The most deliveries that may wait, and the most bytes of their events. A connection that is further behind is ended, and
/// resumes when it reconnects.
const CAPACITY: usize = 1_024;
const CAPACITY_BYTES: usize = 1024 * 1024;
/// The most deliveries for which an empty outbox keeps memory.
const KEPT: usize = 64;

/// An item of an outbox.
pub enum Delivery {
    /// An event to send.
    Event(Arc<EncodedEvent>),
    /// The subscription to this room is over: no event of the room follows.
    RoomClosed(RoomId),
}

/// The reason why the server ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// Its session was revoked.
    Revoked,
    /// Its client reads too slowly.
    Slow,
    /// The server shuts down.
    Shutdown,
}

/// A bounded queue before a connection, with one reader. Pushing never waits.
pub struct Outbox {
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Default)]
struct State {
    queue: Queue,
    end: Option<EndReason>,
    /// The end that comes once everything was taken.
    finish: Option<EndReason>,
    reader: Option<Waker>,
    /// The wake queue of the reader's thread, where that is a worker's.
    wake_queue: Option<WakeQueue>,
}

/// The deliveries that wait, and the bytes of their events.
#[derive(Default)]
struct Queue {
    deliveries: VecDeque<Delivery>,
    bytes: usize,
}

impl Delivery {
    fn bytes(&self) -> usize {
        match self {
            Self::Event(event) => event.bytes(),
            Self::RoomClosed(_) => 0,
        }
    }
}

impl Queue {
    /// Adds a delivery; `Err` where there is no room for it.
    fn push(&mut self, delivery: Delivery) -> Result<(), Full> {
        let bytes = self.bytes + delivery.bytes();
        if self.deliveries.len() >= CAPACITY || bytes > CAPACITY_BYTES {
            return Err(Full);
        }
        self.bytes = bytes;
        self.deliveries.push_back(delivery);
        Ok(())
    }

    fn pop(&mut self) -> Option<Delivery> {
        let delivery = self.deliveries.pop_front()?;
        self.bytes -= delivery.bytes();
        if self.deliveries.is_empty() && self.deliveries.capacity() > KEPT {
            self.deliveries = VecDeque::new();
        }
        Some(delivery)
    }

    fn retain(&mut self, keep: impl FnMut(&Delivery) -> bool) {
        self.deliveries.retain(keep);
        self.bytes = self.deliveries.iter().map(Delivery::bytes).sum();
    }
}

struct Full;

impl Outbox {
    /// Creates an empty outbox.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), ended: Notify::new() })
    }

    /// Pushes a delivery and wakes the reader; a full outbox ends the connection instead, as too slow.
    pub fn push(&self, delivery: Delivery) {
        let mut state = self.state();
        let reader = self.enqueue(&mut state, delivery);
        // The reader takes the lock.
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Pushes a delivery as [`Self::push`] does, and leaves waking the reader to the batch.
    pub(crate) fn push_batched(&self, delivery: Delivery, wakes: &mut WakeBatch) {
        let mut state = self.state();
        if let Some(reader) = self.enqueue(&mut state, delivery) {
            wakes.add(state.wake_queue.as_ref(), reader);
        }
    }

    /// Enqueues a delivery; returns the reader's waker where it waits.
    fn enqueue(&self, state: &mut State, delivery: Delivery) -> Option<Waker> {
        if state.end.is_some() || state.finish.is_some() {
            return None;
        }
        if let Err(Full) = state.queue.push(delivery) {
            // They would come after the gap, so they are of no use.
            state.queue = Queue::default();
            state.end = Some(EndReason::Slow);
            METRICS.slow_readers.increment(1);
            self.ended.notify_waiters();
        }
        state.reader.take()
    }

    /// Removes the waiting deliveries of a room, its lasting changes only where asked. Returns the revision of the first change
    /// that was removed, `None` where there was none.
    pub fn discard(&self, room: RoomId, changes: bool) -> Option<Revision> {
        let mut first = None;
        self.state().queue.retain(|delivery| match delivery {
            Delivery::Event(event) if !changes && event.revision().is_some() => true,
            Delivery::Event(event) if event.room() == Some(room) => {
                first = first.or(event.revision());
                false
            }
            Delivery::Event(_) => true,
            Delivery::RoomClosed(closed) => *closed != room,
        });
        first
    }

    /// Removes the waiting events that are not to be kept.
    pub(crate) fn retain_events(&self, keep: impl Fn(&EncodedEvent) -> bool) {
        self.state().queue.retain(|delivery| match delivery {
            Delivery::Event(event) => keep(event),
            Delivery::RoomClosed(_) => true,
        });
    }

    /// Pushes a last delivery, and ends the connection once everything was taken.
    pub(crate) fn finish(&self, last: Delivery, reason: EndReason) {
        let mut state = self.state();
        let reader = self.enqueue(&mut state, last);
        state.finish = Some(reason);
        // The reader takes the lock.
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Ends the connection, ahead of all waiting deliveries. The first reason stays.
    pub fn end(&self, reason: EndReason) {
        let mut state = self.state();
        state.end.get_or_insert(reason);
        self.ended.notify_waiters();
        let reader = state.reader.take();
        // The reader takes the lock.
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Returns true if no delivery waits.
    pub fn is_empty(&self) -> bool {
        self.state().queue.deliveries.is_empty()
    }

    /// Returns the reason why the connection must end; `None` while it may go on.
    pub fn ended(&self) -> Option<EndReason> {
        self.state().end
    }

    /// Waits until the connection must end.
    pub async fn wait_for_end(&self) -> EndReason {
        loop {
            let ended = self.ended.notified();
            if let Some(end) = self.ended() {
                return end;
            }
            ended.await;
        }
    }

    /// Takes the next delivery, if one waits.
    pub fn try_next(&self) -> Option<Delivery> {
        self.state().queue.pop()
    }

    /// Waits for the next delivery; `Err` where the connection must end.
    pub async fn next(&self) -> Result<Delivery, EndReason> {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    /// Polls for the next delivery; the one reader is woken when there is one.
    pub fn poll_next(&self, context: &mut Context<'_>) -> Poll<Result<Delivery, EndReason>> {
        let mut state = self.state();
        if let Some(end) = state.end {
            return Poll::Ready(Err(end));
        }
        if let Some(delivery) = state.queue.pop() {
            return Poll::Ready(Ok(delivery));
        }
        if let Some(end) = state.finish {
            state.end = Some(end);
            self.ended.notify_waiters();
            return Poll::Ready(Err(end));
        }
        state.reader = Some(context.waker().clone());
        WakeQueue::follow(&mut state.wake_queue);
        Poll::Pending
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
