//! Sharing a file in a room: an upload and the message that shows it, in one step.

use super::{DeleteFile, File, FileName, UploadFile};
use crate::account::Identity;
use crate::membership::CheckMember;
use crate::message::{Appended, Body, ClientKey, Message, SendCommand, SendMessage, SentExtras};
use crate::{Result, RoomId};

/// A file and the room to share it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareFileCommand {
    /// The room that the message is sent to.
    pub room: RoomId,
    /// The name to store the file under.
    pub name: FileName,
    /// The whole content of the file.
    pub bytes: Vec<u8>,
    /// Makes a retry of the send return the first message.
    pub client_key: Option<ClientKey>,
}

/// Uploads a file and sends the message that shows it; members only.
pub struct ShareFile {
    pub(crate) check: CheckMember,
    pub(crate) upload: UploadFile,
    pub(crate) send: SendMessage,
    pub(crate) delete: DeleteFile,
}

impl ShareFile {
    /// Returns the message once it is durable. A caller who may not send is rejected before any byte is written. Where
    /// the send fails after the upload, the file is removed and the send's error returned; a file whose removal fails
    /// as well stays unused, until its uploader or the garbage collection deletes it.
    pub async fn execute(&self, caller: Identity, command: ShareFileCommand) -> Result<Message> {
        let ShareFileCommand { room, name, bytes, client_key } = command;
        self.check.execute(caller.clone(), room).await?;
        let file = self.store(caller.clone(), name, bytes).await?;
        let body = Body::Attachment { kind: file.attachment_kind(), file: file.id, caption: None };
        let extras = SentExtras::default();
        let sent = self.send.execute(caller.clone(), SendCommand { room, body, extras, client_key }).await;
        match sent {
            Ok(Appended::New(message) | Appended::Replayed(message)) => Ok(message),
            Err(error) => {
                let _stays_unused = self.delete.remove(file.id, caller.user.id).await;
                Err(error)
            }
        }
    }

    async fn store(&self, caller: Identity, name: FileName, bytes: Vec<u8>) -> Result<File> {
        let mut upload = self.upload.begin(caller, name, u64::try_from(bytes.len()).ok()).await?;
        if let Err(error) = upload.write(bytes).await {
            let _left_to_garbage_collection = upload.abort().await;
            return Err(error);
        }
        upload.finish().await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mockall::Sequence;
    use mockall::predicate::eq;
    use uuid::Uuid;

    use super::*;
    use crate::event::{Change, ChangeKind, Event, MockEventBus};
    use crate::file::{
        ContentType, FileRemoval, FileStoreState, MockBlobStore, MockBlobWriter, MockFileStoreMarks,
        MockSniffer,
    };
    use crate::membership::{MockMemberReader, Role, Standing};
    use crate::message::{AttachmentKind, MockMessageLog, NewMessage};
    use crate::room::{Revision, Visibility};
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{
        at, caller, clock, file_id, ids, members, members_of_invisible_rooms, message, message_id,
        publishing, refusal, room_id, sessionless, store, user_id,
    };
    use crate::{DatabaseId, MockIdSource, Refusal, StoreError};

    fn command() -> ShareFileCommand {
        let client_key = Some(ClientKey::parse("key").unwrap());
        ShareFileCommand {
            room: room_id(1),
            name: FileName::clean("a.png"),
            bytes: b"hello".to_vec(),
            client_key,
        }
    }

    fn member() -> MockMemberReader {
        members(Visibility::Public, Standing::Member(Role::Member))
    }

    fn deleting(store: Arc<MockStore>, marks: MockFileStoreMarks) -> DeleteFile {
        DeleteFile { store, marks: Arc::new(marks), clock: clock(5) }
    }

    fn state() -> FileStoreState {
        FileStoreState { database: DatabaseId(Uuid::nil()), changes: 8, sweep_after: None }
    }

    /// Expects one change to be noted.
    fn noting() -> MockFileStoreMarks {
        let mut marks = MockFileStoreMarks::new();
        let note = marks.expect_note_changes().with(eq(state().database), eq(8)).times(1);
        note.returning(|_, _| Ok(()));
        marks
    }

    fn share(members: MockMemberReader, upload: UploadFile, send: SendMessage) -> ShareFile {
        let delete = deleting(Arc::new(MockStore::new()), MockFileStoreMarks::new());
        ShareFile { check: CheckMember { members: Arc::new(members) }, upload, send, delete }
    }

    /// Stores the command's bytes as file 9, which is recognised as that type.
    fn uploading(content_type: &str) -> UploadFile {
        let (mut order, content_type) = (Sequence::new(), ContentType(content_type.to_owned()));
        let mut writer = MockBlobWriter::new();
        let write = writer.expect_write().with(eq(command().bytes)).times(1).in_sequence(&mut order);
        write.returning(|_| Ok(()));
        writer.expect_finish().times(1).in_sequence(&mut order).returning(|| Ok(()));
        let mut blobs = MockBlobStore::new();
        blobs.expect_create().with(eq(file_id(9))).times(1).return_once(|_| Ok(Box::new(writer)));
        let mut sniffer = MockSniffer::new();
        sniffer.expect_sniff().withf(|head| head == b"hello").times(1).return_const(content_type);
        let mut work = MockUnitOfWork::new();
        let insert = work.expect_insert_file().withf(|file| file.id == file_id(9)).times(1);
        insert.in_sequence(&mut order).returning(|_| Ok(()));
        work.expect_count_change().times(1).in_sequence(&mut order).returning(|| Ok(Some(state())));
        work.expect_commit().times(1).in_sequence(&mut order).returning(|| Ok(()));
        UploadFile {
            store: store(work),
            blobs: Arc::new(blobs),
            marks: Arc::new(noting()),
            sniffer: Arc::new(sniffer),
            ids: ids(9),
            ..never_uploading()
        }
    }

    /// Fails the test at any upload.
    fn never_uploading() -> UploadFile {
        UploadFile {
            store: Arc::new(MockStore::new()),
            blobs: Arc::new(MockBlobStore::new()),
            marks: Arc::new(MockFileStoreMarks::new()),
            sniffer: Arc::new(MockSniffer::new()),
            clock: clock(5),
            ids: Arc::new(MockIdSource::new()),
            largest: 5,
            quota: None,
        }
    }

    /// Appends the message that shows file 9 as `kind`, with that outcome.
    fn sending(kind: AttachmentKind, outcome: Result<Appended>, events: MockEventBus) -> SendMessage {
        let new = NewMessage {
            id: message_id(42),
            room: room_id(1),
            sender: user_id(1),
            session: caller(1).session,
            body: Body::Attachment { kind, file: file_id(9), caption: None },
            extras: SentExtras::default(),
            client_key: command().client_key,
            at: at(5),
        };
        let mut log = MockMessageLog::new();
        log.expect_append().with(eq(new)).times(1).return_once(|_| outcome);
        SendMessage { log: Arc::new(log), clock: clock(5), ids: ids(42), events: Arc::new(events) }
    }

    fn refused_send() -> SendMessage {
        sending(AttachmentKind::File, Err(Refusal::NotAMember.into()), MockEventBus::new())
    }

    /// Fails the test at any send.
    fn never_sending() -> SendMessage {
        let (log, events) = (Arc::new(MockMessageLog::new()), Arc::new(MockEventBus::new()));
        SendMessage { log, clock: clock(5), ids: Arc::new(MockIdSource::new()), events }
    }

    #[tokio::test]
    async fn the_file_is_stored_and_its_message_returned_as_an_image_where_the_bytes_are_one() {
        for (content_type, kind) in
            [("image/png", AttachmentKind::Image), ("text/plain", AttachmentKind::File)]
        {
            let sent = Change { room: room_id(1), revision: Revision(9), kind: ChangeKind::Sent(message(1)) };
            let events = publishing(Event::Changed(sent));
            let send = sending(kind, Ok(Appended::New(message(1))), events);
            let share = share(member(), uploading(content_type), send);
            assert_eq!(share.execute(caller(1), command()).await.unwrap(), message(1));
        }
    }

    #[tokio::test]
    async fn a_caller_who_may_not_send_is_rejected_before_anything_is_written() {
        let outside = members(Visibility::Public, Standing::Stranger);
        let share_as = |members| share(members, never_uploading(), never_sending());
        assert_eq!(refusal(share_as(outside).execute(caller(1), command()).await), Refusal::NotAMember);
        for members in members_of_invisible_rooms() {
            let result = share_as(members).execute(caller(1), command()).await;
            assert_eq!(refusal(result), Refusal::RoomNotFound);
        }
    }

    #[tokio::test]
    async fn a_file_that_is_too_large_is_rejected_and_nothing_is_sent() {
        let mut blobs = MockBlobStore::new();
        let create = blobs.expect_create().with(eq(file_id(9))).times(1);
        create.return_once(|_| {
            let mut writer = MockBlobWriter::new();
            writer.expect_abort().times(1).returning(|| Ok(()));
            Ok(Box::new(writer))
        });
        let upload = UploadFile { blobs: Arc::new(blobs), ids: ids(9), largest: 4, ..never_uploading() };
        let result = share(member(), upload, never_sending()).execute(caller(1), command()).await;
        assert_eq!(refusal(result), Refusal::FileTooLarge);
    }

    #[tokio::test]
    async fn a_rejected_send_removes_the_file() {
        let mut work = MockUnitOfWork::new();
        let delete = work.expect_delete_file().with(eq(file_id(9)), eq(user_id(1)), eq(at(5))).times(1);
        delete.returning(|_, _, _| Ok(FileRemoval::Removed));
        work.expect_count_change().times(1).returning(|| Ok(Some(state())));
        work.expect_commit().times(1).returning(|| Ok(()));
        let delete = deleting(sessionless([work]), noting());
        let share = ShareFile { delete, ..share(member(), uploading("text/plain"), refused_send()) };
        assert_eq!(refusal(share.execute(caller(1), command()).await), Refusal::NotAMember);
    }

    #[tokio::test]
    async fn the_error_of_the_send_is_returned_where_the_removal_fails_too() {
        let mut stores = MockStore::new();
        stores.expect_begin().times(1).returning(|| Err(StoreError::Unavailable("away".to_owned())));
        let delete = deleting(Arc::new(stores), MockFileStoreMarks::new());
        let share = ShareFile { delete, ..share(member(), uploading("text/plain"), refused_send()) };
        assert_eq!(refusal(share.execute(caller(1), command()).await), Refusal::NotAMember);
    }
}
