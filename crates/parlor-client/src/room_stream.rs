//! The events of one room, as a stream that resumes by itself.

use std::time::Duration;

use crate::reopened::Reopened;
use crate::{Error, Event, RawEvent, RoomClient};

/// The events of a room after a revision. It reconnects with growing, random waits, and goes on after the last event delivered: lasting
/// events come once and in order, however often the connection breaks.
#[derive(Debug)]
pub struct RoomStream {
    room: RoomClient,
    events: Reopened,
    revision: i64,
}

impl RoomClient {
    /// Follows the room after a revision, such as that of [`get`](Self::get), by server-sent events; for members. Nothing is sent
    /// before the first [`RoomStream::next`].
    #[must_use]
    pub fn stream(&self, since: i64) -> RoomStream {
        RoomStream { room: self.clone(), events: Reopened::new(), revision: since }
    }
}

impl RoomStream {
    /// Sets the first and the longest wait before the stream is opened again.
    #[must_use]
    pub fn backoff(self, first: Duration, longest: Duration) -> Self {
        Self { events: self.events.backoff(first, longest), ..self }
    }

    /// Returns the revision up to which lasting events were delivered, to go on there after a restart of the program.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// Waits for the next event, however often the connection breaks meanwhile. To wait again after an error opens the stream
    /// again.
    ///
    /// # Errors
    /// Refused for good: the session has ended, the user was removed, or the room is gone.
    pub async fn next(&mut self) -> Result<Event, Error> {
        self.next_raw().await?.event()
    }

    /// Waits in the same way, and returns the event as it is written.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn next_raw(&mut self) -> Result<RawEvent, Error> {
        loop {
            let (room, revision) = (&self.room, self.revision);
            let event = self.events.next_raw(|| room.events(Some(revision))).await?;
            if self.is_new(&event) {
                return Ok(event);
            }
        }
    }

    /// Returns true for an event that was not delivered before, and notes its revision.
    fn is_new(&mut self, event: &RawEvent) -> bool {
        let Some(revision) = event.revision() else { return true };
        // The end of a replay has the revision of the last event in it.
        let new = revision > self.revision || event.name.as_deref() == Some("caught-up");
        self.revision = self.revision.max(revision);
        new
    }
}
