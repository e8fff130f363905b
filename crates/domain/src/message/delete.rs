//! Deleting a message.

use std::sync::Arc;

use super::{Deletion, MessageState};
use crate::account::Identity;
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::membership::Role;
use crate::store::{Store, lock_for_caller};
use crate::{Clock, MessageId, Refusal, Result, RoomId};

/// Turns a message into a tombstone; for its sender while a member, and for the room's admins.
pub struct DeleteMessage {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) audit: AuditTrail,
}

impl DeleteMessage {
    /// Deletes the message; deleting a tombstone changes nothing.
    pub async fn execute(&self, caller: Identity, room: RoomId, message: MessageId) -> Result<()> {
        let mut work = self.store.begin_in(caller.session, self.clock.now()).await?;
        let (mut room, mine) = lock_for_caller(&mut *work, room, &caller).await?.require_member()?;
        let found = work.message(room.id, message).await?.ok_or(Refusal::MessageNotFound)?;
        if found.sender.id != caller.user.id && mine.role != Role::Admin {
            return Err(Refusal::NotAllowed.into());
        }
        if let MessageState::Deleted { .. } = found.state {
            return Ok(());
        }
        room.log.revision = room.log.revision.next();
        let (id, revision) = (room.id, room.log.revision);
        let deletion = Deletion { message, room: id, revision, by: caller.user.id, at: self.clock.now() };
        work.delete_message(deletion).await?;
        work.save_room(room).await?;
        let act = Act::in_room(AuditKind::MessageDeleted, id).to(found.sender.id).on(message);
        self.audit.record(&mut *work, &caller, act).await?;
        work.commit().await?;
        let kind = ChangeKind::Deleted(found.deleted(deletion));
        self.events.publish(Event::Changed(Change { room: id, revision, kind }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::event::MockEventBus;
    use crate::membership::Standing;
    use crate::message::{Message, MessageKind};
    use crate::room::Revision;
    use crate::store::MockUnitOfWork;
    use crate::testing::{
        at, caller, change_event, changed, clock, committing, expect_record, invisible_rooms, locked_room,
        message, message_id, private_room, refusal, room, room_id, store, tombstone, trail, user_id,
    };

    async fn delete(work: MockUnitOfWork, events: MockEventBus) -> Result<()> {
        let (store, events) = (store(work), Arc::new(events));
        let delete = DeleteMessage { store, clock: clock(5), events, audit: trail() };
        delete.execute(caller(1), room_id(1), message_id(7)).await
    }

    /// The caller has that role in room 1, in which `found` is message 7.
    fn locked_room_with(role: Role, found: Option<Message>) -> MockUnitOfWork {
        let mut work = locked_room(room(1), Standing::Member(role));
        let read = work.expect_message().with(eq(room_id(1)), eq(message_id(7))).times(1);
        read.return_once(|_, _| Ok(found));
        work
    }

    #[tokio::test]
    async fn the_sender_and_an_admin_delete_a_message_as_the_next_change_of_the_room() {
        for (role, sender) in [(Role::Member, 1), (Role::Admin, 2)] {
            let mut work = locked_room_with(role, Some(message(sender)));
            let deletion = Deletion {
                message: message_id(7),
                room: room_id(1),
                revision: Revision(10),
                by: user_id(1),
                at: at(5),
            };
            work.expect_delete_message().with(eq(deletion)).times(1).returning(|_| Ok(()));
            work.expect_save_room().with(eq(changed(room(1)))).times(1).returning(|_| Ok(()));
            let state = MessageState::Deleted { kind: MessageKind::Text, at: at(5) };
            let after = Message { revision: Revision(10), state, ..message(sender) };
            let act = Act::in_room(AuditKind::MessageDeleted, room_id(1));
            expect_record(&mut work, act.to(user_id(sender)).on(message_id(7)));
            let events = committing(&mut work, change_event(ChangeKind::Deleted(after)));
            delete(work, events).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_tombstone_stays_as_it_is() {
        for (role, sender) in [(Role::Member, 1), (Role::Admin, 2)] {
            delete(locked_room_with(role, Some(tombstone(sender))), MockEventBus::new()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_member_may_not_delete_a_message_of_another_user() {
        for found in [message(2), tombstone(2)] {
            let result = delete(locked_room_with(Role::Member, Some(found)), MockEventBus::new()).await;
            assert_eq!(refusal(result), Refusal::NotAllowed);
        }
    }

    #[tokio::test]
    async fn a_message_of_another_room_is_not_found() {
        let result = delete(locked_room_with(Role::Admin, None), MockEventBus::new()).await;
        assert_eq!(refusal(result), Refusal::MessageNotFound);
    }

    #[tokio::test]
    async fn a_non_member_who_sees_the_room_is_rejected_as_such() {
        for (room, standing) in [(room(1), Standing::Stranger), (private_room(1), Standing::Invited)] {
            let result = delete(locked_room(room, standing), MockEventBus::new()).await;
            assert_eq!(refusal(result), Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for work in invisible_rooms() {
            assert_eq!(refusal(delete(work, MockEventBus::new()).await), Refusal::RoomNotFound);
        }
    }
}
