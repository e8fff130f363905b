//! Marking a room as read.

use std::sync::Arc;

use super::ReadMarks;
use crate::account::Identity;
use crate::event::{EphemeralEvent, EphemeralKind, Event, EventBus};
use crate::membership::MemberReader;
use crate::room::Seq;
use crate::{Refusal, Result, RoomId};

/// Moves the caller's read mark and publishes it to the room; for members.
pub struct MarkRead {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) marks: Arc<dyn ReadMarks>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl MarkRead {
    /// Marks the room as read up to `seq`, or to its newest message where that is less. A mark never moves back.
    pub async fn execute(&self, caller: Identity, room: RoomId, seq: Seq) -> Result<()> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        found.standing.require_member(found.visibility)?;
        let mut read = seq;
        if seq > found.last_read_seq {
            self.marks.advance(room, caller.user.id, seq).await?;
            // The published mark must not name a message that does not exist yet.
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
    use crate::testing::{
        caller, members, members_of_invisible_rooms, publishing, refusal, room_id, user, user_id,
    };

    async fn mark(
        members: MockMemberReader,
        marks: MockReadMarks,
        events: MockEventBus,
        seq: i64,
    ) -> Result<()> {
        let (members, marks, events) = (Arc::new(members), Arc::new(marks), Arc::new(events));
        MarkRead { members, marks, events }.execute(caller(1), room_id(1), Seq(seq)).await
    }

    /// A member whose read mark is each of these on successive reads.
    fn marked(marks: &'static [i64]) -> MockMemberReader {
        let mut members = MockMemberReader::new();
        let mut marks_left = marks.iter();
        members.expect_standing().with(eq(room_id(1)), eq(user_id(1))).times(marks.len()).returning(
            move |_, _| {
                let standing = Standing::Member(Role::Member);
                let last_read_seq = Seq(*marks_left.next().unwrap());
                Ok(Some(RoomStanding {
                    visibility: Visibility::Private,
                    direct: false,
                    standing,
                    last_read_seq,
                }))
            },
        );
        members
    }

    fn expect_read_event(seq: i64) -> MockEventBus {
        let kind = EphemeralKind::Read(Seq(seq));
        publishing(Event::Ephemeral(EphemeralEvent { room: room_id(1), user: user(1), kind }))
    }

    #[tokio::test]
    async fn the_mark_moves_to_the_given_message_or_the_newest_and_is_published() {
        for (marks_seen, read) in [(&[5, 6], 6), (&[3, 4], 4)] {
            let mut marks = MockReadMarks::new();
            marks
                .expect_advance()
                .with(eq(room_id(1)), eq(user_id(1)), eq(Seq(6)))
                .times(1)
                .returning(|_, _, _| Ok(()));
            mark(marked(marks_seen), marks, expect_read_event(read), 6).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_message_read_already_moves_no_mark() {
        mark(marked(&[5]), MockReadMarks::new(), expect_read_event(4), 4).await.unwrap();
    }

    #[tokio::test]
    async fn a_non_member_who_sees_the_room_is_rejected_as_such() {
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
        for members in members_of_invisible_rooms() {
            let result = mark(members, MockReadMarks::new(), MockEventBus::new(), 6).await;
            assert_eq!(refusal(result), Refusal::RoomNotFound);
        }
    }
}
