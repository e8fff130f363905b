//! Leaving a room.

use std::sync::Arc;

use super::{Membership, require_another_admin};
use crate::account::{Identity, UserRef};
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::room::Room;
use crate::store::{Store, UnitOfWork, lock_for_caller};
use crate::{Clock, Result, RoomId, Timestamp};

/// Ends the caller's membership, unless they are the room's last admin.
pub struct LeaveRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) audit: AuditTrail,
}

impl LeaveRoom {
    /// Ends the membership; [`Refusal::LastAdmin`](crate::Refusal::LastAdmin) where the caller is the room's only admin.
    pub async fn execute(&self, caller: Identity, room: RoomId) -> Result<()> {
        let mut work = self.store.begin_in(caller.session, self.clock.now()).await?;
        let (room, mine) = lock_for_caller(&mut *work, room, &caller).await?.require_member()?;
        room.require_changeable()?;
        let change = end(&mut *work, room, mine, caller.user.clone(), self.clock.now()).await?;
        self.audit.record(&mut *work, &caller, Act::in_room(AuditKind::MemberLeft, change.room)).await?;
        work.commit().await?;
        self.events.publish(Event::Changed(change));
        Ok(())
    }
}

/// Ends a membership of a locked room, subject to the last-admin rule. Shared with removals.
pub(crate) async fn end(
    work: &mut dyn UnitOfWork,
    mut room: Room,
    ended: Membership,
    user: UserRef,
    at: Timestamp,
) -> Result<Change> {
    require_another_admin(ended.role, work.admin_count(room.id).await?)?;
    room.log.revision = room.log.revision.next();
    room.member_count -= 1;
    let (id, revision) = (room.id, room.log.revision);
    work.end_membership(id, ended.user, revision, at).await?;
    work.save_room(room).await?;
    Ok(Change { room: id, revision, kind: ChangeKind::MemberRemoved(user, ended.role) })
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::Refusal;
    use crate::event::MockEventBus;
    use crate::membership::{Role, Standing};
    use crate::room::Revision;
    use crate::store::MockUnitOfWork;
    use crate::testing::{
        at, caller, change_event, changed, clock, committing, expect_record, invisible_rooms, locked_room,
        private_room, refusal, room, room_id, store, trail, user, user_id,
    };

    async fn leave(work: MockUnitOfWork, events: MockEventBus) -> Result<()> {
        let (store, events) = (store(work), Arc::new(events));
        let leave = LeaveRoom { store, clock: clock(5), events, audit: trail() };
        leave.execute(caller(1), room_id(1)).await
    }

    fn locked_room_with_admins(role: Role, admins: i64) -> MockUnitOfWork {
        let mut work = locked_room(room(1), Standing::Member(role));
        work.expect_admin_count().with(eq(room_id(1))).returning(move |_| Ok(admins));
        work
    }

    #[tokio::test]
    async fn a_member_or_one_of_two_admins_leaves_and_the_member_count_drops() {
        for (role, admins) in [(Role::Member, 1), (Role::Admin, 2)] {
            let mut work = locked_room_with_admins(role, admins);
            work.expect_end_membership()
                .with(eq(room_id(1)), eq(user_id(1)), eq(Revision(10)), eq(at(5)))
                .times(1)
                .returning(|_, _, _, _| Ok(()));
            let after = Room { member_count: 2, ..changed(room(1)) };
            work.expect_save_room().with(eq(after)).times(1).returning(|_| Ok(()));
            expect_record(&mut work, Act::in_room(AuditKind::MemberLeft, room_id(1)));
            let events = committing(&mut work, change_event(ChangeKind::MemberRemoved(user(1), role)));
            leave(work, events).await.unwrap();
        }
    }

    #[tokio::test]
    async fn the_last_admin_may_not_leave() {
        let result = leave(locked_room_with_admins(Role::Admin, 1), MockEventBus::new()).await;
        assert_eq!(refusal(result), Refusal::LastAdmin);
    }

    #[tokio::test]
    async fn a_non_member_who_sees_the_room_is_rejected_as_such() {
        for (room, standing) in [(room(1), Standing::Stranger), (private_room(1), Standing::Invited)] {
            let result = leave(locked_room(room, standing), MockEventBus::new()).await;
            assert_eq!(refusal(result), Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for work in invisible_rooms() {
            assert_eq!(refusal(leave(work, MockEventBus::new()).await), Refusal::RoomNotFound);
        }
    }
}
