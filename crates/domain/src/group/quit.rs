//! Turning one's back on a room.

use std::sync::Arc;

use super::{Leaving, leaving};
use crate::account::{Identity, UserRef};
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::membership::{Membership, MembershipWrites, Role, end};
use crate::room::{Access, Room, RoomWrites};
use crate::roster::{RoomKey, RosterReader};
use crate::store::{Store, UnitOfWork};
use crate::{Clock, Refusal, Result, StoreError, Timestamp};

/// One wish for every kind of room: a server admin ends a public room, a member goes out of a private one, and a group
/// ends with the last but one.
pub struct QuitRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) rosters: Arc<dyn RosterReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl QuitRoom {
    /// Ends the room, or the caller's membership of it. A private room exists for its members only.
    pub async fn execute(&self, caller: Identity, room: RoomKey) -> Result<()> {
        let found = self.rosters.roster(room, None).await?.ok_or(Refusal::RoomNotFound)?;
        let mut work = self.store.begin().await?;
        // Between the two it may have become another kind of room: what counts is read under the lock.
        let room = work.lock_room(found.view.room.id).await?.ok_or(Refusal::RoomNotFound)?;
        let mine = work.membership(room.id, caller.user.id).await?;
        let at = self.clock.now();
        let changes = match (&room.access, mine) {
            (Access::Public { .. }, _) if caller.server_admin => vec![delete(&mut *work, &room, at).await?],
            (Access::Public { .. }, _) => return Err(Refusal::NotAllowed.into()),
            (Access::Private { .. }, None) => return Err(Refusal::RoomNotFound.into()),
            (Access::Private { group: true }, Some(mine)) => {
                leave_group(&mut *work, room, mine, caller.user, at).await?
            }
            (Access::Private { group: false }, Some(mine)) => {
                vec![end(&mut *work, room, mine, caller.user, at).await?]
            }
        };
        work.commit().await?;
        for change in changes {
            self.events.publish(Event::Changed(change));
        }
        Ok(())
    }
}

async fn delete(work: &mut dyn RoomWrites, room: &Room, at: Timestamp) -> Result<Change> {
    let revision = room.log.revision.next();
    work.delete_room(room.id, revision, at).await?;
    Ok(Change { room: room.id, revision, kind: ChangeKind::RoomDeleted })
}

async fn leave_group(
    work: &mut dyn UnitOfWork,
    mut room: Room,
    mine: Membership,
    user: UserRef,
    at: Timestamp,
) -> Result<Vec<Change>> {
    let kind = leaving(mine.role, room.member_count, work.admin_count(room.id).await?);
    let mut changes = vec![];
    if kind == Leaving::Succeeded {
        changes.push(succeed(work, &mut room, &mine).await?);
    }
    room.log.revision = room.log.revision.next();
    room.member_count -= 1;
    let revision = room.log.revision;
    work.end_membership(room.id, mine.user, revision, at).await?;
    changes.push(Change { room: room.id, revision, kind: ChangeKind::MemberRemoved(user, mine.role) });
    if kind == Leaving::EndsTheGroup {
        changes.push(delete(work, &room, at).await?);
    } else {
        work.save_room(room).await?;
    }
    Ok(changes)
}

/// Makes the longest-standing of the others an admin.
async fn succeed(work: &mut dyn MembershipWrites, room: &mut Room, leaving: &Membership) -> Result<Change> {
    let heir = work.longest_standing(room.id, leaving.user).await?;
    let (user, mut heir) = heir.ok_or_else(|| {
        StoreError::Corrupt(format!("room {} counts {} members and has one", room.id, room.member_count))
    })?;
    room.log.revision = room.log.revision.next();
    heir.role = Role::Admin;
    heir.revision = room.log.revision;
    let revision = heir.revision;
    work.save_membership(heir).await?;
    Ok(Change { room: room.id, revision, kind: ChangeKind::RoleChanged(user, Role::Admin) })
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::Error;
    use crate::event::MockEventBus;
    use crate::room::{Revision, RoomName, RoomView, Slug};
    use crate::roster::{MockRosterReader, RoomWithMembers};
    use crate::store::MockUnitOfWork;
    use crate::testing::{at, caller, clock, room_id, store, user, user_id};

    fn room(access: Access, members: i64) -> Room {
        let name = RoomName::parse("Here").unwrap();
        let mut room = Room::starting(room_id(7), name, access, user(1), at(1));
        room.member_count = members;
        room.log.revision = Revision(9);
        room
    }

    fn group(members: i64) -> Room {
        room(Access::Private { group: true }, members)
    }

    fn public() -> Room {
        room(Access::Public { slug: Slug::of(&RoomName::parse("Here").unwrap()) }, 2)
    }

    fn membership(n: u128, role: Role) -> Membership {
        Membership::starting(&group(2), user_id(n), role, at(1), Revision(1))
    }

    /// User 1 quits the room, in which they have that role; then the rest of the unit is as `work` expects.
    async fn quit(
        room: Room,
        role: Option<Role>,
        server_admin: bool,
        mut work: MockUnitOfWork,
        told: Vec<(i64, ChangeKind)>,
    ) -> Result<()> {
        let mut rosters = MockRosterReader::new();
        let view = RoomView { room: room.clone(), mine: None, invited: false };
        rosters
            .expect_roster()
            .withf(|key, _| *key == RoomKey::Id(room_id(7)))
            .times(1)
            .return_once(|_, _| Ok(Some(RoomWithMembers { view, members: vec![] })));
        work.expect_lock_room().with(eq(room_id(7))).times(1).return_once(move |_| Ok(Some(room)));
        let mine = role.map(|role| membership(1, role));
        let asked = work.expect_membership().with(eq(room_id(7)), eq(user_id(1))).times(1);
        asked.return_once(move |_, _| Ok(mine));
        let mut order = mockall::Sequence::new();
        if !told.is_empty() {
            work.expect_commit().times(1).in_sequence(&mut order).returning(|| Ok(()));
        }
        let mut events = MockEventBus::new();
        for (revision, kind) in told {
            let change = Change { room: room_id(7), revision: Revision(revision), kind };
            let event = Event::Changed(change);
            events
                .expect_publish()
                .withf(move |told| *told == event)
                .times(1)
                .in_sequence(&mut order)
                .return_const(());
        }
        let (rosters, events) = (Arc::new(rosters), Arc::new(events));
        let quit = QuitRoom { store: store(work), rosters, clock: clock(5), events };
        quit.execute(Identity { server_admin, ..caller(1) }, RoomKey::Id(room_id(7))).await
    }

    fn ends_at(work: &mut MockUnitOfWork, revision: i64) {
        work.expect_end_membership()
            .with(eq(room_id(7)), eq(user_id(1)), eq(Revision(revision)), eq(at(5)))
            .times(1)
            .returning(|_, _, _, _| Ok(()));
    }

    fn deleted_at(work: &mut MockUnitOfWork, revision: i64) {
        work.expect_delete_room()
            .with(eq(room_id(7)), eq(Revision(revision)), eq(at(5)))
            .times(1)
            .returning(|_, _, _| Ok(()));
    }

    #[tokio::test]
    async fn a_group_of_two_ends_with_the_one_who_goes() {
        let mut work = MockUnitOfWork::new();
        work.expect_admin_count().with(eq(room_id(7))).times(1).returning(|_| Ok(1));
        ends_at(&mut work, 10);
        deleted_at(&mut work, 11);
        let told =
            vec![(10, ChangeKind::MemberRemoved(user(1), Role::Member)), (11, ChangeKind::RoomDeleted)];
        quit(group(2), Some(Role::Member), false, work, told).await.unwrap();
    }

    #[tokio::test]
    async fn the_last_admin_is_succeeded_before_they_go() {
        let mut work = MockUnitOfWork::new();
        work.expect_admin_count().with(eq(room_id(7))).times(1).returning(|_| Ok(1));
        work.expect_longest_standing()
            .with(eq(room_id(7)), eq(user_id(1)))
            .times(1)
            .returning(|_, _| Ok(Some((user(2), membership(2, Role::Member)))));
        work.expect_save_membership()
            .withf(|heir| (heir.user, heir.role, heir.revision) == (user_id(2), Role::Admin, Revision(10)))
            .times(1)
            .returning(|_| Ok(()));
        ends_at(&mut work, 11);
        work.expect_save_room()
            .withf(|room| (room.member_count, room.log.revision) == (2, Revision(11)))
            .times(1)
            .returning(|_| Ok(()));
        let told = vec![
            (10, ChangeKind::RoleChanged(user(2), Role::Admin)),
            (11, ChangeKind::MemberRemoved(user(1), Role::Admin)),
        ];
        quit(group(3), Some(Role::Admin), false, work, told).await.unwrap();
    }

    #[tokio::test]
    async fn where_two_stay_and_an_admin_is_among_them_they_stay_as_they_are() {
        let mut work = MockUnitOfWork::new();
        work.expect_admin_count().with(eq(room_id(7))).times(1).returning(|_| Ok(1));
        ends_at(&mut work, 10);
        work.expect_save_room()
            .withf(|room| (room.member_count, room.log.revision) == (2, Revision(10)))
            .times(1)
            .returning(|_| Ok(()));
        let told = vec![(10, ChangeKind::MemberRemoved(user(1), Role::Member))];
        quit(group(3), Some(Role::Member), false, work, told).await.unwrap();
    }

    #[tokio::test]
    async fn a_room_that_is_no_group_keeps_its_last_admin() {
        let mut work = MockUnitOfWork::new();
        work.expect_admin_count().with(eq(room_id(7))).times(1).returning(|_| Ok(1));
        let room = room(Access::Private { group: false }, 2);
        let refused = quit(room, Some(Role::Admin), false, work, vec![]).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::LastAdmin))));
    }

    #[tokio::test]
    async fn a_public_room_is_ended_by_a_server_admin_and_by_nobody_else() {
        let mut work = MockUnitOfWork::new();
        deleted_at(&mut work, 10);
        quit(public(), None, true, work, vec![(10, ChangeKind::RoomDeleted)]).await.unwrap();
        let refused = quit(public(), Some(Role::Admin), false, MockUnitOfWork::new(), vec![]).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::NotAllowed))));
    }

    #[tokio::test]
    async fn a_private_room_does_not_exist_for_others_server_admins_included() {
        let refused = quit(group(3), None, true, MockUnitOfWork::new(), vec![]).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::RoomNotFound))));
    }
}
