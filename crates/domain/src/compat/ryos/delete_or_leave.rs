//! Deleting or leaving a room, by one request for every kind of room.

use std::sync::Arc;

use super::{LeaveOutcome, RoomKey, RosterReader};
use crate::account::Identity;
use crate::audit::{Act, AuditDetail, AuditKind, AuditTrail};
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::membership::{Membership, MembershipWrites, Role, end};
use crate::room::{Access, PrivateKind, Room, RoomWrites};
use crate::store::{Store, UnitOfWork};
use crate::{Clock, Refusal, Result, StoreError, Timestamp};

/// Deletes a public room on behalf of a server admin, and ends the caller's membership of a private one. A group is
/// deleted when at most one member would remain.
pub struct DeleteOrLeaveRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) rosters: Arc<dyn RosterReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) audit: AuditTrail,
}

impl DeleteOrLeaveRoom {
    /// Deletes the room or ends the caller's membership. A private room does not exist for a caller who is no member; a
    /// public one refuses any caller but a server admin with [`Refusal::NotAllowed`], a direct one every member.
    pub async fn execute(&self, caller: Identity, room: RoomKey) -> Result<()> {
        let found = self.rosters.roster(room, None).await?.ok_or(Refusal::RoomNotFound)?;
        let mut work = self.store.begin_in(caller.session, self.clock.now()).await?;
        // Its visibility may have changed since the read: what counts is read under the lock.
        let room = work.lock_room(found.view.room.id).await?.ok_or(Refusal::RoomNotFound)?;
        let mine = work.membership(room.id, caller.user.id).await?;
        let id = room.id;
        let (changes, acts) = match (&room.access, mine) {
            (Access::Public { .. }, mine) if caller.server_admin => {
                let by_room_admin = mine.is_some_and(|mine| mine.role == Role::Admin);
                let detail = (!by_room_admin).then_some(AuditDetail::ByServerAdmin);
                let changes = vec![delete(&mut *work, &room, self.clock.now()).await?];
                (changes, vec![Act::in_room(AuditKind::RoomDeleted, id).with(detail)])
            }
            (Access::Public { .. }, _) | (Access::Private(PrivateKind::Direct), Some(_)) => {
                return Err(Refusal::NotAllowed.into());
            }
            (Access::Private(_), None) => return Err(Refusal::RoomNotFound.into()),
            (Access::Private(PrivateKind::Group), Some(mine)) => {
                let changes = leave_group(&mut *work, room, mine, &caller, self.clock.now()).await?;
                let acts = changes.iter().filter_map(act).collect();
                (changes, acts)
            }
            (Access::Private(PrivateKind::ByInvitation), Some(mine)) => {
                let user = caller.user.clone();
                let changes = vec![end(&mut *work, room, mine, user, self.clock.now()).await?];
                (changes, vec![Act::in_room(AuditKind::MemberLeft, id)])
            }
        };
        for act in acts {
            self.audit.record(&mut *work, &caller, act).await?;
        }
        work.commit().await?;
        for change in changes {
            self.events.publish(Event::Changed(change));
        }
        Ok(())
    }
}

/// Returns what the audit log says of a change by which a member leaves a group.
fn act(change: &Change) -> Option<Act> {
    let act = |kind| Act::in_room(kind, change.room);
    match &change.kind {
        ChangeKind::RoleChanged(user, role) => {
            Some(act(AuditKind::RoleChanged).to(user.id).with(AuditDetail::Role(*role)))
        }
        ChangeKind::MemberRemoved(..) => Some(act(AuditKind::MemberLeft)),
        ChangeKind::RoomDeleted => Some(act(AuditKind::RoomDeleted)),
        _ => None,
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
    caller: &Identity,
    at: Timestamp,
) -> Result<Vec<Change>> {
    let outcome = LeaveOutcome::of(mine.role, room.member_count, work.admin_count(room.id).await?);
    let mut changes = vec![];
    if outcome == LeaveOutcome::AdminReplaced {
        changes.push(promote_successor(work, &mut room, &mine).await?);
    }
    room.log.revision = room.log.revision.next();
    room.member_count -= 1;
    let revision = room.log.revision;
    work.end_membership(room.id, mine.user, revision, at).await?;
    changes.push(Change {
        room: room.id,
        revision,
        kind: ChangeKind::MemberRemoved(caller.user.clone(), mine.role),
    });
    if outcome == LeaveOutcome::GroupDeleted {
        changes.push(delete(work, &room, at).await?);
    } else {
        work.save_room(room).await?;
    }
    Ok(changes)
}

/// Makes the longest-standing other member an admin.
async fn promote_successor(
    work: &mut dyn MembershipWrites,
    room: &mut Room,
    leaving: &Membership,
) -> Result<Change> {
    let successor = work.longest_standing(room.id, leaving.user).await?;
    let (user, mut successor) = successor.ok_or_else(|| {
        StoreError::Corrupt(format!("room {} counts {} members and has one", room.id, room.member_count))
    })?;
    room.log.revision = room.log.revision.next();
    successor.role = Role::Admin;
    successor.revision = room.log.revision;
    let revision = successor.revision;
    work.save_membership(successor).await?;
    Ok(Change { room: room.id, revision, kind: ChangeKind::RoleChanged(user, Role::Admin) })
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::Error;
    use crate::compat::ryos::{MockRosterReader, RoomWithMembers};
    use crate::event::MockEventBus;
    use crate::room::{Revision, RoomName, RoomView, Slug};
    use crate::store::MockUnitOfWork;
    use crate::testing::{at, caller, clock, expect_record, room_id, store, trail, user, user_id};

    fn room(access: Access, members: i64) -> Room {
        let name = RoomName::parse("Here").unwrap();
        let mut room = Room::starting(room_id(7), name, access, user(1), at(1));
        room.member_count = members;
        room.log.revision = Revision(9);
        room
    }

    fn group(members: i64) -> Room {
        room(Access::Private(PrivateKind::Group), members)
    }

    fn public() -> Room {
        room(Access::Public { slug: Slug::of(&RoomName::parse("Here").unwrap()) }, 2)
    }

    fn membership(n: u128, role: Role) -> Membership {
        Membership::starting(&group(2), user_id(n), role, at(1), Revision(1))
    }

    /// User 1, who has that role in the room, deletes or leaves it; `work` expects the rest of the unit of work, and
    /// `published` lists the changes in order. Each of them is recorded before the commit.
    async fn run(
        room: Room,
        role: Option<Role>,
        server_admin: bool,
        mut work: MockUnitOfWork,
        published: Vec<(i64, ChangeKind)>,
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
        let read = work.expect_membership().with(eq(room_id(7)), eq(user_id(1))).times(1);
        read.return_once(move |_, _| Ok(mine));
        for (_, kind) in &published {
            let act = Act::in_room(AuditKind::MemberLeft, room_id(7));
            let act = match kind {
                ChangeKind::RoleChanged(user, role) => Act::in_room(AuditKind::RoleChanged, room_id(7))
                    .to(user.id)
                    .with(AuditDetail::Role(*role)),
                ChangeKind::RoomDeleted => Act::in_room(AuditKind::RoomDeleted, room_id(7))
                    .with(server_admin.then_some(AuditDetail::ByServerAdmin)),
                _ => act,
            };
            expect_record(&mut work, act);
        }
        let mut order = mockall::Sequence::new();
        if !published.is_empty() {
            work.expect_commit().times(1).in_sequence(&mut order).returning(|| Ok(()));
        }
        let mut events = MockEventBus::new();
        for (revision, kind) in published {
            let change = Change { room: room_id(7), revision: Revision(revision), kind };
            let event = Event::Changed(change);
            events
                .expect_publish()
                .withf(move |published| *published == event)
                .times(1)
                .in_sequence(&mut order)
                .return_const(());
        }
        let (rosters, events) = (Arc::new(rosters), Arc::new(events));
        let use_case =
            DeleteOrLeaveRoom { store: store(work), rosters, clock: clock(5), events, audit: trail() };
        use_case.execute(Identity { server_admin, ..caller(1) }, RoomKey::Id(room_id(7))).await
    }

    fn expect_end_at(work: &mut MockUnitOfWork, revision: i64) {
        work.expect_end_membership()
            .with(eq(room_id(7)), eq(user_id(1)), eq(Revision(revision)), eq(at(5)))
            .times(1)
            .returning(|_, _, _, _| Ok(()));
    }

    fn expect_delete_at(work: &mut MockUnitOfWork, revision: i64) {
        work.expect_delete_room()
            .with(eq(room_id(7)), eq(Revision(revision)), eq(at(5)))
            .times(1)
            .returning(|_, _, _| Ok(()));
    }

    #[tokio::test]
    async fn a_group_of_two_is_deleted_when_one_leaves() {
        let mut work = MockUnitOfWork::new();
        work.expect_admin_count().with(eq(room_id(7))).times(1).returning(|_| Ok(1));
        expect_end_at(&mut work, 10);
        expect_delete_at(&mut work, 11);
        let published =
            vec![(10, ChangeKind::MemberRemoved(user(1), Role::Member)), (11, ChangeKind::RoomDeleted)];
        run(group(2), Some(Role::Member), false, work, published).await.unwrap();
    }

    #[tokio::test]
    async fn a_leaving_last_admin_is_replaced_first() {
        let mut work = MockUnitOfWork::new();
        work.expect_admin_count().with(eq(room_id(7))).times(1).returning(|_| Ok(1));
        work.expect_longest_standing()
            .with(eq(room_id(7)), eq(user_id(1)))
            .times(1)
            .returning(|_, _| Ok(Some((user(2), membership(2, Role::Member)))));
        work.expect_save_membership()
            .withf(|successor| {
                (successor.user, successor.role, successor.revision)
                    == (user_id(2), Role::Admin, Revision(10))
            })
            .times(1)
            .returning(|_| Ok(()));
        expect_end_at(&mut work, 11);
        work.expect_save_room()
            .withf(|room| (room.member_count, room.log.revision) == (2, Revision(11)))
            .times(1)
            .returning(|_| Ok(()));
        let published = vec![
            (10, ChangeKind::RoleChanged(user(2), Role::Admin)),
            (11, ChangeKind::MemberRemoved(user(1), Role::Admin)),
        ];
        run(group(3), Some(Role::Admin), false, work, published).await.unwrap();
    }

    #[tokio::test]
    async fn two_remaining_members_with_an_admin_among_them_stay_as_they_are() {
        let mut work = MockUnitOfWork::new();
        work.expect_admin_count().with(eq(room_id(7))).times(1).returning(|_| Ok(1));
        expect_end_at(&mut work, 10);
        work.expect_save_room()
            .withf(|room| (room.member_count, room.log.revision) == (2, Revision(10)))
            .times(1)
            .returning(|_| Ok(()));
        let published = vec![(10, ChangeKind::MemberRemoved(user(1), Role::Member))];
        run(group(3), Some(Role::Member), false, work, published).await.unwrap();
    }

    #[tokio::test]
    async fn the_last_admin_of_a_private_room_that_is_no_group_cannot_leave() {
        let mut work = MockUnitOfWork::new();
        work.expect_admin_count().with(eq(room_id(7))).times(1).returning(|_| Ok(1));
        let room = room(Access::Private(PrivateKind::ByInvitation), 2);
        let refused = run(room, Some(Role::Admin), false, work, vec![]).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::LastAdmin))));
    }

    #[tokio::test]
    async fn a_public_room_is_deleted_for_a_server_admin_only() {
        let mut work = MockUnitOfWork::new();
        expect_delete_at(&mut work, 10);
        run(public(), None, true, work, vec![(10, ChangeKind::RoomDeleted)]).await.unwrap();
        let refused = run(public(), Some(Role::Admin), false, MockUnitOfWork::new(), vec![]).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::NotAllowed))));
    }

    #[tokio::test]
    async fn a_private_room_does_not_exist_for_non_members_including_server_admins() {
        let refused = run(group(3), None, true, MockUnitOfWork::new(), vec![]).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::RoomNotFound))));
    }
}
