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
    /// Moves a member's mark forward to `seq`, or to the newest message where that is less, and returns it; `None` where it
    /// stays, and for a non-member. MUST NOT move it back.
    async fn advance(&self, room: RoomId, user: UserId, seq: Seq) -> Result<Option<Seq>, StoreError>;

    /// Moves a member's mark to `seq`, or to the newest message where that is less, forward or back, and returns it; `None`
    /// where it stays, and for a non-member.
    async fn set(&self, room: RoomId, user: UserId, seq: Seq) -> Result<Option<Seq>, StoreError>;
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
        if let Some(seq) = self.marks.advance(room, caller.user.id, seq).await? {
            self.publish(caller, room, EphemeralKind::Read(ReadMark { seq, by }));
        }
        Ok(())
    }

    /// Moves the caller's mark to `seq`, forward or back, but not beyond the newest message.
    pub(crate) async fn set(&self, caller: &Identity, room: RoomId, seq: Seq) -> Result<(), StoreError> {
        if let Some(seq) = self.marks.set(room, caller.user.id, seq).await? {
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
            let advance = marks.expect_advance().with(eq(room_id(1)), eq(user_id(1)), eq(Seq(6))).times(1);
            advance.return_once(move |_, _, _| Ok(moved));
            moving(marks, published).advance(&caller(1), room_id(1), Seq(6), BY).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_mark_that_is_set_is_published_as_such() {
        for (moved, published) in [(Some(Seq(2)), Some(EphemeralKind::Unread(Seq(2)))), (None, None)] {
            let mut marks = MockReadMarks::new();
            let set = marks.expect_set().with(eq(room_id(1)), eq(user_id(1)), eq(Seq(2))).times(1);
            set.return_once(move |_, _, _| Ok(moved));
            moving(marks, published).set(&caller(1), room_id(1), Seq(2)).await.unwrap();
        }
    }
}
