//! What goes out on one WebSocket. Events go from the hub's queue onto the wire without waking whoever serves the socket,
//! and all that waits leaves in one write.

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

use super::socket::Ended;
use crate::http::takeover;
use crate::live::{Encoded, End, Item, Outbox};

/// How much is written at once, in bytes, if more waits.
const CHUNK: usize = 64 * 1024;
/// How many frames of the socket's own may wait before it waits for its reader.
const WAITING: usize = 64;
/// How long a reader may keep the socket waiting.
const PATIENCE: Duration = Duration::from_secs(30);

/// A frame as it stands on the wire.
pub(crate) fn frame(message: Message) -> Result<Bytes, Ended> {
    let mut bytes = BytesMut::new();
    Codec::new().encode(message, &mut bytes).map_err(|_| None)?;
    Ok(bytes.freeze())
}

/// An event as a frame, made once for all sockets.
pub(super) fn event_frame(encoded: &Encoded) -> Bytes {
    encoded.frame(|json| frame(Message::Text(json)).unwrap_or_default())
}

/// The frames on their way out. What the socket says itself goes before events; events wait while they are held.
pub(crate) struct Outgoing {
    pub(crate) outbox: Arc<Outbox>,
    state: Mutex<State>,
    /// Something has left.
    drained: Notify,
    /// A room is over.
    told: Notify,
}

#[derive(Default)]
struct State {
    own: VecDeque<Bytes>,
    held: bool,
    /// The last frame, and whether it has left.
    last: Option<Bytes>,
    closed: bool,
    /// Rooms of which nothing more comes, and nobody has been told yet.
    over: Vec<RoomId>,
    /// How many times something has left, and what that was when the reader was last looked after.
    taken: u64,
    seen: Option<u64>,
    writer: Option<Waker>,
}

impl Outgoing {
    pub(crate) fn new() -> Arc<Self> {
        let (drained, told) = (Notify::new(), Notify::new());
        Arc::new(Self { outbox: Outbox::new(), state: Mutex::default(), drained, told })
    }

    /// Writes it all, and ends the connection: the server does, after its last word (RFC 6455, section 7.1.1).
    pub(crate) async fn write(&self, mut connection: OwnedWriteHalf) {
        while let Some(bytes) = poll_fn(|context| self.poll(context)).await {
            if let Err(error) = connection.write_all(&bytes).await {
                tracing::debug!(%error, "a WebSocket broke off");
                return;
            }
        }
        takeover::end(connection).await;
    }

    /// Says something, in its turn; waits where too much waits already. A reader that does not read is given up.
    pub(crate) async fn say(&self, frame: Bytes) -> Result<(), Ended> {
        if self.push(frame) >= WAITING { self.drain().await } else { Ok(()) }
    }

    /// Answers how many wait.
    fn push(&self, frame: Bytes) -> usize {
        let mut state = self.state();
        state.own.push_back(frame);
        let waiting = state.own.len();
        wake(state);
        waiting
    }

    async fn drain(&self) -> Result<(), Ended> {
        let drained = async {
            loop {
                let left = self.drained.notified();
                if self.state().own.len() < WAITING {
                    return;
                }
                left.await;
            }
        };
        tokio::select! {
            drained = timeout(PATIENCE, drained) => drained.map_err(|_| {
                self.outbox.end(End::Slow);
                Some(End::Slow.last_word())
            }),
            end = self.outbox.wait_for_end() => Err(Some(end.last_word())),
        }
    }

    /// Lets events wait: what they follow is yet to be said.
    pub(crate) fn hold(&self) {
        self.state().held = true;
    }

    /// Lets them go.
    pub(crate) fn release(&self) {
        let mut state = self.state();
        state.held = false;
        wake(state);
    }

    /// Takes back what waits of a room, and that it is over; answers the first revision among it, if there is one.
    pub(crate) fn take_back(&self, room: RoomId) -> Option<Revision> {
        let mut state = self.state();
        state.over.retain(|over| *over != room);
        self.outbox.take_back(room)
    }

    /// Says goodbye, and nothing after it; what the socket has said itself comes before, unless it is cut off.
    pub(crate) fn close(&self, reason: Option<CloseReason>) {
        let mut state = self.state();
        if matches!(self.outbox.ended(), Some(End::Slow | End::Revoked)) {
            state.own.clear();
        }
        state.last = Some(frame(Message::Close(reason)).unwrap_or_default());
        wake(state);
    }

    /// The next room of which nothing more comes.
    pub(crate) async fn over(&self) -> RoomId {
        loop {
            let told = self.told.notified();
            if let Some(room) = self.state().over.pop() {
                return room;
            }
            told.await;
        }
    }

    /// Whether something waits and nothing has left since this was last asked.
    pub(crate) fn is_stuck(&self) -> bool {
        let mut state = self.state();
        let waits = !state.own.is_empty() || !self.outbox.is_empty();
        let taken = state.taken;
        waits && state.seen.replace(taken) == Some(taken)
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
            && let Some(frame) = state.own.pop_front()
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
                Poll::Ready(Ok(Item::Event(encoded))) => chunk.add(event_frame(&encoded)),
                Poll::Ready(Ok(Item::Over(room))) => {
                    state.over.push(room);
                    self.told.notify_one();
                }
                // Who serves the socket hears of the end as well, and says goodbye.
                Poll::Ready(Err(_)) | Poll::Pending => break,
            }
        }
        let Some(bytes) = chunk.bytes() else {
            state.writer = Some(context.waker().clone());
            return Poll::Pending;
        };
        state.taken += 1;
        drop(state);
        self.drained.notify_one();
        Poll::Ready(Some(bytes))
    }
}

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
