//! Messages, and the files that they show.

use domain::account::UserRef;
use domain::file::{ContentType, Digest, File, FileName};
use domain::message::{
    Anchor, Appended, Body, ClientKey, Content, Deletion, Edit, HistoryQuery, Message, MessageReader,
    NewMessage,
};
use domain::room::Revision;
use domain::{FileId, MessageId, RoomId, SortOrder, Timestamp, UserId};
use uuid::Uuid;

use super::{at, lock, session_of};
use crate::AnyStore;

pub(crate) fn content(words: &str) -> Content {
    Content::parse(words).unwrap()
}

pub(crate) fn message_id(n: u32) -> MessageId {
    MessageId(Uuid::from_u128(n.into()))
}

pub(crate) fn file_id(n: u32) -> FileId {
    FileId(Uuid::from_u128(n.into()))
}

/// File `n`, not stored yet.
pub(crate) fn file(n: u32, uploaded_by: &UserRef) -> File {
    File {
        id: file_id(n),
        name: FileName::clean(&format!("f\u{ef}le {n} '; --.png")),
        content_type: ContentType("image/png".into()),
        size: 3_000_000_000 + u64::from(n),
        sha256: Digest([n.to_le_bytes()[0]; 32]),
        image: false,
        uploaded_by: uploaded_by.clone(),
        created_at: at(n.into()),
    }
}

pub(crate) async fn store_file(store: &impl AnyStore, file: File) -> File {
    let mut work = store.begin().await.unwrap();
    work.insert_file(file.clone()).await.unwrap();
    work.commit().await.unwrap();
    file
}

/// An image that messages may show.
pub(crate) async fn stored_image(store: &impl AnyStore, n: u32, uploaded_by: &UserRef) -> File {
    store_file(store, File { image: true, ..file(n, uploaded_by) }).await
}

/// Message `n`, not sent yet; it says `words`.
pub(crate) fn saying(n: u32, room: RoomId, sender: UserId, words: &str) -> NewMessage {
    NewMessage {
        id: message_id(n),
        room,
        sender,
        session: session_of(sender),
        body: Body::Text(content(words)),
        client_key: None,
        at: at(i64::from(n) * 1_000),
    }
}

pub(crate) fn with_key(new: NewMessage, key: &str) -> NewMessage {
    NewMessage { client_key: Some(ClientKey::parse(key).unwrap()), ..new }
}

/// Sends what must be new.
pub(crate) async fn send(store: &impl AnyStore, new: NewMessage) -> Message {
    match store.append(new).await {
        Ok(Appended::New(message)) => message,
        other => panic!("not appended: {other:?}"),
    }
}

/// Gives a message other words; answers the revision of that.
pub(crate) async fn edit(
    store: &impl AnyStore,
    of: &Message,
    words: &str,
    by: UserId,
    at: Timestamp,
) -> Revision {
    let mut work = store.begin().await.unwrap();
    let room = lock(&mut *work, of.room).await;
    let revision = room.log.revision;
    let edit = Edit { message: of.id, room: of.room, content: content(words), revision, by, at };
    work.edit_message(edit).await.unwrap();
    work.save_room(room).await.unwrap();
    work.commit().await.unwrap();
    revision
}

/// Makes a message a tombstone; answers the revision of that.
pub(crate) async fn delete(store: &impl AnyStore, of: &Message, by: UserId, at: Timestamp) -> Revision {
    let mut work = store.begin().await.unwrap();
    let room = lock(&mut *work, of.room).await;
    let revision = room.log.revision;
    work.delete_message(Deletion { message: of.id, room: of.room, revision, by, at }).await.unwrap();
    work.save_room(room).await.unwrap();
    work.commit().await.unwrap();
    revision
}

pub(crate) async fn message(store: &impl AnyStore, room: RoomId, id: MessageId) -> Option<Message> {
    MessageReader::message(store, room, id).await.unwrap()
}

/// At most so many messages on that side of the anchor, of every kind and sender.
pub(crate) fn window(anchor: Anchor, limit: u32) -> HistoryQuery {
    HistoryQuery { anchor, limit, order: SortOrder::Ascending, kind: None, sender: None }
}
