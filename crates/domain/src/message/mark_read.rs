//! Marking a room as read.

use std::sync::Arc;

use super::ReadMarks;
use crate::account::Identity;
use crate::event::{EphemeralEvent, EphemeralKind, Event, EventBus};
use crate::membership::MemberReader;
use crate::room::Seq;
use crate::{Refusal, Result, RoomId};

/// Moves the caller's reading mark, and tells the room how far they have read; for members.
pub struct MarkRead {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) marks: Arc<dyn ReadMarks>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl MarkRead {
    /// Marks the room as read up to `seq`, or to its newest message where that is less; never back.
    pub async fn execute(&self, caller: Identity, room: RoomId, seq: Seq) -> Result<()> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        found.standing.require_member(found.visibility)?;
        let mut read = seq;
        if seq > found.last_read_seq {
            self.marks.advance(room, caller.user.id, seq).await?;
            // Nobody is told of messages read that are not there yet.
            let now = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
            read = seq.min(now.last_read_seq);
        }
        let kind = EphemeralKind::Read(read);
        self.events.publish(Event::Ephemeral(EphemeralEvent { room, user: caller.user, kind }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::event::MockEventBus;
    use crate::membership::{MockMemberReader, Role, RoomStanding, Standing};
    use crate::message::MockReadMarks;
    use crate::room::Visibility;
    use crate::testing::{caller, members, members_unseen, publishing, refusal, room_id, user, user_id};

    async fn mark(
        members: MockMemberReader,
        marks: MockReadMarks,
        events: MockEventBus,
        seq: i64,
    ) -> Result<()> {
        let (members, marks, events) = (Arc::new(members), Arc::new(marks), Arc::new(events));
        MarkRead { members, marks, events }.execute(caller(1), room_id(1), Seq(seq)).await
    }

    /// A member whose mark is there whenever it is looked at.
    fn marked(marks: &'static [i64]) -> MockMemberReader {
        let mut members = MockMemberReader::new();
        let mut marks_left = marks.iter();
        members.expect_standing().with(eq(room_id(1)), eq(user_id(1))).times(marks.len()).returning(
            move |_, _| {
                let standing = Standing::Member(Role::Member);
                let last_read_seq = Seq(*marks_left.next().unwrap());
                Ok(Some(RoomStanding { visibility: Visibility::Private, standing, last_read_seq }))
            },
        );
        members
    }

    fn told(seq: i64) -> MockEventBus {
        let kind = EphemeralKind::Read(Seq(seq));
        publishing(Event::Ephemeral(EphemeralEvent { room: room_id(1), user: user(1), kind }))
    }

    #[tokio::test]
    async fn a_members_mark_is_moved_to_where_they_say_or_to_the_newest_message_and_the_room_is_told() {
        for (marks_seen, read) in [(&[5, 6], 6), (&[3, 4], 4)] {
            let mut marks = MockReadMarks::new();
            marks
                .expect_advance()
                .with(eq(room_id(1)), eq(user_id(1)), eq(Seq(6)))
                .times(1)
                .returning(|_, _, _| Ok(()));
            mark(marked(marks_seen), marks, told(read), 6).await.unwrap();
        }
    }

    #[tokio::test]
    async fn what_was_read_already_moves_nothing() {
        mark(marked(&[5]), MockReadMarks::new(), told(4), 4).await.unwrap();
    }

    #[tokio::test]
    async fn a_caller_who_sees_the_room_but_is_not_in_it_is_told_so() {
        for (visibility, standing) in
            [(Visibility::Public, Standing::Stranger), (Visibility::Private, Standing::Invited)]
        {
            let result =
                mark(members(visibility, standing), MockReadMarks::new(), MockEventBus::new(), 6).await;
            assert_eq!(refusal(result), Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for members in members_unseen() {
            let result = mark(members, MockReadMarks::new(), MockEventBus::new(), 6).await;
            assert_eq!(refusal(result), Refusal::RoomNotFound);
        }
    }
}
