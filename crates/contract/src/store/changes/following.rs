//! Resuming while others write.

use std::collections::BTreeMap;

use domain::event::{Change, ChangeKind, Changes};
use domain::membership::Role;
use domain::room::{Room, RoomLog};
use domain::{MessageId, RoomId, UserId};
use futures_util::future::join_all;
use tokio::task::JoinHandle;

use super::{BEGINNING, read};
use crate::store::AnyStore;
use crate::store::fixtures::{
    self, at, change_role, delete, edit, join, leave, new_message, private, rename, send, users,
};

/// The item of a change; of each, only the latest change counts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Message(MessageId),
    Member(UserId),
    Room,
}

type Known = BTreeMap<Item, Change>;

/// Adds a page to the known changes. The member count and the log of a room are not changes of the room.
fn merge(known: &mut Known, page: Changes) {
    for mut change in page.items {
        let item = match &mut change.kind {
            ChangeKind::Sent(about) | ChangeKind::Edited(about) | ChangeKind::Deleted(about) => {
                Item::Message(about.id)
            }
            ChangeKind::MemberAdded(about, _)
            | ChangeKind::MemberRemoved(about, _)
            | ChangeKind::RoleChanged(about, _) => Item::Member(about.id),
            ChangeKind::RoomUpdated(room) => {
                **room = Room { member_count: 0, log: RoomLog::default(), ..(**room).clone() };
                Item::Room
            }
            ChangeKind::ReactionAdded(_)
            | ChangeKind::ReactionRemoved(_)
            | ChangeKind::MessagePinned(_)
            | ChangeKind::MessageUnpinned(_)
            | ChangeKind::RoomDeleted => panic!("an unexpected change"),
        };
        known.insert(item, change);
    }
}

/// Reads pages until the writers have stopped and there are no more.
async fn read_pages(store: &impl AnyStore, room: RoomId, limit: u32, writing: &JoinHandle<()>) -> Known {
    let (mut known, mut since) = (Known::new(), BEGINNING);
    loop {
        let stopped = writing.is_finished();
        let page = read(store, room, since, BEGINNING, limit).await;
        assert!(page.revision >= since, "back from {since:?}: {page:?}");
        since = page.revision;
        let has_more = page.has_more;
        merge(&mut known, page);
        if stopped && !has_more {
            return known;
        }
        tokio::task::yield_now().await;
    }
}

async fn write(store: impl AnyStore, room: RoomId, sender: UserId, first: u32) {
    let mut before = None;
    for n in first..first + 12 {
        let sent = send(&store, new_message(n, room, sender, "meanwhile")).await;
        if let Some(before) = before.replace(sent) {
            edit(&store, &before, "another text", sender, at(n.into())).await;
            if n % 3 == 0 {
                delete(&store, &before, sender, at(n.into())).await;
            }
        }
    }
}

async fn come_and_go(store: impl AnyStore, room: RoomId, user: UserId) {
    for n in 1..=6 {
        join(&store, room, user, Role::Member, at(n)).await;
        change_role(&store, room, user, Role::Admin).await;
        rename(&store, room, &format!("Name {n}")).await;
        if n < 6 {
            leave(&store, room, user).await;
        }
    }
}

/// A reader that pages meanwhile knows in the end the same as one that reads afterwards.
pub async fn pages_of_changes_lose_nothing_while_others_write(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await.id;
    join(&store, room, bob.id, Role::Member, at(2)).await;
    let writing = tokio::spawn({
        let store = store.clone();
        async move {
            let writers = [(alice.id, 100), (bob.id, 200)].map(|(sender, first)| {
                let store = store.clone();
                tokio::spawn(write(store, room, sender, first))
            });
            come_and_go(store, room, carol.id).await;
            for writer in writers {
                writer.await.unwrap();
            }
        }
    });
    let limits = [1, 2, 5, 100];
    let followed = join_all(limits.map(|limit| read_pages(&store, room, limit, &writing))).await;
    writing.await.unwrap();
    let (mut wanted, all) = (Known::new(), read(&store, room, BEGINNING, BEGINNING, 1_000).await);
    assert_eq!((all.has_more, all.items.len()), (false, 24 + 3 + 1));
    merge(&mut wanted, all);
    for (limit, known) in limits.iter().zip(followed) {
        assert_eq!(known, wanted, "by {limit}");
    }
}
