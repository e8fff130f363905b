//! Withdrawing or declining an invitation.

use std::sync::Arc;

use crate::account::Identity;
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::event::{Event, EventBus};
use crate::store::{Store, lock_for_caller};
use crate::{Clock, Refusal, Result, RoomId, UserId};

/// Deletes an open invitation: room admins withdraw it, the invited decline it.
pub struct WithdrawInvitation {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) audit: AuditTrail,
}

impl WithdrawInvitation {
    /// Deletes the invitation of `user`; [`Refusal::InvitationNotFound`] where there is none.
    pub async fn execute(&self, caller: Identity, room: RoomId, user: UserId) -> Result<()> {
        let mut work = self.store.begin_in(caller.session, self.clock.now()).await?;
        let open = lock_for_caller(&mut *work, room, &caller).await?;
        let declining = open.invited && caller.user.id == user;
        let kind = if declining { AuditKind::InvitationDeclined } else { AuditKind::InvitationWithdrawn };
        if !declining {
            let (room, mine) = open.require_member()?;
            work.invitation(room.id, user).await?.ok_or(Refusal::InvitationNotFound)?;
            mine.role.require_admin()?;
        }
        work.delete_invitation(room, user).await?;
        self.audit.record(&mut *work, &caller, Act::in_room(kind, room).to(user)).await?;
        work.commit().await?;
        self.events.publish(Event::Own(user, room));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::membership::{Role, Standing};
    use crate::store::MockUnitOfWork;
    use crate::testing::{
        caller, clock, expect_record, invisible_rooms, invitation, locked_room, own_events, private_room,
        refusal, room, room_id, store, trail, user_id,
    };

    /// The caller, user 1, deletes the invitation of `user`.
    async fn withdraw(work: MockUnitOfWork, user: u128) -> Result<()> {
        let withdraw =
            WithdrawInvitation { store: store(work), clock: clock(5), events: own_events(), audit: trail() };
        withdraw.execute(caller(1), room_id(1), user_id(user)).await
    }

    /// The caller has that role in room 1; user 3 has an invitation into it, or none.
    fn locked_room_with(role: Role, invited: bool) -> MockUnitOfWork {
        let open = invited.then(|| invitation(&room(1), 3));
        let mut work = locked_room(room(1), Standing::Member(role));
        let read = work.expect_invitation().with(eq(room_id(1)), eq(user_id(3))).times(1);
        read.return_once(|_, _| Ok(open));
        work
    }

    fn expect_removal(work: &mut MockUnitOfWork, user: u128, kind: AuditKind) {
        work.expect_delete_invitation()
            .with(eq(room_id(1)), eq(user_id(user)))
            .times(1)
            .returning(|_, _| Ok(true));
        expect_record(work, Act::in_room(kind, room_id(1)).to(user_id(user)));
        work.expect_commit().times(1).returning(|| Ok(()));
    }

    #[tokio::test]
    async fn an_admin_withdraws_the_invitation_of_any_user() {
        let mut work = locked_room_with(Role::Admin, true);
        expect_removal(&mut work, 3, AuditKind::InvitationWithdrawn);
        withdraw(work, 3).await.unwrap();
    }

    #[tokio::test]
    async fn the_invited_decline_their_own_invitation() {
        for room in [room(1), private_room(1)] {
            let mut work = locked_room(room, Standing::Invited);
            expect_removal(&mut work, 1, AuditKind::InvitationDeclined);
            withdraw(work, 1).await.unwrap();
        }
    }

    #[tokio::test]
    async fn the_invited_may_not_withdraw_the_invitation_of_another_user() {
        let work = locked_room(private_room(1), Standing::Invited);
        assert_eq!(refusal(withdraw(work, 3).await), Refusal::NotAMember);
    }

    #[tokio::test]
    async fn a_member_who_is_no_admin_may_not_withdraw_an_invitation() {
        assert_eq!(refusal(withdraw(locked_room_with(Role::Member, true), 3).await), Refusal::AdminRequired);
    }

    #[tokio::test]
    async fn an_invitation_that_is_not_open_is_not_found() {
        for role in [Role::Admin, Role::Member] {
            let result = withdraw(locked_room_with(role, false), 3).await;
            assert_eq!(refusal(result), Refusal::InvitationNotFound);
        }
    }

    #[tokio::test]
    async fn a_non_member_of_a_public_room_is_rejected_as_such() {
        for user in [1, 3] {
            let work = locked_room(room(1), Standing::Stranger);
            assert_eq!(refusal(withdraw(work, user).await), Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for work in invisible_rooms() {
            assert_eq!(refusal(withdraw(work, 1).await), Refusal::RoomNotFound);
        }
    }
}
