//! Entering a room to receive its events.

use std::sync::Arc;

use super::JoinRoom;
use crate::account::{Identity, SessionReader};
use crate::room::{Revision, RoomView, ShowRoom};
use crate::{Clock, Refusal, Result, RoomId};

/// Enters a room on behalf of a live connection: a member enters as they are, any other caller joins first.
pub struct EnterRoom {
    pub(crate) sessions: Arc<dyn SessionReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) show: ShowRoom,
    pub(crate) join: JoinRoom,
}

impl EnterRoom {
    /// Returns the room as the caller sees it, as a member. With `since` (the caller resumes) a non-member is rejected
    /// with [`Refusal::NotAMember`] instead of joining: the events they ask for belong to a membership that has ended.
    ///
    /// Checks, in this order: the session has not ended (read from the store, regardless of what the connection has cached); the
    /// room exists for the caller; the caller is a member or may join.
    pub async fn execute(&self, caller: Identity, room: RoomId, since: Option<Revision>) -> Result<RoomView> {
        self.sessions.require(&caller, self.clock.now()).await?;
        let user = Some(caller.user.id);
        let view = self.show.execute(user, room).await?;
        if view.mine.is_some() {
            return Ok(view);
        }
        if since.is_some() {
            return Err(Refusal::NotAMember.into());
        }
        self.join.execute(caller, room).await?;
        self.show.execute(user, room).await
    }
}

#[cfg(test)]
mod tests {
    use mockall::Sequence;
    use mockall::predicate::eq;

    use super::*;
    use crate::audit::{Act, AuditKind};
    use crate::event::{ChangeKind, MockEventBus};
    use crate::membership::{MyMembership, Role, Standing};
    use crate::quota::OwnershipQuotas;
    use crate::room::{MockRoomReader, Room};
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{
        caller, change_event, clock, committing, expect_record, locked_room, membership, private_room,
        refusal, room, room_id, sessions, store, trail, user, user_id, view,
    };

    /// Returns these views of room 1, one per call.
    fn rooms(views: Vec<Option<RoomView>>) -> ShowRoom {
        let (mut rooms, mut order) = (MockRoomReader::new(), Sequence::new());
        for view in views {
            let read = rooms.expect_room().with(eq(room_id(1)), eq(Some(user_id(1)))).times(1);
            read.in_sequence(&mut order).return_once(|_, _| Ok(view));
        }
        ShowRoom { rooms: Arc::new(rooms) }
    }

    fn joining(store: Arc<MockStore>, events: MockEventBus) -> JoinRoom {
        JoinRoom {
            store,
            rooms: Arc::new(MockRoomReader::new()),
            clock: clock(5),
            events: Arc::new(events),
            quotas: OwnershipQuotas::default(),
            audit: trail(),
        }
    }

    /// Fails the test at any attempt to join.
    fn never_joining() -> JoinRoom {
        joining(Arc::new(MockStore::new()), MockEventBus::new())
    }

    fn as_member(room: Room) -> RoomView {
        let mine = Some(MyMembership::read_up(&membership(1, 1, Role::Member)));
        RoomView { mine, ..view(room) }
    }

    fn enter(show: ShowRoom, join: JoinRoom) -> EnterRoom {
        EnterRoom { sessions: sessions(true), clock: clock(5), show, join }
    }

    #[tokio::test]
    async fn a_member_enters_without_joining_whether_or_not_they_resume() {
        for since in [None, Some(Revision(3))] {
            let seen = as_member(private_room(1));
            let enter = enter(rooms(vec![Some(seen.clone())]), never_joining());
            assert_eq!(enter.execute(caller(1), room_id(1), since).await.unwrap(), seen);
        }
    }

    #[tokio::test]
    async fn a_non_member_joins_and_gets_the_room_as_it_is_afterwards() {
        let mut work = locked_room(room(1), Standing::Stranger);
        let saved = |saved: &crate::membership::Membership| {
            (saved.room, saved.user, saved.role) == (room_id(1), user_id(1), Role::Member)
        };
        work.expect_save_membership().withf(saved).times(1).returning(|_| Ok(()));
        work.expect_save_room().withf(|saved| saved.member_count == 4).times(1).returning(|_| Ok(()));
        expect_record(&mut work, Act::in_room(AuditKind::MemberJoined, room_id(1)));
        let events = committing(&mut work, change_event(ChangeKind::MemberAdded(user(1), Role::Member)));
        let after = as_member(room(1));
        let show = rooms(vec![Some(view(room(1))), Some(after.clone())]);
        let enter = enter(show, joining(store(work), events));
        assert_eq!(enter.execute(caller(1), room_id(1), None).await.unwrap(), after);
    }

    #[tokio::test]
    async fn a_non_member_who_resumes_is_rejected_and_does_not_join() {
        let enter = enter(rooms(vec![Some(view(room(1)))]), never_joining());
        let result = enter.execute(caller(1), room_id(1), Some(Revision(0))).await;
        assert_eq!(refusal(result), Refusal::NotAMember);
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for since in [None, Some(Revision(3))] {
            for seen in [None, Some(view(private_room(1)))] {
                let enter = enter(rooms(vec![seen]), never_joining());
                let result = enter.execute(caller(1), room_id(1), since).await;
                assert_eq!(refusal(result), Refusal::RoomNotFound);
            }
        }
    }

    #[tokio::test]
    async fn an_ended_session_is_rejected_before_the_room_is_read() {
        let (sessions, clock) = (sessions(false), clock(5));
        let enter = EnterRoom { sessions, clock, show: rooms(vec![]), join: never_joining() };
        let result = enter.execute(caller(1), room_id(1), None).await;
        assert_eq!(refusal(result), Refusal::Unauthenticated);
    }

    #[tokio::test]
    async fn a_room_deleted_while_the_caller_joins_is_not_found() {
        let mut work = MockUnitOfWork::new();
        work.expect_lock_room().with(eq(room_id(1))).times(1).return_once(|_| Ok(None));
        let join = joining(store(work), MockEventBus::new());
        let result = enter(rooms(vec![Some(view(room(1)))]), join).execute(caller(1), room_id(1), None).await;
        assert_eq!(refusal(result), Refusal::RoomNotFound);
    }
}
