//! Laws of files: their readers and their removal.

use std::collections::BTreeSet;

use domain::account::UserRef;
use domain::file::{File, FileName, FileQuery, FileReader, FileRemoval, FileSort, KeptFile};
use domain::membership::Role;
use domain::message::{AttachmentKind, Body, Message, NewMessage};
use domain::{Error, FileId, Refusal, RoomId, SortOrder};
use futures_util::future::join;

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, at, delete, delete_room, file, file_id, join as join_room, leave, message, new_message, pages,
    private, send, session_of, store_file, users,
};

/// Message `n`, which shows the file.
fn showing(n: u32, room: RoomId, file: &File) -> NewMessage {
    let body = Body::Attachment { kind: AttachmentKind::File, file: file.id, caption: None };
    NewMessage { body, ..new_message(n, room, file.uploaded_by.id, "a file") }
}

async fn remove(store: &impl AnyStore, file: FileId, by: &UserRef) -> FileRemoval {
    remove_late(store, file, by, 0).await
}

/// Removes a file after `calls` other calls.
async fn remove_late(store: &impl AnyStore, file: FileId, by: &UserRef, calls: u32) -> FileRemoval {
    let mut work = store.begin().await.unwrap();
    for _ in 0..calls {
        work.admin_count(private(1, by).id).await.unwrap();
    }
    let removal = work.delete_file(file, by.id, at(9)).await.unwrap();
    work.commit().await.unwrap();
    removal
}

async fn may_have(store: &impl AnyStore, file: &File, reader: &UserRef) -> bool {
    let found = FileReader::file(store, file.id, reader.id).await.unwrap();
    assert!(found.is_none() || found.as_ref() == Some(file));
    found.is_some()
}

/// To its uploader, at once.
pub async fn a_file_comes_back_whole(store: impl AnyStore) {
    let [alice] = users(&store).await;
    for n in [1, 2] {
        let file = store_file(&store, File { image: n == 1, ..file(n, &alice) }).await;
        assert!(may_have(&store, &file, &alice).await);
    }
    assert_eq!(FileReader::file(&store, file_id(9), alice.id).await.unwrap(), None);
    let known = store.known_files(vec![file_id(1), file_id(9), file_id(2)]).await.unwrap();
    assert_eq!(known.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([file_id(1), file_id(2)]));
}

/// Not strangers, not former members, and no other user once the message or the room is deleted.
pub async fn members_may_read_a_file_while_a_message_shows_it(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    let here = fixtures::open(&store, private(1, &alice)).await;
    let there = fixtures::open(&store, private(2, &alice)).await;
    for room in [here.id, there.id] {
        join_room(&store, room, bob.id, Role::Member, at(2)).await;
    }
    let file = store_file(&store, file(1, &alice)).await;
    assert!(!may_have(&store, &file, &bob).await);
    let first = send(&store, showing(1, here.id, &file)).await;
    send(&store, showing(2, there.id, &file)).await;
    assert!(may_have(&store, &file, &bob).await);
    assert!(!may_have(&store, &file, &carol).await);
    leave(&store, there.id, bob.id).await;
    assert!(may_have(&store, &file, &bob).await);
    delete(&store, &first, alice.id, at(5)).await;
    assert!(!may_have(&store, &file, &bob).await);
    join_room(&store, there.id, bob.id, Role::Member, at(6)).await;
    assert!(may_have(&store, &file, &bob).await);
    delete_room(&store, there.id, at(7)).await;
    assert!(!may_have(&store, &file, &bob).await && may_have(&store, &file, &alice).await);
}

/// Every reader of the message returns the file with it.
pub async fn a_message_shows_only_what_its_sender_uploaded(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    let (hers, his) = (store_file(&store, file(1, &alice)).await, store_file(&store, file(2, &bob)).await);
    let sent: Message = send(&store, showing(1, room.id, &hers)).await;
    assert_eq!(sent.file.as_deref(), Some(&hers));
    assert_eq!(message(&store, room.id, sent.id).await, Some(sent));
    let nobodys = file(3, &alice);
    for other in [&his, &nobodys] {
        let new =
            NewMessage { sender: alice.id, session: session_of(alice.id), ..showing(2, room.id, other) };
        assert!(matches!(store.append(new).await, Err(Error::Refused(Refusal::FileNotFound))));
    }
    let body = Body::Attachment { kind: AttachmentKind::Image, file: hers.id, caption: None };
    let new = NewMessage { body, ..showing(3, room.id, &hers) };
    assert!(matches!(store.append(new).await, Err(Error::Refused(Refusal::NotAnImage))));
}

/// In both directions, the id between equals; names by code points.
pub async fn file_pages_concatenate_to_all_files_in_every_order(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    store_file(&store, file(100, &bob)).await;
    let mut all = vec![];
    for (n, name) in (1..).zip(["b", "a", "\u{e9}", "B", "a", "z", "\u{1F408}"]) {
        let (created_at, name) = (at(i64::from(n / 3)), FileName::clean(name));
        let size = u64::from(n * 7 % 3);
        all.push(store_file(&store, File { created_at, name, size, ..file(n, &alice) }).await);
    }
    for sort in [FileSort::CreatedAt, FileSort::Name, FileSort::Size] {
        all.sort_by_key(|file| {
            let place = match sort {
                FileSort::CreatedAt => (Some(file.created_at), None, None),
                FileSort::Name => (None, Some(file.name.as_str().to_owned()), None),
                FileSort::Size => (None, None, Some(file.size)),
            };
            (place, file.id.0)
        });
        for order in [SortOrder::Ascending, SortOrder::Descending] {
            let query = FileQuery { sort, order };
            for limit in [1, 3, 100] {
                let found = pages(limit, async |page| store.files_of(alice.id, query, page).await).await;
                assert_eq!(found, all, "{query:?} by {limit}");
            }
            all.reverse();
        }
    }
}

/// By its uploader only.
pub async fn a_file_is_removed_only_while_no_message_shows_it(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    let file = store_file(&store, file(1, &alice)).await;
    assert_eq!(remove(&store, file.id, &bob).await, FileRemoval::Absent);
    let sent = send(&store, showing(1, room.id, &file)).await;
    assert_eq!(remove(&store, file.id, &alice).await, FileRemoval::InUse);
    let sent = Message { revision: delete(&store, &sent, alice.id, at(5)).await, ..sent };
    assert_eq!(remove(&store, file.id, &alice).await, FileRemoval::Removed);
    assert_eq!(remove(&store, file.id, &alice).await, FileRemoval::Absent);
    let found = message(&store, room.id, sent.id).await.unwrap();
    assert_eq!((found.file, found.revision), (None, sent.revision));
    let file = store_file(&store, fixtures::file(2, &alice)).await;
    send(&store, showing(2, room.id, &file)).await;
    delete_room(&store, room.id, at(6)).await;
    assert_eq!(remove(&store, file.id, &alice).await, FileRemoval::Removed);
}

/// Whichever comes first, and however far the other is by then: either the message finds no file, or the file stays.
pub async fn a_deletion_and_a_send_exclude_each_other(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    for n in 1..=40 {
        let file = store_file(&store, file(n, &alice)).await;
        let removing = remove_late(&store, file.id, &alice, n / 4);
        let (sent, removal) = join(store.append(showing(n, room.id, &file)), removing).await;
        match (sent, removal) {
            (Ok(_), FileRemoval::InUse) => assert!(may_have(&store, &file, &alice).await),
            (Err(Error::Refused(Refusal::FileNotFound)), FileRemoval::Removed) => {
                assert!(!may_have(&store, &file, &alice).await);
            }
            other => panic!("both or neither: {other:?}"),
        }
    }
}

/// All of them, in pages; those of deleted messages are not shown.
pub async fn files_are_listed_with_whether_a_message_shows_them(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    let mut files = vec![];
    for n in 1..=5 {
        files.push(store_file(&store, file(n, &alice)).await);
    }
    send(&store, showing(1, room.id, &files[0])).await;
    let gone = send(&store, showing(2, room.id, &files[1])).await;
    delete(&store, &gone, alice.id, at(5)).await;
    let told: Vec<_> =
        files.iter().enumerate().map(|(n, file)| KeptFile { file: file.clone(), shown: n == 0 }).collect();
    assert_eq!(store.files_after(None, 2).await.unwrap(), told[..2]);
    assert_eq!(store.files_after(Some(files[1].id), 3).await.unwrap(), told[2..]);
    assert_eq!(store.files_after(Some(files[4].id), 3).await.unwrap(), []);
}
