//! Saying something in a public room without having joined it first.

use std::sync::Arc;

use super::{Appended, Body, Content, Message, SendCommand, SendMessage};
use crate::account::Identity;
use crate::file::FileReader;
use crate::membership::{JoinRoom, MemberReader};
use crate::room::Visibility;
use crate::{FileId, Refusal, Result, RoomId};

/// What somebody has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostBody {
    /// Words.
    Text(Content),
    /// A file of their own, perhaps with words. Whether it is shown as an image, its bytes tell.
    File(FileId, Option<Content>),
}

/// Sends a message into a room; whoever is not in a public one comes in by it.
pub struct PostMessage {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) files: Arc<dyn FileReader>,
    pub(crate) join: JoinRoom,
    pub(crate) send: SendMessage,
}

impl PostMessage {
    /// Sends it; answers when it is on disk. Nobody comes in by what can't be sent.
    pub async fn execute(&self, caller: Identity, room: RoomId, body: PostBody) -> Result<Message> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        let comes_in = match found.standing.require_member(found.visibility) {
            Err(Refusal::NotAMember) if found.visibility == Visibility::Public => true,
            checked => checked.map(|_| false)?,
        };
        let body = self.body(&caller, body).await?;
        if comes_in {
            self.join.execute(caller.clone(), room).await?;
        }
        let command = SendCommand { room, body, client_key: None };
        match self.send.execute(caller, command).await? {
            Appended::New(message) | Appended::Replayed(message) => Ok(message),
        }
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
    use crate::event::{ChangeKind, MockEventBus};
    use crate::file::{File, MockFileReader};
    use crate::membership::{MockMemberReader, Role, Standing};
    use crate::message::{AttachmentKind, MockMessageLog, NewMessage};
    use crate::room::MockRoomReader;
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{
        at, caller, clock, file, file_id, ids, members, members_unseen, message, message_id, opened, refusal,
        room, room_id, store, told, user, user_id,
    };
    use crate::{MockClock, MockIdSource};

    fn content() -> Content {
        Content::parse("hello").unwrap()
    }

    /// A log that takes that body of user 1's, and the bus that is told of it.
    fn sending(body: Body, order: &mut Sequence) -> SendMessage {
        let id = message_id(42);
        let (room, sender, session) = (room_id(1), user_id(1), caller(1).session);
        let new = NewMessage { id, room, sender, session, body, client_key: None, at: at(5) };
        let mut log = MockMessageLog::new();
        let appended = log.expect_append().with(eq(new)).times(1).in_sequence(order);
        appended.return_once(|_| Ok(Appended::New(message(1))));
        let mut events = MockEventBus::new();
        events.expect_publish().times(1).in_sequence(order).return_const(());
        SendMessage { log: Arc::new(log), clock: clock(5), ids: ids(42), events: Arc::new(events) }
    }

    fn nothing_is_sent() -> SendMessage {
        SendMessage {
            log: Arc::new(MockMessageLog::new()),
            clock: Arc::new(MockClock::new()),
            ids: Arc::new(MockIdSource::new()),
            events: Arc::new(MockEventBus::new()),
        }
    }

    fn joining(store: Arc<MockStore>, events: MockEventBus) -> JoinRoom {
        JoinRoom { store, rooms: Arc::new(MockRoomReader::new()), clock: clock(5), events: Arc::new(events) }
    }

    fn nobody_joins() -> JoinRoom {
        joining(Arc::new(MockStore::new()), MockEventBus::new())
    }

    /// User 1 comes into room 1, which is public.
    fn coming_in(order: &mut Sequence) -> JoinRoom {
        let mut work: MockUnitOfWork = opened(room(1), Standing::Stranger);
        work.expect_save_membership()
            .withf(|saved| saved.user == user_id(1) && saved.room == room_id(1) && saved.role == Role::Member)
            .times(1)
            .returning(|_| Ok(()));
        work.expect_save_room().withf(|saved| saved.member_count == 4).times(1).returning(|_| Ok(()));
        work.expect_commit().times(1).in_sequence(order).returning(|| Ok(()));
        let mut events = MockEventBus::new();
        let event = told(ChangeKind::MemberAdded(user(1), Role::Member));
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
    async fn a_member_says_it_and_joins_nothing() {
        for visibility in [Visibility::Public, Visibility::Private] {
            let members = in_room(visibility, Standing::Member(Role::Member));
            let send = sending(Body::Text(content()), &mut Sequence::new());
            let post = PostMessage { members, files: no_files(), join: nobody_joins(), send };
            let answer = post.execute(caller(1), room_id(1), PostBody::Text(content())).await.unwrap();
            assert_eq!(answer, message(1));
        }
    }

    #[tokio::test]
    async fn whoever_is_not_in_a_public_room_comes_in_and_then_says_it() {
        let mut order = Sequence::new();
        let members = in_room(Visibility::Public, Standing::Stranger);
        let join = coming_in(&mut order);
        let send = sending(Body::Text(content()), &mut order);
        let post = PostMessage { members, files: no_files(), join, send };
        post.execute(caller(1), room_id(1), PostBody::Text(content())).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_is_an_image_where_its_bytes_are_one() {
        for (image, kind) in [(true, AttachmentKind::Image), (false, AttachmentKind::File)] {
            let members = in_room(Visibility::Public, Standing::Member(Role::Member));
            let body = Body::Attachment { kind, file: file_id(3), caption: Some(content()) };
            let send = sending(body, &mut Sequence::new());
            let files = files(Some(File { image, ..file(3, 1) }));
            let post = PostMessage { members, files, join: nobody_joins(), send };
            let said = PostBody::File(file_id(3), Some(content()));
            post.execute(caller(1), room_id(1), said).await.unwrap();
        }
    }

    #[tokio::test]
    async fn by_a_file_that_is_not_the_callers_own_nobody_comes_in() {
        for found in [None, Some(file(3, 2))] {
            let members = in_room(Visibility::Public, Standing::Stranger);
            let (join, send) = (nobody_joins(), nothing_is_sent());
            let post = PostMessage { members, files: files(found), join, send };
            let result = post.execute(caller(1), room_id(1), PostBody::File(file_id(3), None)).await;
            assert_eq!(refusal(result), Refusal::FileNotFound);
        }
    }

    /// Neither files nor stores are asked.
    async fn refused(members: MockMemberReader) -> Refusal {
        let (members, join, send) = (Arc::new(members), nobody_joins(), nothing_is_sent());
        let post = PostMessage { members, files: no_files(), join, send };
        refusal(post.execute(caller(1), room_id(1), PostBody::File(file_id(3), None)).await)
    }

    #[tokio::test]
    async fn nobody_comes_into_a_private_room_by_posting() {
        assert_eq!(refused(members(Visibility::Private, Standing::Invited)).await, Refusal::NotAMember);
        for members in members_unseen() {
            assert_eq!(refused(members).await, Refusal::RoomNotFound);
        }
    }
}
