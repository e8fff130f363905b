//! Coming into a room.

use std::sync::Arc;

use super::{Membership, MyMembership, Role};
use crate::account::Identity;
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::room::RoomReader;
use crate::store::{Store, open_room};
use crate::{Clock, Refusal, Result, RoomId};

/// Makes the caller a member: of a public room, or of a private one they were invited to.
pub struct JoinRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) rooms: Arc<dyn RoomReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl JoinRoom {
    /// Comes in, using up an invitation; who is in already stays as they are. Answers the caller's membership.
    pub async fn execute(&self, caller: Identity, room: RoomId) -> Result<MyMembership> {
        let mut work = self.store.begin().await?;
        let open = open_room(&mut *work, room, &caller).await?;
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
        at, caller, changed, clock, committing, going_on, opened, private_room, refusal, room, room_id,
        store, told, unseen, user, user_id, view,
    };

    fn joining(work: MockUnitOfWork, rooms: MockRoomReader, events: MockEventBus) -> JoinRoom {
        let (rooms, events) = (Arc::new(rooms), Arc::new(events));
        JoinRoom { store: store(work), rooms, clock: clock(5), events }
    }

    /// Expects that user 1 comes into that room, which has one member more from then on.
    fn coming_in(work: &mut MockUnitOfWork, before: Room) -> MockEventBus {
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
        committing(work, told(ChangeKind::MemberAdded(user(1), Role::Member)))
    }

    /// A new member, to whom all that was said before counts as read.
    fn new_here() -> MyMembership {
        MyMembership { role: Role::Member, joined_at: at(5), last_read_seq: Seq(7), unread_count: 0 }
    }

    #[tokio::test]
    async fn anybody_may_come_into_a_public_room() {
        let mut work = opened(room(1), Standing::Stranger);
        let events = coming_in(&mut work, room(1));
        let join = joining(work, MockRoomReader::new(), events);
        assert_eq!(join.execute(caller(1), room_id(1)).await.unwrap(), new_here());
    }

    #[tokio::test]
    async fn the_invited_come_in_and_use_up_their_invitation() {
        for room in [room(1), private_room(1)] {
            let mut work = opened(room.clone(), Standing::Invited);
            work.expect_delete_invitation()
                .with(eq(room_id(1)), eq(user_id(1)))
                .times(1)
                .returning(|_, _| Ok(true));
            let events = coming_in(&mut work, room);
            let join = joining(work, MockRoomReader::new(), events);
            assert_eq!(join.execute(caller(1), room_id(1)).await.unwrap(), new_here());
        }
    }

    /// User 1 is an admin of room 1 already; so the reader answers, once the unit of work is over.
    fn already_in(answer: Option<RoomView>) -> JoinRoom {
        let mut rooms = MockRoomReader::new();
        let mut work = opened(room(1), Standing::Member(Role::Admin));
        let going_on = going_on(&mut work);
        let asked = rooms.expect_room().with(eq(room_id(1)), eq(Some(user_id(1)))).times(1);
        asked.return_once(move |_, _| {
            assert!(going_on.upgrade().is_none());
            Ok(answer)
        });
        joining(work, rooms, MockEventBus::new())
    }

    #[tokio::test]
    async fn who_is_in_already_stays_as_they_are() {
        let mine =
            MyMembership { role: Role::Admin, joined_at: at(2), last_read_seq: Seq(5), unread_count: 2 };
        let shown = RoomView { mine: Some(mine), ..view(room(1)) };
        assert_eq!(already_in(Some(shown)).execute(caller(1), room_id(1)).await.unwrap(), mine);
    }

    #[tokio::test]
    async fn who_was_in_but_is_sent_out_meanwhile_is_told_so() {
        let result = already_in(Some(view(room(1)))).execute(caller(1), room_id(1)).await;
        assert_eq!(refusal(result), Refusal::NotAMember);
    }

    #[tokio::test]
    async fn a_room_that_is_deleted_meanwhile_is_not_found() {
        let result = already_in(None).execute(caller(1), room_id(1)).await;
        assert_eq!(refusal(result), Refusal::RoomNotFound);
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for work in unseen() {
            let join = joining(work, MockRoomReader::new(), MockEventBus::new());
            assert_eq!(refusal(join.execute(caller(1), room_id(1)).await), Refusal::RoomNotFound);
        }
    }
}
