//! Joining a room.

use std::sync::Arc;

use super::{Membership, MyMembership, Role};
use crate::account::Identity;
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::quota::OwnershipQuotas;
use crate::room::RoomReader;
use crate::store::{Store, lock_for_caller};
use crate::{Clock, Ports, Refusal, Result, RoomId};

/// Makes the caller a member of a public room, or of a private one they are invited to.
pub struct JoinRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) rooms: Arc<dyn RoomReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) quotas: OwnershipQuotas,
    pub(crate) audit: AuditTrail,
}

impl JoinRoom {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            store: ports.stored.store.clone(),
            rooms: ports.stored.rooms.clone(),
            clock: ports.clock.clone(),
            events: ports.events.clone(),
            quotas: ports.quotas.clone(),
            audit: ports.audit_trail(),
        }
    }

    /// Returns the caller's membership. Joining uses up an invitation; a member who joins again stays as they are. Rejects
    /// a caller who is a member of as many rooms as the quota allows.
    pub async fn execute(&self, caller: Identity, room: RoomId) -> Result<MyMembership> {
        let mut work = self.store.begin_in(caller.session, self.clock.now()).await?;
        let open = lock_for_caller(&mut *work, room, &caller).await?;
        if open.mine.is_some() {
            drop(work);
            let view = self.rooms.room(room, Some(caller.user.id)).await?.ok_or(Refusal::RoomNotFound)?;
            return Ok(view.mine.ok_or(Refusal::NotAMember)?);
        }
        self.quotas.hold(&mut *work, vec![caller.user.id]).await?;
        self.quotas.another_membership(&mut *work, vec![caller.user.id]).await?;
        let mut room = open.room;
        // Without an invitation the room is public: a private one does not exist for a stranger.
        if open.invited {
            work.delete_invitation(room.id, caller.user.id).await?;
            let used = Act::in_room(AuditKind::InvitationUsed, room.id).to(caller.user.id);
            self.audit.record(&mut *work, &caller, used).await?;
        }
        room.log.revision = room.log.revision.next();
        room.member_count += 1;
        let mine =
            Membership::starting(&room, caller.user.id, Role::Member, self.clock.now(), room.log.revision);
        work.save_membership(mine.clone()).await?;
        work.save_room(room).await?;
        self.audit.record(&mut *work, &caller, Act::in_room(AuditKind::MemberJoined, mine.room)).await?;
        work.commit().await?;
        let (room, revision) = (mine.room, mine.revision);
        let kind = ChangeKind::MemberAdded(caller.user, mine.role);
        self.events.publish(Event::Changed(Change { room, revision, kind }));
        Ok(MyMembership::read_up(&mine))
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::event::MockEventBus;
    use crate::membership::Standing;
    use crate::quota::QuotaKind;
    use crate::room::{MockRoomReader, Revision, Room, RoomView, Seq};
    use crate::store::MockUnitOfWork;
    use crate::testing::{
        at, caller, change_event, changed, clock, committing, expect_full_memberships, expect_record,
        invisible_rooms, lifetime, locked_room, membership, private_room, refusal, room, room_id, store,
        trail, user, user_id, view,
    };

    fn joining(work: MockUnitOfWork, rooms: MockRoomReader, events: MockEventBus) -> JoinRoom {
        let (rooms, events) = (Arc::new(rooms), Arc::new(events));
        JoinRoom {
            store: store(work),
            rooms,
            clock: clock(5),
            events,
            quotas: OwnershipQuotas::default(),
            audit: trail(),
        }
    }

    /// Expects user 1 to join that room, which has one member more from then on.
    fn expect_join(work: &mut MockUnitOfWork, before: Room) -> MockEventBus {
        let saved = Membership {
            room: room_id(1),
            user: user_id(1),
            role: Role::Member,
            joined_at: at(5),
            last_read_seq: Seq(7),
            revision: Revision(10),
            joined_revision: Revision(10),
        };
        let after = Room { member_count: 4, ..changed(before) };
        work.expect_save_membership().with(eq(saved)).times(1).returning(|_| Ok(()));
        work.expect_save_room().with(eq(after)).times(1).returning(|_| Ok(()));
        expect_record(work, Act::in_room(AuditKind::MemberJoined, room_id(1)));
        committing(work, change_event(ChangeKind::MemberAdded(user(1), Role::Member)))
    }

    /// A new member, to whom all earlier messages count as read.
    fn new_member() -> MyMembership {
        MyMembership {
            role: Role::Member,
            joined_at: at(5),
            last_read_seq: Seq(7),
            unread_count: 0,
            mention_count: 0,
        }
    }

    #[tokio::test]
    async fn any_user_may_join_a_public_room() {
        let mut work = locked_room(room(1), Standing::Stranger);
        let events = expect_join(&mut work, room(1));
        let join = joining(work, MockRoomReader::new(), events);
        assert_eq!(join.execute(caller(1), room_id(1)).await.unwrap(), new_member());
    }

    #[tokio::test]
    async fn the_invited_join_and_use_up_their_invitation() {
        for room in [room(1), private_room(1)] {
            let mut work = locked_room(room.clone(), Standing::Invited);
            work.expect_delete_invitation()
                .with(eq(room_id(1)), eq(user_id(1)))
                .times(1)
                .returning(|_, _| Ok(true));
            expect_record(&mut work, Act::in_room(AuditKind::InvitationUsed, room_id(1)).to(user_id(1)));
            let events = expect_join(&mut work, room);
            let join = joining(work, MockRoomReader::new(), events);
            assert_eq!(join.execute(caller(1), room_id(1)).await.unwrap(), new_member());
        }
    }

    #[tokio::test]
    async fn a_user_at_the_quota_joins_nothing_and_keeps_the_invitation() {
        for standing in [Standing::Stranger, Standing::Invited] {
            let mut work = locked_room(room(1), standing);
            let quotas = expect_full_memberships(&mut work, vec![user_id(1)]);
            let join = JoinRoom { quotas, ..joining(work, MockRoomReader::new(), MockEventBus::new()) };
            let result = join.execute(caller(1), room_id(1)).await;
            assert_eq!(refusal(result), Refusal::QuotaExceeded(QuotaKind::Memberships));
        }
    }

    /// User 1 is an admin of room 1 already; the room is read only once the unit of work has ended.
    fn already_member(found: Option<RoomView>) -> JoinRoom {
        let mut rooms = MockRoomReader::new();
        let mut work = locked_room(room(1), Standing::Member(Role::Admin));
        let lifetime = lifetime(&mut work);
        let read = rooms.expect_room().with(eq(room_id(1)), eq(Some(user_id(1)))).times(1);
        read.return_once(move |_, _| {
            assert!(lifetime.upgrade().is_none());
            Ok(found)
        });
        joining(work, rooms, MockEventBus::new())
    }

    #[tokio::test]
    async fn a_member_who_joins_again_stays_as_they_are() {
        let mine = MyMembership {
            role: Role::Admin,
            joined_at: at(2),
            last_read_seq: Seq(5),
            unread_count: 2,
            mention_count: 0,
        };
        let shown = RoomView { mine: Some(mine), ..view(room(1)) };
        assert_eq!(already_member(Some(shown)).execute(caller(1), room_id(1)).await.unwrap(), mine);
    }

    #[tokio::test]
    async fn a_member_at_the_quota_may_join_again() {
        let mine = MyMembership::read_up(&membership(1, 1, Role::Admin));
        let shown = RoomView { mine: Some(mine), ..view(room(1)) };
        let work = locked_room(room(1), Standing::Member(Role::Admin));
        // Not even counted.
        let quotas = OwnershipQuotas { memberships: Some(0), ..OwnershipQuotas::default() };
        let mut rooms = MockRoomReader::new();
        rooms.expect_room().times(1).return_once(|_, _| Ok(Some(shown)));
        let join = JoinRoom { quotas, ..joining(work, rooms, MockEventBus::new()) };
        assert_eq!(join.execute(caller(1), room_id(1)).await.unwrap(), mine);
    }

    #[tokio::test]
    async fn a_member_removed_before_the_room_is_read_is_rejected() {
        let result = already_member(Some(view(room(1)))).execute(caller(1), room_id(1)).await;
        assert_eq!(refusal(result), Refusal::NotAMember);
    }

    #[tokio::test]
    async fn a_room_deleted_before_it_is_read_is_not_found() {
        let result = already_member(None).execute(caller(1), room_id(1)).await;
        assert_eq!(refusal(result), Refusal::RoomNotFound);
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for work in invisible_rooms() {
            let join = joining(work, MockRoomReader::new(), MockEventBus::new());
            assert_eq!(refusal(join.execute(caller(1), room_id(1)).await), Refusal::RoomNotFound);
        }
    }
}
