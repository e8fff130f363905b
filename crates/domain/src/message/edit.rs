//! Editing a message.

use std::sync::Arc;

use super::{Content, Edit, Message, MessageState};
use crate::account::Identity;
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::store::{Store, lock_for_caller};
use crate::{Clock, MessageId, Refusal, Result, RoomId};

/// Replaces the text of a message, or the caption of a file; for its sender while a member.
pub struct EditMessage {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl EditMessage {
    /// Returns the edited message. A tombstone cannot be edited: [`Refusal::MessageNotFound`].
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        message: MessageId,
        content: Content,
    ) -> Result<Message> {
        let mut work = self.store.begin().await?;
        let (mut room, _) = lock_for_caller(&mut *work, room, &caller).await?.require_member()?;
        let found = work.message(room.id, message).await?.ok_or(Refusal::MessageNotFound)?;
        if let MessageState::Deleted { .. } = found.state {
            return Err(Refusal::MessageNotFound.into());
        }
        if found.sender.id != caller.user.id {
            return Err(Refusal::NotAllowed.into());
        }
        room.log.revision = room.log.revision.next();
        let (id, revision) = (room.id, room.log.revision);
        let edit = Edit { message, room: id, content, revision, by: caller.user.id, at: self.clock.now() };
        work.edit_message(edit.clone()).await?;
        work.save_room(room).await?;
        work.commit().await?;
        let edited = found.edited(&edit);
        self.events.publish(Event::Changed(Change {
            room: id,
            revision,
            kind: ChangeKind::Edited(edited.clone()),
        }));
        Ok(edited)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::event::MockEventBus;
    use crate::membership::{Role, Standing};
    use crate::message::Body;
    use crate::room::Revision;
    use crate::store::MockUnitOfWork;
    use crate::testing::{
        at, caller, change_event, changed, clock, committing, invisible_rooms, locked_room, message,
        message_id, private_room, refusal, room, room_id, store, tombstone, user_id,
    };

    fn new_content() -> Content {
        Content::parse("goodbye").unwrap()
    }

    async fn edit(work: MockUnitOfWork, events: MockEventBus) -> Result<Message> {
        let edit = EditMessage { store: store(work), clock: clock(5), events: Arc::new(events) };
        edit.execute(caller(1), room_id(1), message_id(7), new_content()).await
    }

    /// The caller has that role in room 1, in which `found` is message 7.
    fn locked_room_with(role: Role, found: Option<Message>) -> MockUnitOfWork {
        let mut work = locked_room(room(1), Standing::Member(role));
        let read = work.expect_message().with(eq(room_id(1)), eq(message_id(7))).times(1);
        read.return_once(|_, _| Ok(found));
        work
    }

    #[tokio::test]
    async fn the_sender_edits_their_message_as_the_next_change_of_the_room() {
        let mut work = locked_room_with(Role::Member, Some(message(1)));
        let expected = Edit {
            message: message_id(7),
            room: room_id(1),
            content: new_content(),
            revision: Revision(10),
            by: user_id(1),
            at: at(5),
        };
        work.expect_edit_message().with(eq(expected)).times(1).returning(|_| Ok(()));
        work.expect_save_room().with(eq(changed(room(1)))).times(1).returning(|_| Ok(()));
        let state = MessageState::Live(Body::Text(new_content()));
        let after = Message { edited_at: Some(at(5)), revision: Revision(10), state, ..message(1) };
        let events = committing(&mut work, change_event(ChangeKind::Edited(after.clone())));
        assert_eq!(edit(work, events).await.unwrap(), after);
    }

    #[tokio::test]
    async fn a_message_of_another_user_cannot_be_edited_even_by_an_admin() {
        for role in [Role::Member, Role::Admin] {
            let work = locked_room_with(role, Some(message(2)));
            assert_eq!(refusal(edit(work, MockEventBus::new()).await), Refusal::NotAllowed);
        }
    }

    #[tokio::test]
    async fn a_tombstone_cannot_be_edited() {
        for sender in [1, 2] {
            let work = locked_room_with(Role::Member, Some(tombstone(sender)));
            assert_eq!(refusal(edit(work, MockEventBus::new()).await), Refusal::MessageNotFound);
        }
    }

    #[tokio::test]
    async fn a_message_of_another_room_is_not_found() {
        let work = locked_room_with(Role::Member, None);
        assert_eq!(refusal(edit(work, MockEventBus::new()).await), Refusal::MessageNotFound);
    }

    #[tokio::test]
    async fn a_non_member_who_sees_the_room_is_rejected_as_such() {
        for (room, standing) in [(room(1), Standing::Stranger), (private_room(1), Standing::Invited)] {
            let result = edit(locked_room(room, standing), MockEventBus::new()).await;
            assert_eq!(refusal(result), Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for work in invisible_rooms() {
            assert_eq!(refusal(edit(work, MockEventBus::new()).await), Refusal::RoomNotFound);
        }
    }
}
