//! Removing a member from a room.

use std::sync::Arc;

use super::leave::end;
use crate::account::{AccountReader, Identity};
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::event::{Event, EventBus};
use crate::invitation::Invitee;
use crate::store::{Store, lock_for_caller};
use crate::{Clock, Refusal, Result, RoomId, UserId};

/// Ends another user's membership; for the room's admins.
pub struct RemoveMember {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) audit: AuditTrail,
}

impl RemoveMember {
    /// Removes `user`. Admins may remove themselves, except for the last one.
    pub async fn execute(&self, caller: Identity, room: RoomId, user: UserId) -> Result<()> {
        // Read before the room is locked: a reader uses another connection, and waiting for one while holding one can
        // deadlock the pool. Usernames do not change.
        let known = self.accounts.find(Invitee::Id(user)).await?;
        let mut work = self.store.begin_in(caller.session, self.clock.now()).await?;
        let (room, mine) = lock_for_caller(&mut *work, room, &caller).await?.require_member()?;
        let target = work.membership(room.id, user).await?.ok_or(Refusal::MemberNotFound)?;
        room.require_changeable()?;
        mine.role.require_admin()?;
        let known = known.ok_or(Refusal::MemberNotFound)?;
        let change = end(&mut *work, room, target, known, self.clock.now()).await?;
        let removal = Act::in_room(AuditKind::MemberRemoved, change.room).to(user);
        self.audit.record(&mut *work, &caller, removal).await?;
        work.commit().await?;
        self.events.publish(Event::Changed(change));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::account::UserRef;
    use crate::event::{ChangeKind, MockEventBus};
    use crate::membership::{Role, Standing};
    use crate::room::{Revision, Room};
    use crate::store::MockUnitOfWork;
    use crate::testing::{
        accounts_before, at, caller, change_event, changed, clock, committing, expect_record,
        invisible_rooms, locked_room, membership, private_room, refusal, room, room_id, trail, user, user_id,
    };

    const ADMIN: Standing = Standing::Member(Role::Admin);

    /// The caller, user 1, removes the user of that id, whose account is `known`.
    async fn remove_of(
        known: Option<UserRef>,
        work: MockUnitOfWork,
        events: MockEventBus,
        id: u128,
    ) -> Result<()> {
        let (store, accounts) = accounts_before(user_id(id), known, work);
        let events = Arc::new(events);
        let remove = RemoveMember { store, accounts, clock: clock(5), events, audit: trail() };
        remove.execute(caller(1), room_id(1), user_id(id)).await
    }

    async fn remove(work: MockUnitOfWork, events: MockEventBus, id: u128) -> Result<()> {
        remove_of(Some(user(id)), work, events, id).await
    }

    /// Removes no member and publishes no event.
    async fn refused(work: MockUnitOfWork, id: u128) -> Refusal {
        refusal(remove(work, MockEventBus::new(), id).await)
    }

    /// The caller has that standing in room 1, and `user` has that role in it, or none.
    fn locked_room_with(standing: Standing, user: u128, role: Option<Role>) -> MockUnitOfWork {
        let target = role.map(|role| membership(1, user, role));
        let mut work = locked_room(room(1), standing);
        let read = work.expect_membership().with(eq(room_id(1)), eq(user_id(user))).times(1);
        read.return_once(|_, _| Ok(target));
        work
    }

    #[tokio::test]
    async fn an_admin_removes_a_member_another_admin_or_themself() {
        for (removed, role) in [(2, Role::Member), (2, Role::Admin), (1, Role::Admin)] {
            let mut work = locked_room_with(ADMIN, removed, Some(role));
            work.expect_admin_count().with(eq(room_id(1))).returning(|_| Ok(2));
            work.expect_end_membership()
                .with(eq(room_id(1)), eq(user_id(removed)), eq(Revision(10)), eq(at(5)))
                .times(1)
                .returning(|_, _, _, _| Ok(()));
            let after = Room { member_count: 2, ..changed(room(1)) };
            work.expect_save_room().with(eq(after)).times(1).returning(|_| Ok(()));
            let act = Act::in_room(AuditKind::MemberRemoved, room_id(1)).to(user_id(removed));
            expect_record(&mut work, act);
            let events = committing(&mut work, change_event(ChangeKind::MemberRemoved(user(removed), role)));
            remove(work, events, removed).await.unwrap();
        }
    }

    #[tokio::test]
    async fn the_last_admin_may_not_remove_themself() {
        let mut work = locked_room_with(ADMIN, 1, Some(Role::Admin));
        work.expect_admin_count().with(eq(room_id(1))).times(1).returning(|_| Ok(1));
        assert_eq!(refused(work, 1).await, Refusal::LastAdmin);
    }

    #[tokio::test]
    async fn a_user_without_an_account_is_not_found() {
        let work = locked_room_with(ADMIN, 2, Some(Role::Member));
        let result = remove_of(None, work, MockEventBus::new(), 2).await;
        assert_eq!(refusal(result), Refusal::MemberNotFound);
    }

    #[tokio::test]
    async fn a_member_who_is_no_admin_may_remove_no_one_not_even_themself() {
        for user in [1, 2] {
            let work = locked_room_with(Standing::Member(Role::Member), user, Some(Role::Member));
            assert_eq!(refused(work, user).await, Refusal::AdminRequired);
        }
    }

    #[tokio::test]
    async fn a_non_member_cannot_be_removed() {
        assert_eq!(refused(locked_room_with(ADMIN, 2, None), 2).await, Refusal::MemberNotFound);
    }

    #[tokio::test]
    async fn a_non_member_who_sees_the_room_is_rejected_as_such() {
        for (room, standing) in [(room(1), Standing::Stranger), (private_room(1), Standing::Invited)] {
            assert_eq!(refused(locked_room(room, standing), 2).await, Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for work in invisible_rooms() {
            assert_eq!(refused(work, 2).await, Refusal::RoomNotFound);
        }
    }
}
