//! Editing a message.

use std::sync::Arc;

use super::{Body, Content, Edit, Mentions, Message, MessageState};
use crate::account::Identity;
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::membership::Role;
use crate::metadata::Metadata;
use crate::store::{Store, UnitOfWork, lock_for_caller};
use crate::{Clock, MessageId, Refusal, Result, RoomId};

/// The changes to make to a message; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageChange {
    /// The new text or caption.
    pub content: Option<Content>,
    /// The new metadata, in the place of all former ones.
    pub metadata: Option<Metadata>,
}

/// Replaces the text of a message, or the caption of a file, and its metadata; for its sender while a member.
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
        change: MessageChange,
    ) -> Result<Message> {
        let mut work = self.store.begin_in(caller.session, self.clock.now()).await?;
        let (mut room, mine) = lock_for_caller(&mut *work, room, &caller).await?.require_member()?;
        let found = work.message(room.id, message).await?.ok_or(Refusal::MessageNotFound)?;
        let MessageState::Live(body) = &found.state else { return Err(Refusal::MessageNotFound.into()) };
        if found.sender.id != caller.user.id {
            return Err(Refusal::NotAllowed.into());
        }
        room.log.revision = room.log.revision.next();
        let (id, revision) = (room.id, room.log.revision);
        // The same text again is no former content.
        let content = change.content.filter(|content| body.content() != Some(content));
        let (metadata, by, at) = (change.metadata, caller.user.id, self.clock.now());
        let edit = Edit { message, room: id, content, metadata, revision, by, at };
        work.edit_message(edit.clone()).await?;
        let edited = mentioning(&mut *work, found.edited(&edit), mine.role).await?;
        work.save_room(room).await?;
        work.commit().await?;
        self.events.publish(Event::Changed(Change {
            room: id,
            revision,
            kind: ChangeKind::Edited(edited.clone()),
        }));
        Ok(edited)
    }
}

/// Evaluates the mentions of a message that its sender, who has that role, has edited; returns it with them.
async fn mentioning(work: &mut dyn UnitOfWork, edited: Message, role: Role) -> Result<Message> {
    let text = edited.body().and_then(Body::content).map_or("", Content::as_str);
    let names = Mentions::names(text);
    let mut mentions = Mentions::default();
    if !names.is_empty() {
        let members = work.members_named(edited.room, names.into_iter().collect()).await?;
        let named = |name: &str| members.iter().find(|member| member.username.key() == name).cloned();
        mentions = Mentions::of(text, role, named);
    }
    if edited.mentions() == mentions {
        return Ok(edited);
    }
    work.replace_mentions(edited.id, mentions.clone()).await?;
    Ok(edited.mentioning(mentions))
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::event::MockEventBus;
    use crate::membership::Standing;
    use crate::message::Extras;
    use crate::room::Revision;
    use crate::store::MockUnitOfWork;
    use crate::testing::{
        at, caller, change_event, changed, clock, committing, invisible_rooms, locked_room, message,
        message_id, private_room, refusal, room, room_id, store, tombstone, user, user_id,
    };

    fn new_content() -> Content {
        Content::parse("goodbye").unwrap()
    }

    fn metadata() -> Metadata {
        Metadata::stored(Some(r#"{"a":1}"#.to_owned()))
    }

    async fn edit(work: MockUnitOfWork, events: MockEventBus) -> Result<Message> {
        change(work, events, MessageChange { content: Some(new_content()), metadata: None }).await
    }

    async fn change(work: MockUnitOfWork, events: MockEventBus, change: MessageChange) -> Result<Message> {
        let edit = EditMessage { store: store(work), clock: clock(5), events: Arc::new(events) };
        edit.execute(caller(1), room_id(1), message_id(7), change).await
    }

    /// Expects this content and these metadata to be stored in message 7, which becomes `after`.
    async fn assert_stored(asked: MessageChange, stored: MessageChange, after: Message) {
        let mut work = locked_room_with(Role::Member, Some(message(1)));
        let MessageChange { content, metadata } = stored;
        let (message, room_id, revision) = (message_id(7), room_id(1), Revision(10));
        let expected =
            Edit { message, room: room_id, content, metadata, revision, by: user_id(1), at: at(5) };
        work.expect_edit_message().with(eq(expected)).times(1).returning(|_| Ok(()));
        work.expect_save_room().with(eq(changed(room(1)))).times(1).returning(|_| Ok(()));
        let after = Message { edited_at: Some(at(5)), revision, ..after };
        let events = committing(&mut work, change_event(ChangeKind::Edited(after.clone())));
        assert_eq!(change(work, events, asked).await.unwrap(), after);
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
        let asked = MessageChange { content: Some(new_content()), metadata: None };
        let state = MessageState::Live(Body::Text(new_content()));
        assert_stored(asked.clone(), asked, Message { state, ..message(1) }).await;
    }

    #[tokio::test]
    async fn metadata_are_edited_with_the_text_or_alone() {
        let extras = Extras { metadata: metadata(), ..Extras::NONE };
        for content in [None, Some(new_content())] {
            let state =
                content.clone().map_or(message(1).state, |content| MessageState::Live(Body::Text(content)));
            let asked = MessageChange { content, metadata: Some(metadata()) };
            let after = Message { state, extras: extras.clone().kept(), ..message(1) };
            assert_stored(asked.clone(), asked, after).await;
        }
    }

    #[tokio::test]
    async fn the_same_text_again_is_an_edit_without_a_former_content() {
        let content = message(1).body().and_then(Body::content).cloned();
        let asked = MessageChange { content, metadata: None };
        assert_stored(asked, MessageChange::default(), message(1)).await;
    }

    /// Message 7, which mentions user 2 alone.
    fn mentioning_user_2(found: Message) -> Message {
        found.mentioning(Mentions { people: vec![user(2)], room: false })
    }

    #[tokio::test]
    async fn an_edit_evaluates_the_mentions_again() {
        let content = Content::parse("@user-2, @room and @nobody").unwrap();
        let mut work = locked_room_with(Role::Admin, Some(message(1)));
        work.expect_edit_message().times(1).returning(|_| Ok(()));
        let names = ["nobody", "room", "user", "user-2"].map(String::from).to_vec();
        let members = work.expect_members_named().with(eq(room_id(1)), eq(names)).times(1);
        members.return_once(|_, _| Ok(vec![user(2)]));
        let mentions = Mentions { people: vec![user(2)], room: true };
        work.expect_replace_mentions()
            .with(eq(message_id(7)), eq(mentions.clone()))
            .times(1)
            .returning(|_, _| Ok(()));
        work.expect_save_room().times(1).returning(|_| Ok(()));
        let state = MessageState::Live(Body::Text(content.clone()));
        let after = Message { edited_at: Some(at(5)), revision: Revision(10), state, ..message(1) };
        let after = after.mentioning(mentions);
        let events = committing(&mut work, change_event(ChangeKind::Edited(after.clone())));
        let asked = MessageChange { content: Some(content), metadata: None };
        assert_eq!(change(work, events, asked).await.unwrap(), after);
    }

    #[tokio::test]
    async fn a_text_without_names_mentions_nobody_any_more() {
        let mut work = locked_room_with(Role::Member, Some(mentioning_user_2(message(1))));
        work.expect_edit_message().times(1).returning(|_| Ok(()));
        let nobody = eq(Mentions::default());
        work.expect_replace_mentions().with(eq(message_id(7)), nobody).times(1).returning(|_, _| Ok(()));
        work.expect_save_room().times(1).returning(|_| Ok(()));
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
