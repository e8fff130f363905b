//! The outgoing frames of one WebSocket. Events go from the outbox onto the wire without waking the task that serves the
//! socket, and all that waits leaves in one write.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actix_codec::Encoder;
use actix_http::ws::{Codec, Message};
use actix_ws::CloseReason;
use bytes::{Bytes, BytesMut};
use domain::RoomId;
use domain::room::Revision;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::close::{self, Ended};
use crate::http::takeover;
use live::{Buffer, Delivery, EncodedEvent, EndReason, Outbox};

/// The bytes written at once, if more waits.
const CHUNK: usize = 64 * 1024;
/// The most replies, and the most bytes of them, that may wait before the socket waits for its client.
const MAX_REPLIES: usize = 64;
const MAX_REPLY_BYTES: usize = 64 * 1024;
/// The time within which the client must read some of them.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The time that an abandoned client has to take the close frame.
const ABANDONED_TIMEOUT: Duration = Duration::from_secs(1);

/// Encodes a frame.
pub(crate) fn frame(message: Message) -> Result<Bytes, Ended> {
    let mut bytes = BytesMut::new();
    Codec::new().encode(message, &mut bytes).map_err(|_| None)?;
    Ok(bytes.freeze())
}

/// Returns an event as a frame, encoded once for all sockets.
pub(super) fn event_frame(event: &EncodedEvent) -> Bytes {
    event.frame(|json| frame(Message::Text(json)).unwrap_or_default())
}

/// The frames of a socket. Replies leave before events, and events wait while they are held.
pub(crate) struct Outgoing {
    pub(crate) outbox: Arc<Outbox>,
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
    /// The close frame, and whether it has left.
    last: Option<Bytes>,
    closed: bool,
    /// Rooms that are closed, until the socket has left them.
    closed_rooms: Vec<RoomId>,
    /// The number of writes, and what that was when the socket last asked.
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
    /// Creates an empty one, whose writer runs on this thread.
    pub(crate) fn new() -> Arc<Self> {
        let [drained, room_closed, abandoned] = [(); 3].map(|()| Notify::new());
        Arc::new(Self { outbox: Outbox::new(), state: Mutex::default(), drained, room_closed, abandoned })
    }

    /// Writes all frames, and ends the connection after the close frame, as a server must (RFC 6455, section 7.1.1).
    pub(crate) async fn write(&self, mut connection: OwnedWriteHalf) {
        let writing = async {
            while let Some(bytes) = poll_fn(|context| self.poll(context)).await {
                connection.write_all(&bytes).await?;
            }
            Ok::<_, std::io::Error>(())
        };
        let abandoned = async {
            self.abandoned.notified().await;
            tokio::time::sleep(ABANDONED_TIMEOUT).await;
        };
        tokio::select! {
            written = writing => if let Err(error) = written {
                tracing::debug!(%error, "a WebSocket broke off");
                return;
            },
            () = abandoned => return,
        }
        takeover::end(connection).await;
    }

    /// Sends a reply; waits where too many wait already. `Err` where the client does not read for too long.
    pub(crate) async fn send(&self, frame: Bytes) -> Result<(), Ended> {
        if self.push(frame) { self.drain().await } else { Ok(()) }
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

    async fn drain(&self) -> Result<(), Ended> {
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
                Some(close::by_hub(EndReason::Slow))
            }),
            end = self.outbox.wait_for_end() => Err(Some(close::by_hub(end))),
        }
    }

    /// Holds events back: a reply that must precede them is yet to be sent.
    pub(crate) fn hold(&self) {
        self.state().held = true;
    }

    /// Lets held events leave.
    pub(crate) fn release(&self) {
        let mut state = self.state();
        state.held = false;
        wake(state);
    }

    /// Sends a close frame, and nothing after it. Waiting replies leave before it, unless the hub cut the socket off.
    pub(crate) fn close(&self, reason: Option<CloseReason>) {
        let mut state = self.state();
        if matches!(self.outbox.ended(), Some(EndReason::Slow | EndReason::Revoked)) {
            state.drop_replies();
        }
        state.last = Some(frame(Message::Close(reason)).unwrap_or_default());
        wake(state);
    }

    /// Drops the replies of a client that has no claim to patience: whatever it reads, its connection ends soon.
    pub(crate) fn abandon(&self) {
        self.state().drop_replies();
        self.abandoned.notify_one();
    }

    /// Waits for a room that is closed; the socket must leave it.
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

    fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
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
                Poll::Ready(Ok(Delivery::Event(event))) => chunk.add(event_frame(&event)),
                Poll::Ready(Ok(Delivery::RoomClosed(room))) => {
                    state.closed_rooms.push(room);
                    self.room_closed.notify_one();
                }
                // The task that serves the socket sees the end as well, and closes.
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

    fn discard(&self, room: RoomId) -> Option<Revision> {
        let mut state = self.state();
        // A room that is joined again is not closed any more.
        state.closed_rooms.retain(|closed| *closed != room);
        self.outbox.discard(room)
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

/// Frames that leave together. A single one, which many sockets may share, is not copied.
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
