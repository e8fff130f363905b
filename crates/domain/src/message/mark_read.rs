//! Marking a room as read or unread.

use std::sync::Arc;

use uuid::Uuid;

use super::PublishedMarks;
use crate::account::{Identity, SessionReader};
use crate::membership::MemberReader;
use crate::room::Seq;
use crate::{Clock, Result, RoomId};

/// Moves the caller's read mark forward; for members.
pub struct MarkRead {
    pub(crate) sessions: Arc<dyn SessionReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) marks: PublishedMarks,
}

impl MarkRead {
    /// Marks the room as read up to `seq`, or to its newest message where that is less, on behalf of the live connection
    /// `by` or of a request. The mark never moves back.
    pub async fn execute(&self, caller: Identity, room: RoomId, seq: Seq, by: Option<Uuid>) -> Result<()> {
        self.sessions.require(&caller, self.clock.now()).await?;
        let (_, found) = self.members.require_member(room, caller.user.id).await?;
        if seq > found.last_read_seq {
            self.marks.advance(&caller, room, seq, by).await?;
        }
        Ok(())
    }
}

/// Moves the caller's read mark to before a message; for members.
pub struct MarkUnread {
    pub(crate) sessions: Arc<dyn SessionReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) marks: PublishedMarks,
}

impl MarkUnread {
    /// Makes `first` the first unread message. The mark moves forward or back, but not beyond the newest message.
    pub async fn execute(&self, caller: Identity, room: RoomId, first: Seq) -> Result<()> {
        self.sessions.require(&caller, self.clock.now()).await?;
        self.members.require_member(room, caller.user.id).await?;
        Ok(self.marks.set(&caller, room, Seq(first.0.saturating_sub(1))).await?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::Refusal;
    use crate::event::{EphemeralEvent, EphemeralKind, Event, MockEventBus, ReadMark};
    use crate::membership::{MockMemberReader, Role, Standing};
    use crate::message::{MarkMove, MockReadMarks};
    use crate::room::Visibility;
    use crate::testing::{
        caller, clock, members, members_of_invisible_rooms, publishing, refusal, room_id, sessions, user,
        user_id,
    };

    const BY: Option<Uuid> = Some(Uuid::from_u128(8));

    fn member() -> MockMemberReader {
        members(Visibility::Private, Standing::Member(Role::Member))
    }

    fn marks(marks: MockReadMarks, events: MockEventBus) -> PublishedMarks {
        PublishedMarks { marks: Arc::new(marks), events: Arc::new(events) }
    }

    fn reading(members: MockMemberReader, marks: PublishedMarks) -> MarkRead {
        MarkRead { sessions: sessions(true), clock: clock(5), members: Arc::new(members), marks }
    }

    fn unreading(members: MockMemberReader, marks: PublishedMarks) -> MarkUnread {
        MarkUnread { sessions: sessions(true), clock: clock(5), members: Arc::new(members), marks }
    }

    fn published(kind: EphemeralKind) -> MockEventBus {
        publishing(Event::Ephemeral(EphemeralEvent { room: room_id(1), user: user(1), kind }))
    }

    #[tokio::test]
    async fn a_member_marks_a_later_message_as_read() {
        let mut moved = MockReadMarks::new();
        let forward = eq(MarkMove::Forward(Seq(6)));
        let moving = moved.expect_move_mark().with(eq(room_id(1)), eq(user_id(1)), forward).times(1);
        moving.returning(|_, _, by| Ok(Some(by.target())));
        let events = published(EphemeralKind::Read(ReadMark { seq: Seq(6), by: BY }));
        let mark = reading(member(), marks(moved, events));
        mark.execute(caller(1), room_id(1), Seq(6), BY).await.unwrap();
    }

    #[tokio::test]
    async fn a_message_that_was_read_already_moves_no_mark_and_is_not_published() {
        let marks = marks(MockReadMarks::new(), MockEventBus::new());
        let mark = reading(member(), marks);
        mark.execute(caller(1), room_id(1), Seq(5), None).await.unwrap();
    }

    #[tokio::test]
    async fn the_mark_is_set_to_the_message_before_the_first_unread_one() {
        for (first, before) in [(3, 2), (1, 0), (9, 8), (i64::MIN, i64::MIN)] {
            let mut moved = MockReadMarks::new();
            let to = eq(MarkMove::To(Seq(before)));
            let set = moved.expect_move_mark().with(eq(room_id(1)), eq(user_id(1)), to).times(1);
            set.returning(|_, _, by| Ok(Some(by.target())));
            let events = published(EphemeralKind::Unread(Seq(before)));
            let mark = unreading(member(), marks(moved, events));
            mark.execute(caller(1), room_id(1), Seq(first)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn an_ended_session_moves_no_mark() {
        let marks = marks(MockReadMarks::new(), MockEventBus::new());
        let members = || Arc::new(MockMemberReader::new());
        let (sessions, clock) = (|| sessions(false), clock(5));
        let read =
            MarkRead { sessions: sessions(), clock: clock.clone(), members: members(), marks: marks.clone() };
        let unread = MarkUnread { sessions: sessions(), clock, members: members(), marks };
        let refused = refusal(read.execute(caller(1), room_id(1), Seq(6), None).await);
        assert_eq!(refused, Refusal::Unauthenticated);
        let refused = refusal(unread.execute(caller(1), room_id(1), Seq(6)).await);
        assert_eq!(refused, Refusal::Unauthenticated);
    }

    /// Returns the refusals of both; neither moves a mark.
    async fn refused([first, second]: [MockMemberReader; 2]) -> [Refusal; 2] {
        let marks = marks(MockReadMarks::new(), MockEventBus::new());
        let (read, unread) = (reading(first, marks.clone()), unreading(second, marks));
        [
            refusal(read.execute(caller(1), room_id(1), Seq(6), None).await),
            refusal(unread.execute(caller(1), room_id(1), Seq(6)).await),
        ]
    }

    #[tokio::test]
    async fn a_non_member_who_sees_the_room_is_rejected_as_such() {
        for (visibility, standing) in
            [(Visibility::Public, Standing::Stranger), (Visibility::Private, Standing::Invited)]
        {
            let both = [members(visibility, standing), members(visibility, standing)];
            assert_eq!(refused(both).await, [Refusal::NotAMember; 2]);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for both in members_of_invisible_rooms().into_iter().zip(members_of_invisible_rooms()) {
            assert_eq!(refused(both.into()).await, [Refusal::RoomNotFound; 2]);
        }
    }
}
