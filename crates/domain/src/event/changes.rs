//! Reading the changes of a room that a client has missed.

use std::sync::Arc;

use super::{ChangeReader, Changes};
use crate::account::Identity;
use crate::membership::MemberReader;
use crate::room::Revision;
use crate::{Refusal, Result, RoomId};

/// Reads the changes of a room; members only.
pub struct ReadChanges {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) changes: Arc<dyn ChangeReader>,
}

impl ReadChanges {
    /// Returns the first `limit` changes after `since`, for a reader who knows everything up to `origin`.
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        since: Revision,
        origin: Revision,
        limit: u32,
    ) -> Result<Changes> {
        self.members.require_member(room, caller.user.id).await?;
        Ok(self.changes.changes(room, since, origin, limit).await?.ok_or(Refusal::RoomNotFound)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use crate::event::MockChangeReader;
    use crate::membership::{MockMemberReader, Role, RoomStanding, Standing};
    use crate::room::{Seq, Visibility};
    use crate::testing::{caller, room_id, user_id};

    fn reader(standing: Standing, changes: MockChangeReader) -> ReadChanges {
        let mut members = MockMemberReader::new();
        members
            .expect_standing()
            .withf(|room, user| (*room, *user) == (room_id(1), user_id(1)))
            .times(1)
            .returning(move |_, _| {
                Ok(Some(RoomStanding {
                    visibility: Visibility::Public,
                    direct: false,
                    standing,
                    last_read_seq: Seq(0),
                }))
            });
        ReadChanges { members: Arc::new(members), changes: Arc::new(changes) }
    }

    #[tokio::test]
    async fn a_member_reads_the_changes_after_a_revision() {
        let mut changes = MockChangeReader::new();
        changes
            .expect_changes()
            .withf(|room, since, origin, limit| {
                (*room, *since, *origin, *limit) == (room_id(1), Revision(7), Revision(3), 50)
            })
            .times(1)
            .returning(|_, _, _, _| {
                Ok(Some(Changes { items: vec![], has_more: false, revision: Revision(7) }))
            });
        let read = reader(Standing::Member(Role::Member), changes);
        let found = read.execute(caller(1), room_id(1), Revision(7), Revision(3), 50).await.unwrap();
        assert_eq!(found.revision, Revision(7));
    }

    #[tokio::test]
    async fn a_non_member_is_rejected_before_changes_are_read() {
        let read = reader(Standing::Stranger, MockChangeReader::new());
        let refused = read.execute(caller(1), room_id(1), Revision(0), Revision(0), 50).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::NotAMember))));
    }
}
