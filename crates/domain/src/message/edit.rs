//! Editing a message.

use std::sync::Arc;

use super::{Content, Edit, Message, MessageState};
use crate::account::Identity;
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::store::{Store, open_room};
use crate::{Clock, MessageId, Refusal, Result, RoomId};

/// Gives a message other words; for its sender, while a member.
pub struct EditMessage {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl EditMessage {
    /// Changes the words and answers the message. A deleted one can't be edited back to life.
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        message: MessageId,
        content: Content,
    ) -> Result<Message> {
        let mut work = self.store.begin().await?;
        let (mut room, _) = open_room(&mut *work, room, &caller).await?.require_member()?;
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
        at, caller, changed, clock, committing, message, message_id, opened, private_room, refusal, room,
        room_id, store, told, tombstone, unseen, user_id,
    };

    fn new_words() -> Content {
        Content::parse("goodbye").unwrap()
    }

    async fn edit(work: MockUnitOfWork, events: MockEventBus) -> Result<Message> {
        let edit = EditMessage { store: store(work), clock: clock(5), events: Arc::new(events) };
        edit.execute(caller(1), room_id(1), message_id(7), new_words()).await
    }

    /// The caller has that role in room 1, and so message 7 is found in it.
    fn opened_with(role: Role, found: Option<Message>) -> MockUnitOfWork {
        let mut work = opened(room(1), Standing::Member(role));
        let asked = work.expect_message().with(eq(room_id(1)), eq(message_id(7))).times(1);
        asked.return_once(|_, _| Ok(found));
        work
    }

    #[tokio::test]
    async fn the_sender_gives_their_message_other_words_as_the_rooms_next_lasting_change() {
        let mut work = opened_with(Role::Member, Some(message(1)));
        let expected = Edit {
            message: message_id(7),
            room: room_id(1),
            content: new_words(),
            revision: Revision(10),
            by: user_id(1),
            at: at(5),
        };
        work.expect_edit_message().with(eq(expected)).times(1).returning(|_| Ok(()));
        work.expect_save_room().with(eq(changed(room(1)))).times(1).returning(|_| Ok(()));
        let state = MessageState::Live(Body::Text(new_words()));
        let after = Message { edited_at: Some(at(5)), revision: Revision(10), state, ..message(1) };
        let events = committing(&mut work, told(ChangeKind::Edited(after.clone())));
        assert_eq!(edit(work, events).await.unwrap(), after);
    }

    #[tokio::test]
    async fn nobody_edits_what_another_said_not_even_an_admin() {
        for role in [Role::Member, Role::Admin] {
            let work = opened_with(role, Some(message(2)));
            assert_eq!(refusal(edit(work, MockEventBus::new()).await), Refusal::NotAllowed);
        }
    }

    #[tokio::test]
    async fn a_deleted_message_cannot_be_edited_back_to_life() {
        for sender in [1, 2] {
            let work = opened_with(Role::Member, Some(tombstone(sender)));
            assert_eq!(refusal(edit(work, MockEventBus::new()).await), Refusal::MessageNotFound);
        }
    }

    #[tokio::test]
    async fn a_message_that_was_never_said_in_the_room_is_not_found() {
        let work = opened_with(Role::Member, None);
        assert_eq!(refusal(edit(work, MockEventBus::new()).await), Refusal::MessageNotFound);
    }

    #[tokio::test]
    async fn a_caller_who_sees_the_room_but_is_not_in_it_is_told_so() {
        for (room, standing) in [(room(1), Standing::Stranger), (private_room(1), Standing::Invited)] {
            let result = edit(opened(room, standing), MockEventBus::new()).await;
            assert_eq!(refusal(result), Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for work in unseen() {
            assert_eq!(refusal(edit(work, MockEventBus::new()).await), Refusal::RoomNotFound);
        }
    }
}
