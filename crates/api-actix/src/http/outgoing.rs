//! The frames that wait for one client. Events go from the outbox onto the wire without waking the task that serves the
//! client, and all that waits leaves in one write.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actix_codec::Encoder;
use actix_http::ws::{Codec, Message};
use bytes::{Bytes, BytesMut};
use domain::RoomId;
use domain::room::Revision;
use live::{Buffer, Delivery, EncodedEvent, EndReason, Outbox};
use tokio::sync::Notify;
use tokio::time::timeout;

/// The bytes written at once, if more waits.
const CHUNK: usize = 64 * 1024;
/// The most replies, and the most bytes of them, that may wait before the server waits for the client.
const MAX_REPLIES: usize = 64;
const MAX_REPLY_BYTES: usize = 64 * 1024;
/// The most bytes of replies that are sent without waiting for the client.
const UNAWAITED_BYTES: usize = 256 * 1024;
/// The time within which the client must read some of them.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Encodes a frame of a WebSocket.
pub(crate) fn frame(message: Message) -> Bytes {
    let mut bytes = BytesMut::new();
    // It fails for fragments alone, of which the server sends none.
    let _always = Codec::new().encode(message, &mut bytes);
    bytes.freeze()
}

/// The frames for a client. Replies leave before events, and events wait while they are held.
pub(crate) struct Outgoing {
    pub(crate) outbox: Arc<Outbox>,
    /// Returns an event as a frame, encoded once for all clients.
    encode: fn(&EncodedEvent) -> Bytes,
    state: Mutex<State>,
    /// Notified when frames have left.
    drained: Notify,
    /// Notified when a room is closed.
    room_closed: Notify,
    /// Notified when the client is owed no more patience.
    abandoned: Notify,
}

#[derive(Default)]
struct State {
    replies: VecDeque<Bytes>,
    /// The bytes of all replies.
    reply_bytes: usize,
    held: bool,
    /// The last frame, and whether it has left.
    last: Option<Bytes>,
    closed: bool,
    /// Rooms that are closed, until the client has left them.
    closed_rooms: Vec<RoomId>,
    /// The number of writes, and what that was when it was last asked for.
    writes: u64,
    writes_seen: Option<u64>,
    writer: Option<Waker>,
}

impl State {
    /// Returns true if no more replies may be added before some have left.
    fn is_full(&self) -> bool {
        self.replies.len() >= MAX_REPLIES || self.reply_bytes >= MAX_REPLY_BYTES
    }

    fn pop_reply(&mut self) -> Option<Bytes> {
        let reply = self.replies.pop_front()?;
        self.reply_bytes -= reply.len();
        Some(reply)
    }

    fn drop_replies(&mut self) {
        self.replies.clear();
        self.reply_bytes = 0;
    }
}

impl Outgoing {
    /// Creates an empty one; `encode` returns an event as a frame, encoded once for all clients.
    pub(crate) fn new(encode: fn(&EncodedEvent) -> Bytes) -> Arc<Self> {
        let [drained, room_closed, abandoned] = [(); 3].map(|()| Notify::new());
        let (outbox, state) = (Outbox::new(), Mutex::default());
        Arc::new(Self { outbox, encode, state, drained, room_closed, abandoned })
    }

    /// Sends a reply; waits where too many wait already. `Err` where the client does not read for too long.
    pub(crate) async fn send(&self, frame: Bytes) -> Result<(), EndReason> {
        if self.push(frame) { self.drain().await } else { Ok(()) }
    }

    /// Sends an event as a reply, before those in the outbox.
    pub(crate) async fn send_event(&self, event: &EncodedEvent) -> Result<(), EndReason> {
        self.send((self.encode)(event)).await
    }

    /// Sends a reply without waiting. Returns false where too much waits already.
    pub(crate) fn try_send(&self, frame: Bytes) -> bool {
        let fits = self.state().reply_bytes < UNAWAITED_BYTES;
        if fits {
            self.push(frame);
        }
        fits
    }

    /// Enqueues a reply and returns true if too many wait.
    fn push(&self, frame: Bytes) -> bool {
        let mut state = self.state();
        state.reply_bytes += frame.len();
        state.replies.push_back(frame);
        let full = state.is_full();
        wake(state);
        full
    }

    async fn drain(&self) -> Result<(), EndReason> {
        let drained = async {
            loop {
                let left = self.drained.notified();
                if !self.state().is_full() {
                    return;
                }
                left.await;
            }
        };
        tokio::select! {
            drained = timeout(WRITE_TIMEOUT, drained) => drained.map_err(|_| {
                self.outbox.end(EndReason::Slow);
                EndReason::Slow
            }),
            end = self.outbox.wait_for_end() => Err(end),
        }
    }

    /// Holds events back until the returned value is dropped: a reply that must precede them is yet to be sent.
    pub(crate) fn hold(&self) -> Hold<'_> {
        self.state().held = true;
        Hold(self)
    }

    /// Sends a last frame, and nothing after it. Waiting replies leave before it, unless the hub cut the client off.
    pub(crate) fn close(&self, last: Bytes) {
        let mut state = self.state();
        if matches!(self.outbox.ended(), Some(EndReason::Slow | EndReason::Revoked)) {
            state.drop_replies();
        }
        state.last = Some(last);
        wake(state);
    }

    /// Drops the replies of a client that has no claim to patience: whatever it reads, its connection ends soon.
    pub(crate) fn abandon(&self) {
        self.state().drop_replies();
        self.abandoned.notify_one();
    }

    /// Waits until the client is abandoned.
    pub(crate) async fn abandoned(&self) {
        self.abandoned.notified().await;
    }

    /// Waits for a room that is closed; the client must leave it.
    pub(crate) async fn closed_room(&self) -> RoomId {
        loop {
            let room_closed = self.room_closed.notified();
            if let Some(room) = self.state().closed_rooms.pop() {
                return room;
            }
            room_closed.await;
        }
    }

    /// Returns true if frames wait and none has left since the last call.
    pub(crate) fn is_stuck(&self) -> bool {
        let mut state = self.state();
        let waits = !state.replies.is_empty() || !self.outbox.is_empty();
        let writes = state.writes;
        waits && state.writes_seen.replace(writes) == Some(writes)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls for frames that leave together, `None` after the last; the one writer is woken when there are some.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut state = self.state();
        if state.closed {
            return Poll::Ready(None);
        }
        let mut chunk = Chunk::default();
        while chunk.has_room()
            && let Some(frame) = state.pop_reply()
        {
            chunk.add(frame);
        }
        if let Some(last) = state.last.take_if(|_| chunk.has_room()) {
            state.closed = true;
            chunk.add(last);
            return Poll::Ready(chunk.bytes());
        }
        while state.last.is_none() && !state.held && chunk.has_room() {
            match self.outbox.poll_next(context) {
                Poll::Ready(Ok(Delivery::Event(event))) => chunk.add((self.encode)(&event)),
                Poll::Ready(Ok(Delivery::RoomClosed(room))) => {
                    state.closed_rooms.push(room);
                    self.room_closed.notify_one();
                }
                // The task that serves the client sees the end as well, and closes.
                Poll::Ready(Err(_)) | Poll::Pending => break,
            }
        }
        let Some(bytes) = chunk.bytes() else {
            state.writer = Some(context.waker().clone());
            return Poll::Pending;
        };
        state.writes += 1;
        drop(state);
        self.drained.notify_one();
        Poll::Ready(Some(bytes))
    }
}

impl Buffer for Outgoing {
    fn outbox(self: &Arc<Self>) -> &Arc<Outbox> {
        &self.outbox
    }

    fn discard(&self, room: RoomId, changes: bool) -> Option<Revision> {
        let mut state = self.state();
        // A room that is joined again is not closed any more.
        state.closed_rooms.retain(|closed| *closed != room);
        self.outbox.discard(room, changes)
    }
}

/// Events are held back until this is dropped.
#[must_use]
pub(crate) struct Hold<'outgoing>(&'outgoing Outgoing);

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.held = false;
        wake(state);
    }
}

/// Wakes the writer, without the lock that it takes.
fn wake(mut state: MutexGuard<'_, State>) {
    let writer = state.writer.take();
    drop(state);
    if let Some(writer) = writer {
        writer.wake();
    }
}

/// Frames that leave together. A single one, which many clients may share, is not copied.
#[derive(Default)]
struct Chunk {
    first: Option<Bytes>,
    all: BytesMut,
}

impl Chunk {
    fn has_room(&self) -> bool {
        self.all.len() < CHUNK && self.first.as_ref().is_none_or(|first| first.len() < CHUNK)
    }

    fn add(&mut self, frame: Bytes) {
        if self.all.is_empty() {
            match self.first.take() {
                None => {
                    self.first = Some(frame);
                    return;
                }
                Some(first) => self.all.extend_from_slice(&first),
            }
        }
        self.all.extend_from_slice(&frame);
    }

    fn bytes(self) -> Option<Bytes> {
        self.first.or_else(|| Some(self.all.freeze()).filter(|all| !all.is_empty()))
    }
}

#[cfg(test)]
mod tests;
