//! Marking a room as read.

use std::sync::Arc;

use super::ReadMarks;
use crate::account::Identity;
use crate::membership::MemberReader;
use crate::room::Seq;
use crate::{Refusal, Result, RoomId};

/// Moves the caller's reading mark; for members.
pub struct MarkRead {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) marks: Arc<dyn ReadMarks>,
}

impl MarkRead {
    /// Marks the room as read up to `seq`, or to its newest message where that is less; never back.
    pub async fn execute(&self, caller: Identity, room: RoomId, seq: Seq) -> Result<()> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        found.standing.require_member(found.visibility)?;
        Ok(self.marks.advance(room, caller.user.id, seq).await?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::membership::{MockMemberReader, Role, Standing};
    use crate::message::MockReadMarks;
    use crate::room::Visibility;
    use crate::testing::{caller, members, members_unseen, refusal, room_id, user_id};

    async fn mark(members: MockMemberReader, marks: MockReadMarks) -> Result<()> {
        let mark = MarkRead { members: Arc::new(members), marks: Arc::new(marks) };
        mark.execute(caller(1), room_id(1), Seq(6)).await
    }

    #[tokio::test]
    async fn a_members_mark_is_moved_to_where_they_say() {
        let mut marks = MockReadMarks::new();
        marks
            .expect_advance()
            .with(eq(room_id(1)), eq(user_id(1)), eq(Seq(6)))
            .times(1)
            .returning(|_, _, _| Ok(()));
        mark(members(Visibility::Private, Standing::Member(Role::Member)), marks).await.unwrap();
    }

    #[tokio::test]
    async fn a_caller_who_sees_the_room_but_is_not_in_it_is_told_so() {
        for (visibility, standing) in
            [(Visibility::Public, Standing::Stranger), (Visibility::Private, Standing::Invited)]
        {
            let result = mark(members(visibility, standing), MockReadMarks::new()).await;
            assert_eq!(refusal(result), Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for members in members_unseen() {
            assert_eq!(refusal(mark(members, MockReadMarks::new()).await), Refusal::RoomNotFound);
        }
    }
}
