//! Sending a message to a room that the sender may join on the way.

use std::sync::Arc;

use crate::account::Identity;
use crate::file::FileReader;
use crate::membership::{JoinRoom, MemberReader};
use crate::message::{Appended, Body, ClientKey, Content, SendCommand, SendMessage, SentExtras};
use crate::room::Visibility;
use crate::{FileId, Refusal, Result, RoomId};

/// The content of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostBody {
    /// A text.
    Text(Content),
    /// A file of the sender's own, with an optional caption. It is shown as an image where its bytes are one.
    File(FileId, Option<Content>),
}

/// Sends a message; a caller who is not a member of a public room joins it first.
pub struct PostMessage {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) files: Arc<dyn FileReader>,
    pub(crate) join: JoinRoom,
    pub(crate) send: SendMessage,
}

impl PostMessage {
    /// Returns the message once it is durable; the first one where the sender repeats its key. A body that cannot be sent
    /// is rejected before the caller joins.
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        body: PostBody,
        client_key: Option<ClientKey>,
    ) -> Result<Appended> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        let joins = match found.standing.require_member(found.visibility) {
            Err(Refusal::NotAMember) if found.visibility == Visibility::Public => true,
            checked => checked.map(|_| false)?,
        };
        let body = self.body(&caller, body).await?;
        if joins {
            self.join.execute(caller.clone(), room).await?;
        }
        self.send.execute(caller, SendCommand { room, body, extras: SentExtras::default(), client_key }).await
    }

    async fn body(&self, caller: &Identity, body: PostBody) -> Result<Body> {
        let (id, caption) = match body {
            PostBody::Text(content) => return Ok(Body::Text(content)),
            PostBody::File(id, caption) => (id, caption),
        };
        let found = self.files.file(id, caller.user.id).await?;
        let file = found.filter(|file| file.uploaded_by.id == caller.user.id).ok_or(Refusal::FileNotFound)?;
        Ok(Body::Attachment { kind: file.attachment_kind(), file: id, caption })
    }
}

#[cfg(test)]
mod tests {
    use mockall::Sequence;
    use mockall::predicate::eq;

    use super::*;
    use crate::audit::{Act, AuditKind};
    use crate::event::{ChangeKind, MockEventBus};
    use crate::file::{File, MockFileReader};
    use crate::membership::{MockMemberReader, Role, Standing};
    use crate::message::{AttachmentKind, MockMessageLog, NewMessage};
    use crate::quota::OwnershipQuotas;
    use crate::room::MockRoomReader;
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{
        at, caller, change_event, clock, expect_record, file, file_id, ids, locked_room, members,
        members_of_invisible_rooms, message, message_id, refusal, room, room_id, store, trail, user, user_id,
    };
    use crate::{MockClock, MockIdSource};

    fn content() -> Content {
        Content::parse("hello").unwrap()
    }

    /// Expects user 1's message with that body to be appended, then published.
    fn sending(body: Body, order: &mut Sequence) -> SendMessage {
        let id = message_id(42);
        let (room, sender, session) = (room_id(1), user_id(1), caller(1).session);
        let (extras, client_key) = (SentExtras::default(), Some(key()));
        let new = NewMessage { id, room, sender, session, body, extras, client_key, at: at(5) };
        let mut log = MockMessageLog::new();
        let appended = log.expect_append().with(eq(new)).times(1).in_sequence(order);
        appended.return_once(|_| Ok(Appended::New(message(1))));
        let mut events = MockEventBus::new();
        events.expect_publish().times(1).in_sequence(order).return_const(());
        SendMessage { log: Arc::new(log), clock: clock(5), ids: ids(42), events: Arc::new(events) }
    }

    fn key() -> ClientKey {
        ClientKey::parse("k1").unwrap()
    }

    fn never_sending() -> SendMessage {
        SendMessage {
            log: Arc::new(MockMessageLog::new()),
            clock: Arc::new(MockClock::new()),
            ids: Arc::new(MockIdSource::new()),
            events: Arc::new(MockEventBus::new()),
        }
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

    fn never_joining() -> JoinRoom {
        joining(Arc::new(MockStore::new()), MockEventBus::new())
    }

    /// Expects user 1 to join room 1, which is public.
    fn expect_join(order: &mut Sequence) -> JoinRoom {
        let mut work: MockUnitOfWork = locked_room(room(1), Standing::Stranger);
        work.expect_save_membership()
            .withf(|saved| saved.user == user_id(1) && saved.room == room_id(1) && saved.role == Role::Member)
            .times(1)
            .returning(|_| Ok(()));
        work.expect_save_room().withf(|saved| saved.member_count == 4).times(1).returning(|_| Ok(()));
        expect_record(&mut work, Act::in_room(AuditKind::MemberJoined, room_id(1)));
        work.expect_commit().times(1).in_sequence(order).returning(|| Ok(()));
        let mut events = MockEventBus::new();
        let event = change_event(ChangeKind::MemberAdded(user(1), Role::Member));
        events.expect_publish().with(eq(event)).times(1).in_sequence(order).return_const(());
        joining(store(work), events)
    }

    fn no_files() -> Arc<MockFileReader> {
        Arc::new(MockFileReader::new())
    }

    fn files(found: Option<File>) -> Arc<MockFileReader> {
        let mut files = MockFileReader::new();
        files.expect_file().with(eq(file_id(3)), eq(user_id(1))).times(1).return_once(|_, _| Ok(found));
        Arc::new(files)
    }

    fn in_room(visibility: Visibility, standing: Standing) -> Arc<MockMemberReader> {
        Arc::new(members(visibility, standing))
    }

    #[tokio::test]
    async fn a_member_posts_without_joining() {
        for visibility in [Visibility::Public, Visibility::Private] {
            let members = in_room(visibility, Standing::Member(Role::Member));
            let send = sending(Body::Text(content()), &mut Sequence::new());
            let post = PostMessage { members, files: no_files(), join: never_joining(), send };
            let found =
                post.execute(caller(1), room_id(1), PostBody::Text(content()), Some(key())).await.unwrap();
            assert_eq!(found, Appended::New(message(1)));
        }
    }

    #[tokio::test]
    async fn a_repeat_returns_the_first_message_and_publishes_nothing() {
        let mut log = MockMessageLog::new();
        log.expect_append()
            .withf(|new| new.client_key == Some(key()))
            .times(1)
            .return_once(|_| Ok(Appended::Replayed(message(1))));
        let members = in_room(Visibility::Public, Standing::Member(Role::Member));
        let send = SendMessage { log: Arc::new(log), clock: clock(5), ids: ids(42), events: no_events() };
        let post = PostMessage { members, files: no_files(), join: never_joining(), send };
        let found =
            post.execute(caller(1), room_id(1), PostBody::Text(content()), Some(key())).await.unwrap();
        assert_eq!(found, Appended::Replayed(message(1)));
    }

    fn no_events() -> Arc<MockEventBus> {
        Arc::new(MockEventBus::new())
    }

    #[tokio::test]
    async fn a_non_member_joins_a_public_room_and_then_posts() {
        let mut order = Sequence::new();
        let members = in_room(Visibility::Public, Standing::Stranger);
        let join = expect_join(&mut order);
        let send = sending(Body::Text(content()), &mut order);
        let post = PostMessage { members, files: no_files(), join, send };
        post.execute(caller(1), room_id(1), PostBody::Text(content()), Some(key())).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_is_shown_as_an_image_where_its_bytes_are_one() {
        for (image, kind) in [(true, AttachmentKind::Image), (false, AttachmentKind::File)] {
            let members = in_room(Visibility::Public, Standing::Member(Role::Member));
            let body = Body::Attachment { kind, file: file_id(3), caption: Some(content()) };
            let send = sending(body, &mut Sequence::new());
            let files = files(Some(File { image, ..file(3, 1) }));
            let post = PostMessage { members, files, join: never_joining(), send };
            let body = PostBody::File(file_id(3), Some(content()));
            post.execute(caller(1), room_id(1), body, Some(key())).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_file_of_another_user_is_rejected_before_the_caller_joins() {
        for found in [None, Some(file(3, 2))] {
            let members = in_room(Visibility::Public, Standing::Stranger);
            let (join, send) = (never_joining(), never_sending());
            let post = PostMessage { members, files: files(found), join, send };
            let result = post.execute(caller(1), room_id(1), PostBody::File(file_id(3), None), None).await;
            assert_eq!(refusal(result), Refusal::FileNotFound);
        }
    }

    /// Reads no file and begins no unit of work.
    async fn refused(members: MockMemberReader) -> Refusal {
        let (members, join, send) = (Arc::new(members), never_joining(), never_sending());
        let post = PostMessage { members, files: no_files(), join, send };
        refusal(post.execute(caller(1), room_id(1), PostBody::File(file_id(3), None), None).await)
    }

    #[tokio::test]
    async fn a_private_room_is_not_joined_by_posting() {
        assert_eq!(refused(members(Visibility::Private, Standing::Invited)).await, Refusal::NotAMember);
        for members in members_of_invisible_rooms() {
            assert_eq!(refused(members).await, Refusal::RoomNotFound);
        }
    }
}
