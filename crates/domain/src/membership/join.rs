//! Joining a room.

use std::sync::Arc;

use super::{Membership, MyMembership, Role};
use crate::account::Identity;
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::room::RoomReader;
use crate::store::{Store, lock_for_caller};
use crate::{Clock, Refusal, Result, RoomId};

/// Makes the caller a member of a public room, or of a private one they are invited to.
pub struct JoinRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) rooms: Arc<dyn RoomReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl JoinRoom {
    /// Returns the caller's membership. Joining uses up an invitation; a member who joins again stays as they are.
    pub async fn execute(&self, caller: Identity, room: RoomId) -> Result<MyMembership> {
        let mut work = self.store.begin().await?;
        let open = lock_for_caller(&mut *work, room, &caller).await?;
        if open.mine.is_some() {
            drop(work);
            let view = self.rooms.room(room, Some(caller.user.id)).await?.ok_or(Refusal::RoomNotFound)?;
            return Ok(view.mine.ok_or(Refusal::NotAMember)?);
        }
        let mut room = open.room;
        // Without an invitation the room is public: a private one does not exist for a stranger.
        if open.invited {
            work.delete_invitation(room.id, caller.user.id).await?;
        }
        room.log.revision = room.log.revision.next();
        room.member_count += 1;
        let mine =
            Membership::starting(&room, caller.user.id, Role::Member, self.clock.now(), room.log.revision);
        work.save_membership(mine.clone()).await?;
        work.save_room(room).await?;
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
    use crate::room::{MockRoomReader, Revision, Room, RoomView, Seq};
    use crate::store::MockUnitOfWork;
    use crate::testing::{
        at, caller, change_event, changed, clock, committing, invisible_rooms, lifetime, locked_room,
        private_room, refusal, room, room_id, store, user, user_id, view,
    };

    fn joining(work: MockUnitOfWork, rooms: MockRoomReader, events: MockEventBus) -> JoinRoom {
        let (rooms, events) = (Arc::new(rooms), Arc::new(events));
        JoinRoom { store: store(work), rooms, clock: clock(5), events }
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
        committing(work, change_event(ChangeKind::MemberAdded(user(1), Role::Member)))
    }

    /// A new member, to whom all earlier messages count as read.
    fn new_member() -> MyMembership {
        MyMembership { role: Role::Member, joined_at: at(5), last_read_seq: Seq(7), unread_count: 0 }
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
            let events = expect_join(&mut work, room);
            let join = joining(work, MockRoomReader::new(), events);
            assert_eq!(join.execute(caller(1), room_id(1)).await.unwrap(), new_member());
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
        let mine =
            MyMembership { role: Role::Admin, joined_at: at(2), last_read_seq: Seq(5), unread_count: 2 };
        let shown = RoomView { mine: Some(mine), ..view(room(1)) };
        assert_eq!(already_member(Some(shown)).execute(caller(1), room_id(1)).await.unwrap(), mine);
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
