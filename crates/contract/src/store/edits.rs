//! Laws of metadata, and of the contents that a message has had.

use domain::message::{Edit, Message, MessageReader, Version};
use domain::metadata::Metadata;
use domain::room::Revision;
use domain::{MessageId, Page, PageRequest, Timestamp};

use super::replies::{everywhere, object, room_with_message, with_metadata};
use crate::store::AnyStore;
use crate::store::fixtures::{self, FIRST, at, content, delete, edit, lock, message, new_message, send};

async fn edit_metadata(store: &impl AnyStore, of: &Message, metadata: Metadata, at: Timestamp) -> Revision {
    let mut work = store.begin().await.unwrap();
    let room = lock(&mut *work, of.room).await;
    let (revision, by) = (room.log.revision, of.sender.id);
    let edit =
        Edit { message: of.id, room: of.room, content: None, metadata: Some(metadata), revision, by, at };
    work.edit_message(edit).await.unwrap();
    work.save_room(room).await.unwrap();
    work.commit().await.unwrap();
    revision
}

/// As they were sent; an edit replaces them as a whole, and leaves the content alone.
pub async fn metadata_come_back_as_they_were_sent(store: impl AnyStore) {
    let (alice, room, _) = room_with_message(&store).await;
    let sent = send(&store, with_metadata(new_message(2, room, alice.id, "words"), object("z", "1.0"))).await;
    let assert_metadata = async |text: Option<&str>| {
        let found = everywhere(&store, &sent).await;
        assert_eq!(found.extras().metadata.text(), text);
        assert_eq!(found.body(), sent.body());
    };
    assert_metadata(Some(r#"{"z":1.0,"b":null}"#)).await;
    edit_metadata(&store, &sent, Metadata::stored(Some(r#"{"c":{}}"#.to_owned())), at(9_000)).await;
    assert_metadata(Some(r#"{"c":{}}"#)).await;
    edit(&store, &sent, "words", alice.id, at(9_001)).await;
    assert_metadata(Some(r#"{"c":{}}"#)).await;
    let revision = edit_metadata(&store, &sent, Metadata::EMPTY, at(9_002)).await;
    assert_metadata(None).await;
    let found = message(&store, room, sent.id).await.unwrap();
    assert_eq!((found.revision, found.edited_at), (revision, Some(at(9_002))));
}

async fn versions(store: &impl AnyStore, of: MessageId, page: PageRequest) -> Page<Version> {
    MessageReader::versions(store, of, page).await.unwrap()
}

/// Each from the edit that made it; metadata make none. A tombstone has none.
pub async fn a_message_has_the_versions_of_its_content(store: impl AnyStore) {
    let (alice, room, first) = room_with_message(&store).await;
    let version = |text: &str, changed_at| {
        let changed_by = alice.clone();
        Version { content: Some(content(text)), changed_at, changed_by }
    };
    let mut wanted = vec![version("first", first.created_at)];
    assert_eq!(versions(&store, first.id, FIRST).await, Page { items: wanted.clone(), total: 1 });
    for (text, moment) in [("second", 9_001), ("third", 9_002)] {
        edit(&store, &first, text, alice.id, at(moment)).await;
        edit_metadata(&store, &first, Metadata::EMPTY, at(moment + 10)).await;
        wanted.push(version(text, at(moment)));
    }
    assert_eq!(versions(&store, first.id, FIRST).await, Page { items: wanted.clone(), total: 3 });
    for (page, one) in (1..).zip(&wanted) {
        let found = versions(&store, first.id, PageRequest { page, limit: 1 }).await;
        assert_eq!(found, Page { items: vec![one.clone()], total: 3 });
    }
    let beyond = versions(&store, first.id, PageRequest { page: 4, limit: 1 }).await;
    assert_eq!(beyond, Page { items: vec![], total: 3 });
    let untouched = send(&store, new_message(2, room, alice.id, "untouched")).await;
    assert_eq!(versions(&store, untouched.id, FIRST).await.total, 1);
    delete(&store, &first, alice.id, at(9_003)).await;
    assert_eq!(versions(&store, first.id, FIRST).await, Page { items: vec![], total: 0 });
    assert_eq!(versions(&store, fixtures::message_id(99), FIRST).await.total, 0);
}
