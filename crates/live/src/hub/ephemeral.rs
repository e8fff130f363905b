//! The delivery of events that are not stored: read marks at their pace, others at once.

use std::time::Duration;

use domain::event::{EphemeralEvent, EphemeralKind, ReadMark};

use super::{Hub, lock};
use crate::event::{EncodedEvent, LiveEvent};
use crate::read_pace::{Audience, Stream};

/// The time between two marks of a reader in a room.
const SECOND: Duration = Duration::from_secs(1);

impl Hub {
    /// Delivers an event to the room; what a user does goes to the others.
    pub(super) fn deliver_ephemeral(&self, event: EphemeralEvent) {
        if matches!(event.kind, EphemeralKind::Read(_) | EphemeralKind::Unread(_)) {
            return self.deliver_read(&event);
        }
        let Some(channel) = self.channel(event.room) else { return };
        let by = event.user.id;
        let event = EncodedEvent::new(LiveEvent::Ephemeral(event));
        lock(&channel).broadcast(&event, |_, user| user != by);
    }

    /// Delivers a read mark that moved, at once or at the end of the second that runs.
    fn deliver_read(&self, event: &EphemeralEvent) {
        // Without a receiver there is nothing to keep.
        if self.channel(event.room).is_none() {
            return;
        }
        let begun = lock(&self.reads).accept(event);
        for stream in begun {
            self.send_read(event, stream.audience);
            self.pace(stream);
        }
    }

    /// Sends the marks of a stream that wait at the end of each second, until none does.
    fn pace(&self, stream: Stream) {
        let me = self.me.clone();
        self.runtime.spawn(async move {
            loop {
                tokio::time::sleep(SECOND).await;
                let Some(hub) = me.upgrade() else { return };
                let Some(event) = lock(&hub.reads).end_second(stream) else { return };
                hub.send_read(&event, stream.audience);
            }
        });
    }

    /// Sends a mark to an audience, without the connection that moved it.
    fn send_read(&self, event: &EphemeralEvent, audience: Audience) {
        let Some(channel) = self.channel(event.room) else { return };
        let by = match event.kind {
            EphemeralKind::Read(mark) => mark.by,
            _ => None,
        };
        let (reader, own) = (event.user.id, audience == Audience::Own);
        // By its user's feed a connection receives the mark with what is unread.
        let feed = self.feed(reader).filter(|_| own);
        if let Some(feed) = &feed {
            if let EphemeralKind::Read(ReadMark { seq, by: Some(by) }) = event.kind {
                feed.note_own_read(by, event.room, seq);
            }
            self.refresh(feed, [event.room]);
        }
        let fed = |connection| feed.as_ref().is_some_and(|feed| feed.has(connection));
        let encoded = EncodedEvent::new(LiveEvent::Ephemeral(event.clone()));
        lock(&channel).broadcast(&encoded, |connection, user| {
            (user == reader) == own && Some(connection) != by && !fed(connection)
        });
    }
}
