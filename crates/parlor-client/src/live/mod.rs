//! A live connection: events of rooms over a WebSocket that comes back by itself.

mod driver;
mod session;
#[cfg(test)]
mod tests;

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{ApiError, Client, Error, Event, Message, NewMessage, RoomId, UserId};

/// The number of updates that wait for their reader before the connection stops reading.
const UPDATES: usize = 1_024;

/// The state of a live connection.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum State {
    /// A socket is being opened.
    Connecting,
    /// A socket is open.
    Live,
    /// The socket is gone; the next attempt follows after the wait.
    Waiting {
        /// The number of attempts since the last success.
        attempt: u32,
        /// The time until the next one.
        wait: Duration,
    },
    /// The connection is over.
    Closed(Closed),
}

/// The end of a live connection.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Closed {
    /// It was closed here.
    ByClient,
    /// The server does not accept the session (any more): sign in again.
    Unauthenticated,
    /// The server refuses the connection for good.
    Refused(ApiError),
}

/// News of a live connection, in order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Update {
    /// A room is followed from here on; with a known revision, what was missed comes next, up to [`Event::CaughtUp`].
    Joined {
        /// The room.
        room: RoomId,
        /// The room's present revision.
        revision: i64,
    },
    /// An event of a room that is followed. Lasting events come once and in the order of their revisions.
    Event(Event),
    /// A room is not followed any more: it was deleted, the user was removed, or (with a reason) the join was refused.
    Ended {
        /// The room.
        room: RoomId,
        /// The server's refusal, if there was one.
        reason: Option<ApiError>,
    },
    /// The server refused a frame that awaits no answer.
    Error(ApiError),
}

/// A way to begin a live connection.
#[derive(Debug, Clone)]
#[must_use = "nothing is opened before `connect`"]
pub struct LiveBuilder {
    client: Client,
    user: Option<UserId>,
    rooms: Vec<(RoomId, Option<i64>)>,
    backoff: (Duration, Duration),
}

impl Client {
    /// Prepares a live connection in the name of this client's session.
    pub fn live(&self) -> LiveBuilder {
        let backoff = (Duration::from_millis(250), Duration::from_secs(30));
        LiveBuilder { client: self.clone(), user: None, rooms: vec![], backoff }
    }
}

impl LiveBuilder {
    /// Names the user, so that the connection notices their removal from a room at once.
    pub fn user(self, user: UserId) -> Self {
        Self { user: Some(user), ..self }
    }

    /// Follows a room from the beginning: after a revision, whose successors are replayed, or from the present on, which
    /// makes the user a member.
    pub fn join(mut self, room: RoomId, since: Option<i64>) -> Self {
        self.rooms.push((room, since));
        self
    }

    /// Sets the bound of the first wait before a reconnection, and that of the longest: 250 ms and 30 s by default.
    pub fn backoff(self, first: Duration, longest: Duration) -> Self {
        Self { backoff: (first, longest), ..self }
    }

    /// Starts the connection in a task of its own, which needs a Tokio runtime. It ends with
    /// [`Live::close`], or once every `Live` is dropped.
    ///
    /// Read the updates as they come: once 1,024 wait, the connection stops reading, and answers to sends with it. Where
    /// they are not wanted, drop them.
    #[must_use]
    pub fn connect(self) -> (Live, Updates) {
        let (commands, inbox) = mpsc::unbounded_channel();
        let (outbox, updates) = mpsc::channel(UPDATES);
        let (publisher, state) = watch::channel(State::Connecting);
        for (room, since) in self.rooms {
            let _open = commands.send(Command::Join(room, since));
        }
        tokio::spawn(driver::run(self.client, self.user, self.backoff, inbox, outbox, publisher));
        (Live { commands, state }, Updates { updates })
    }
}

/// The orders of the user to the connection.
enum Command {
    Join(RoomId, Option<i64>),
    Leave(RoomId),
    Send(RoomId, NewMessage, oneshot::Sender<Result<Message, ApiError>>),
    Typing(RoomId),
    Read(RoomId, i64),
    Known(oneshot::Sender<Vec<(RoomId, Option<i64>)>>),
    Close,
}

/// The handle of a live connection. Clones share it.
#[derive(Debug, Clone)]
pub struct Live {
    commands: mpsc::UnboundedSender<Command>,
    state: watch::Receiver<State>,
}

impl Live {
    fn order(&self, command: Command) -> Result<(), Error> {
        self.commands.send(command).map_err(|_| Error::Closed)
    }

    /// Follows a room: after a revision, or from the present on, which makes the user a member. A room that is followed
    /// already goes on from where it is, or from the revision named. The answer comes as an update.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn join(&self, room: RoomId, since: Option<i64>) -> Result<(), Error> {
        self.order(Command::Join(room, since))
    }

    /// Stops following a room. The membership stays.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn leave(&self, room: RoomId) -> Result<(), Error> {
        self.order(Command::Leave(room))
    }

    /// Sends a message and waits for the answer, however many reconnections that takes. It is repeated under its
    /// idempotency key, so it is stored once.
    ///
    /// Messages are stored in the order of the calls, save where the server refuses one for a while and takes a later one.
    ///
    /// # Errors
    /// Refused as by REST, and with `PAYLOAD_TOO_LARGE` where it is larger than a frame may be (64 KiB); [`Error::Closed`] where the connection ends before the answer, which may yet have been stored.
    pub async fn send(&self, room: RoomId, message: impl Into<NewMessage>) -> Result<Message, Error> {
        let (reply, answer) = oneshot::channel();
        self.order(Command::Send(room, message.into(), reply))?;
        Ok(answer.await.map_err(|_| Error::Closed)??)
    }

    /// Shows the others that the user types. It is lost where no socket is open.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn typing(&self, room: RoomId) -> Result<(), Error> {
        self.order(Command::Typing(room))
    }

    /// Moves the user's read mark up to a message; never back. It is lost where no socket is open.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn mark_read(&self, room: RoomId, seq: i64) -> Result<(), Error> {
        self.order(Command::Read(room, seq))
    }

    /// Returns the rooms that are followed, each with the revision up to which its events have been delivered: where a
    /// later connection may go on.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn known(&self) -> Result<Vec<(RoomId, Option<i64>)>, Error> {
        let (reply, answer) = oneshot::channel();
        self.order(Command::Known(reply))?;
        answer.await.map_err(|_| Error::Closed)
    }

    /// Returns the present state.
    #[must_use]
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Returns a receiver of states, for waiting.
    #[must_use]
    pub fn watch_state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Ends the connection.
    pub fn close(&self) {
        let _already_closed = self.commands.send(Command::Close);
    }
}

/// The news of a live connection.
#[derive(Debug)]
pub struct Updates {
    updates: mpsc::Receiver<Update>,
}

impl Updates {
    /// Waits for the next update; returns `None` once the connection is closed.
    pub async fn next(&mut self) -> Option<Update> {
        self.updates.recv().await
    }

    /// Turns this into a stream of `futures`.
    #[must_use]
    pub fn into_stream(self) -> BoxStream<'static, Update> {
        stream::unfold(self, |mut updates| async move { Some((updates.next().await?, updates)) }).boxed()
    }
}
