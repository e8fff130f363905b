//! Inviting a user.

use std::sync::Arc;

use super::{Invitation, Invitee, NewInvitation};
use crate::account::{AccountReader, Identity};
use crate::store::{Store, lock_for_caller};
use crate::{Clock, Refusal, Result, RoomId};

/// The invitation, and whether it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invited {
    /// A new invitation.
    New(Invitation),
    /// The invitation that was open already.
    Existing(Invitation),
}

/// Invites a user into a room; for its admins.
pub struct Invite {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Invite {
    /// Returns the new invitation, or the open one of an earlier call. Rejects members with
    /// [`Refusal::AlreadyMember`].
    pub async fn execute(&self, caller: Identity, room: RoomId, invitee: Invitee) -> Result<Invited> {
        // Read before the room is locked: accounts do not change with it.
        let user = self.accounts.find(invitee).await?;
        let mut work = self.store.begin().await?;
        let (room, mine) = lock_for_caller(&mut *work, room, &caller).await?.require_member()?;
        let user = user.ok_or(Refusal::UserNotFound)?;
        mine.role.require_admin()?;
        if work.membership(room.id, user.id).await?.is_some() {
            return Err(Refusal::AlreadyMember.into());
        }
        if let Some(open) = work.invitation(room.id, user.id).await? {
            return Ok(Invited::Existing(open));
        }
        let new = NewInvitation {
            room: room.id,
            user: user.id,
            invited_by: caller.user.id,
            created_at: self.clock.now(),
        };
        work.insert_invitation(new).await?;
        work.commit().await?;
        Ok(Invited::New(Invitation {
            room: room.id,
            room_name: room.name,
            user,
            invited_by: caller.user,
            created_at: new.created_at,
        }))
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::account::{MockAccountReader, UserRef};
    use crate::membership::{Role, Standing};
    use crate::store::MockUnitOfWork;
    use crate::testing::{
        at, caller, clock, invisible_rooms, invitation, locked_room, membership, private_room, refusal, room,
        room_id, store, user, user_id,
    };

    const ADMIN: Standing = Standing::Member(Role::Admin);

    /// The caller invites user 3 by name; `found` is the account of that name.
    async fn invite(work: MockUnitOfWork, found: Option<UserRef>) -> Result<Invited> {
        let mut accounts = MockAccountReader::new();
        let invitee = Invitee::Name(user(3).username);
        accounts.expect_find().with(eq(invitee.clone())).times(1).return_once(|_| Ok(found));
        let invite = Invite { store: store(work), accounts: Arc::new(accounts), clock: clock(5) };
        invite.execute(caller(1), room_id(1), invitee).await
    }

    /// The caller is an admin of room 1; user 3 has that role in it, or none.
    fn locked_room_with(role: Option<Role>) -> MockUnitOfWork {
        let target = role.map(|role| membership(1, 3, role));
        let mut work = locked_room(room(1), ADMIN);
        let read = work.expect_membership().with(eq(room_id(1)), eq(user_id(3))).times(1);
        read.return_once(|_, _| Ok(target));
        work
    }

    /// The same, where user 3 is no member and has that invitation.
    fn locked_room_with_invitation(open: Option<Invitation>) -> MockUnitOfWork {
        let mut work = locked_room_with(None);
        let read = work.expect_invitation().with(eq(room_id(1)), eq(user_id(3))).times(1);
        read.return_once(|_, _| Ok(open));
        work
    }

    #[tokio::test]
    async fn an_admin_creates_an_invitation_in_their_own_name() {
        let new =
            NewInvitation { room: room_id(1), user: user_id(3), invited_by: user_id(1), created_at: at(5) };
        let mut work = locked_room_with_invitation(None);
        work.expect_insert_invitation().with(eq(new)).times(1).returning(|_| Ok(()));
        work.expect_commit().times(1).returning(|| Ok(()));
        let made = Invitation { invited_by: user(1), created_at: at(5), ..invitation(&room(1), 3) };
        assert_eq!(invite(work, Some(user(3))).await.unwrap(), Invited::New(made));
    }

    #[tokio::test]
    async fn inviting_twice_returns_the_first_invitation_and_stores_nothing() {
        let first = invitation(&room(1), 3);
        let work = locked_room_with_invitation(Some(first.clone()));
        assert_eq!(invite(work, Some(user(3))).await.unwrap(), Invited::Existing(first));
    }

    #[tokio::test]
    async fn a_member_cannot_be_invited() {
        for role in [Role::Member, Role::Admin] {
            let result = invite(locked_room_with(Some(role)), Some(user(3))).await;
            assert_eq!(refusal(result), Refusal::AlreadyMember);
        }
    }

    #[tokio::test]
    async fn an_unknown_username_cannot_be_invited() {
        assert_eq!(refusal(invite(locked_room(room(1), ADMIN), None).await), Refusal::UserNotFound);
    }

    #[tokio::test]
    async fn a_member_who_is_no_admin_may_not_invite() {
        let work = locked_room(room(1), Standing::Member(Role::Member));
        assert_eq!(refusal(invite(work, Some(user(3))).await), Refusal::AdminRequired);
    }

    #[tokio::test]
    async fn a_non_member_is_rejected_without_learning_which_accounts_exist() {
        for (room, standing) in [(room(1), Standing::Stranger), (private_room(1), Standing::Invited)] {
            for found in [None, Some(user(3))] {
                let result = invite(locked_room(room.clone(), standing), found).await;
                assert_eq!(refusal(result), Refusal::NotAMember);
            }
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for work in invisible_rooms() {
            assert_eq!(refusal(invite(work, None).await), Refusal::RoomNotFound);
        }
    }
}
