//! Changing the role of a member.

use std::sync::Arc;

use super::{Member, Role, require_another_admin};
use crate::account::{AccountReader, Identity};
use crate::audit::{Act, AuditDetail, AuditKind, AuditTrail};
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::invitation::Invitee;
use crate::store::{Store, lock_for_caller};
use crate::{Clock, Refusal, Result, RoomId, UserId};

/// Changes a member's role; for the room's admins.
pub struct ChangeRole {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) audit: AuditTrail,
}

impl ChangeRole {
    /// Sets the role and returns the member. Rejects the demotion of the last admin; setting the current role changes
    /// nothing.
    pub async fn execute(&self, caller: Identity, room: RoomId, user: UserId, role: Role) -> Result<Member> {
        // Looked up before the room is locked: a reader takes a connection of its own, and who waits for one must hold
        // none. Names don't change.
        let known = self.accounts.find(Invitee::Id(user)).await?;
        let mut work = self.store.begin_in(caller.session, self.clock.now()).await?;
        let (mut room, mine) = lock_for_caller(&mut *work, room, &caller).await?.require_member()?;
        let mut target = work.membership(room.id, user).await?.ok_or(Refusal::MemberNotFound)?;
        room.require_changeable()?;
        mine.role.require_admin()?;
        let user = known.ok_or(Refusal::MemberNotFound)?;
        let member = Member { user, role, joined_at: target.joined_at, last_read_seq: target.last_read_seq };
        if target.role == role {
            return Ok(member);
        }
        let id = room.id;
        require_another_admin(target.role, work.admin_count(id).await?)?;
        room.log.revision = room.log.revision.next();
        let revision = room.log.revision;
        target.role = role;
        target.revision = revision;
        work.save_membership(target).await?;
        work.save_room(room).await?;
        let act = Act::in_room(AuditKind::RoleChanged, id).to(member.user.id).with(AuditDetail::Role(role));
        self.audit.record(&mut *work, &caller, act).await?;
        work.commit().await?;
        let kind = ChangeKind::RoleChanged(member.user.clone(), role);
        self.events.publish(Event::Changed(Change { room: id, revision, kind }));
        Ok(member)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::account::UserRef;
    use crate::event::MockEventBus;
    use crate::membership::{Membership, Standing};
    use crate::room::{Revision, Seq};
    use crate::store::MockUnitOfWork;
    use crate::testing::{
        accounts_before, at, caller, change_event, changed, clock, committing, expect_record,
        invisible_rooms, locked_room, membership, private_room, refusal, room, room_id, trail, user, user_id,
    };

    const ADMIN: Standing = Standing::Member(Role::Admin);

    fn locked_room_with(standing: Standing, target: Option<Role>) -> MockUnitOfWork {
        let target = target.map(|role| membership(1, 2, role));
        let mut work = locked_room(room(1), standing);
        let read = work.expect_membership().with(eq(room_id(1)), eq(user_id(2))).times(1);
        read.return_once(|_, _| Ok(target));
        work
    }

    fn member(role: Role) -> Member {
        Member { user: user(2), role, joined_at: at(2), last_read_seq: Seq(5) }
    }

    async fn change_of(
        known: Option<UserRef>,
        work: MockUnitOfWork,
        events: MockEventBus,
        role: Role,
    ) -> Result<Member> {
        let (store, accounts) = accounts_before(user_id(2), known, work);
        let change =
            ChangeRole { store, accounts, clock: clock(5), events: Arc::new(events), audit: trail() };
        change.execute(caller(1), room_id(1), user_id(2), role).await
    }

    async fn change(work: MockUnitOfWork, events: MockEventBus, role: Role) -> Result<Member> {
        change_of(Some(user(2)), work, events, role).await
    }

    /// Changes no role and publishes no event.
    async fn refused(work: MockUnitOfWork, role: Role) -> Refusal {
        refusal(change(work, MockEventBus::new(), role).await)
    }

    #[tokio::test]
    async fn a_promotion_and_a_demotion_are_each_the_next_change_of_the_room() {
        for (before, after) in [(Role::Member, Role::Admin), (Role::Admin, Role::Member)] {
            let mut work = locked_room_with(ADMIN, Some(before));
            work.expect_admin_count().with(eq(room_id(1))).returning(|_| Ok(2));
            let saved = Membership { revision: Revision(10), ..membership(1, 2, after) };
            work.expect_save_membership().with(eq(saved)).times(1).returning(|_| Ok(()));
            work.expect_save_room().with(eq(changed(room(1)))).times(1).returning(|_| Ok(()));
            let act = Act::in_room(AuditKind::RoleChanged, room_id(1)).to(user_id(2));
            expect_record(&mut work, act.with(AuditDetail::Role(after)));
            let events = committing(&mut work, change_event(ChangeKind::RoleChanged(user(2), after)));
            let found = change(work, events, after).await.unwrap();
            assert_eq!(found, member(after));
        }
    }

    #[tokio::test]
    async fn setting_the_current_role_changes_nothing_even_for_the_last_admin() {
        let work = locked_room_with(ADMIN, Some(Role::Admin));
        let found = change(work, MockEventBus::new(), Role::Admin).await.unwrap();
        assert_eq!(found, member(Role::Admin));
    }

    #[tokio::test]
    async fn the_last_admin_may_not_be_demoted() {
        let mut work = locked_room_with(ADMIN, Some(Role::Admin));
        work.expect_admin_count().with(eq(room_id(1))).times(1).returning(|_| Ok(1));
        assert_eq!(refused(work, Role::Member).await, Refusal::LastAdmin);
    }

    #[tokio::test]
    async fn a_member_who_is_no_admin_may_not_change_roles() {
        let work = locked_room_with(Standing::Member(Role::Member), Some(Role::Member));
        assert_eq!(refused(work, Role::Admin).await, Refusal::AdminRequired);
    }

    #[tokio::test]
    async fn a_non_member_has_no_role_to_change() {
        assert_eq!(refused(locked_room_with(ADMIN, None), Role::Admin).await, Refusal::MemberNotFound);
    }

    #[tokio::test]
    async fn a_user_without_an_account_is_not_found() {
        let work = locked_room_with(ADMIN, Some(Role::Member));
        let result = change_of(None, work, MockEventBus::new(), Role::Admin).await;
        assert_eq!(refusal(result), Refusal::MemberNotFound);
    }

    #[tokio::test]
    async fn a_non_member_who_sees_the_room_is_rejected_as_such() {
        for (room, standing) in [(room(1), Standing::Stranger), (private_room(1), Standing::Invited)] {
            assert_eq!(refused(locked_room(room, standing), Role::Admin).await, Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for work in invisible_rooms() {
            assert_eq!(refused(work, Role::Admin).await, Refusal::RoomNotFound);
        }
    }
}
