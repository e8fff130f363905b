//! Read marks: the port, and publishing those that moved.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use crate::account::Identity;
use crate::event::{EphemeralEvent, EphemeralKind, Event, EventBus, ReadMark};
use crate::room::Seq;
use crate::{RoomId, StoreError, UserId};

/// Stores read marks.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ReadMarks: Send + Sync {
    /// Moves a member's mark, to the newest message at most, and returns it; `None` where it stays, and for a non-member. MUST
    /// NOT move it back by [`MarkMove::Forward`].
    async fn move_mark(&self, room: RoomId, user: UserId, by: MarkMove) -> Result<Option<Seq>, StoreError>;
}

/// A move of a read mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkMove {
    /// Forward to there.
    Forward(Seq),
    /// To there, forward or back.
    To(Seq),
}

impl MarkMove {
    /// Returns the place that the mark is to move to.
    #[must_use]
    pub fn target(self) -> Seq {
        match self {
            Self::Forward(seq) | Self::To(seq) => seq,
        }
    }
}

/// Moves read marks, and publishes each mark that moved.
#[derive(Clone)]
pub(crate) struct PublishedMarks {
    pub(crate) marks: Arc<dyn ReadMarks>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl PublishedMarks {
    /// Moves the caller's mark forward to `seq`, or to the newest message where that is less, on behalf of a request or of
    /// a live connection. A mark that stays is not published.
    pub(crate) async fn advance(
        &self,
        caller: &Identity,
        room: RoomId,
        seq: Seq,
        by: Option<Uuid>,
    ) -> Result<(), StoreError> {
        if let Some(seq) = self.marks.move_mark(room, caller.user.id, MarkMove::Forward(seq)).await? {
            self.publish(caller, room, EphemeralKind::Read(ReadMark { seq, by }));
        }
        Ok(())
    }

    /// Moves the caller's mark to `seq`, forward or back, but not beyond the newest message.
    pub(crate) async fn set(&self, caller: &Identity, room: RoomId, seq: Seq) -> Result<(), StoreError> {
        if let Some(seq) = self.marks.move_mark(room, caller.user.id, MarkMove::To(seq)).await? {
            self.publish(caller, room, EphemeralKind::Unread(seq));
        }
        Ok(())
    }

    fn publish(&self, caller: &Identity, room: RoomId, kind: EphemeralKind) {
        self.events.publish(Event::Ephemeral(EphemeralEvent { room, user: caller.user.clone(), kind }));
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::event::MockEventBus;
    use crate::testing::{caller, publishing, room_id, user, user_id};

    const BY: Option<Uuid> = Some(Uuid::from_u128(8));

    fn event(kind: EphemeralKind) -> Event {
        Event::Ephemeral(EphemeralEvent { room: room_id(1), user: user(1), kind })
    }

    fn moving(marks: MockReadMarks, published: Option<EphemeralKind>) -> PublishedMarks {
        let events = published.map_or_else(MockEventBus::new, |kind| publishing(event(kind)));
        PublishedMarks { marks: Arc::new(marks), events: Arc::new(events) }
    }

    #[tokio::test]
    async fn a_mark_is_published_where_it_moved_with_the_message_that_it_moved_to() {
        for (moved, published) in [
            (Some(Seq(6)), Some(EphemeralKind::Read(ReadMark { seq: Seq(6), by: BY }))),
            // The newest message is less.
            (Some(Seq(4)), Some(EphemeralKind::Read(ReadMark { seq: Seq(4), by: BY }))),
            (None, None),
        ] {
            let mut marks = MockReadMarks::new();
            let forward = eq(MarkMove::Forward(Seq(6)));
            let moving_on = marks.expect_move_mark().with(eq(room_id(1)), eq(user_id(1)), forward).times(1);
            moving_on.return_once(move |_, _, _| Ok(moved));
            moving(marks, published).advance(&caller(1), room_id(1), Seq(6), BY).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_mark_that_is_set_is_published_as_such() {
        for (moved, published) in [(Some(Seq(2)), Some(EphemeralKind::Unread(Seq(2)))), (None, None)] {
            let mut marks = MockReadMarks::new();
            let to = eq(MarkMove::To(Seq(2)));
            let set = marks.expect_move_mark().with(eq(room_id(1)), eq(user_id(1)), to).times(1);
            set.return_once(move |_, _, _| Ok(moved));
            moving(marks, published).set(&caller(1), room_id(1), Seq(2)).await.unwrap();
        }
    }
}
