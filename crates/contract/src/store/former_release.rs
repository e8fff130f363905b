//! Laws of upgrades: the former release writes to the same schema with statements that know no totals, no activity and no folded
//! text, and lists, searches and syncs are right all the same.
//!
//! A store's own tests call them, because those statements are of its database.

use domain::room::{RoomQuery, RoomReader, RoomSort, Search, Visibility};
use domain::search::{CandidateQuery, SearchQuery, Unindexed};
use domain::sync::Selection;
use domain::{PageRequest, Timestamp, UserId};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::store::AnyStore;
use crate::store::everything::{Filled, fill};
use crate::store::fixtures::{at, edit, new_message, open, private, send, users};

/// The statements of the former release, for one database.
#[derive(Debug)]
pub struct Statements {
    /// Inserts the user with id 1, five public rooms of theirs, and a private one.
    pub rooms: &'static str,
    /// Sends into a public room, renames one, and deletes and hides one each.
    pub changes: &'static str,
    /// Joins the creator to all rooms; what follows as the migration or this release leaves it.
    pub memberships: &'static str,
    /// Ends all memberships.
    pub departures: &'static str,
    /// Makes the ended memberships living ones again.
    pub returns: &'static str,
    /// Moves the log of every room.
    pub sent: &'static str,
    /// Moves every read mark.
    pub read: &'static str,
    /// Sends 1,100 messages into the room of [`Filled`], more than a search reads without the index, and edits the message `kept`.
    pub sent_and_edited: &'static str,
}

const PAGE: PageRequest = PageRequest { page: 1, limit: 20 };

/// Lists include what the former release writes, with the right totals.
pub async fn lists_include_it(store: &impl AnyStore, statements: &Statements, mut run: impl FnMut(&str)) {
    let total = async |search: Option<&str>| {
        let search = search.map(|text| Search::parse(text).unwrap());
        let query = RoomQuery { search, sort: RoomSort::LastMessageAt, ..RoomQuery::default() };
        let page = RoomReader::list(store, query, PAGE, None).await.unwrap();
        assert_eq!(u64::try_from(page.items.len()).unwrap(), page.total);
        page
    };
    run(statements.rooms);
    assert_eq!(total(None).await.total, 5);
    let sweep = async || store.sweep(Timestamp::EPOCH, 3).await.unwrap().folded;
    assert_eq!((sweep().await, sweep().await, sweep().await), (3, 2, 0));
    assert_eq!(total(Some("CAFE")).await.total, 5);

    run(statements.changes);
    let listed = total(None).await;
    assert_eq!(listed.total, 3);
    assert!(listed.items[0].room.log.last_message_at.is_some(), "the active room comes first");
    assert_eq!(total(Some("cafe")).await.total, 2);
    assert_eq!(sweep().await, 2, "the renamed room, and the hidden one");
    assert_eq!(total(Some("strasse")).await.total, 1);
}

/// Members see a room that the former release hides.
pub async fn members_see_a_hidden_room(
    store: &impl AnyStore,
    statements: &Statements,
    mut run: impl FnMut(&str),
) {
    let private = async || {
        let query = RoomQuery { visibility: Some(Visibility::Private), ..RoomQuery::default() };
        let ada = UserId(Uuid::from_u128(1));
        let page = RoomReader::list(store, query, PAGE, Some(ada)).await.unwrap();
        assert_eq!(u64::try_from(page.items.len()).unwrap(), page.total);
        page.total
    };
    run(statements.rooms);
    run(statements.memberships);
    assert_eq!(private().await, 1);
    run(statements.changes);
    assert_eq!(private().await, 2);
    run(statements.departures);
    assert_eq!(private().await, 0);
    while store.sweep(Timestamp::EPOCH, 3).await.unwrap().marked > 0 {}
    run(statements.returns);
    assert_eq!(private().await, 2);
}

/// Searches find what the former release writes once the index is completed.
pub async fn searches_find_it_once_the_index_is_completed(
    store: &impl AnyStore,
    statements: &Statements,
    mut run: impl FnMut(&str),
) {
    let filled = fill(store, 3).await;
    let found = async |text: &str| {
        let keys = SearchQuery::parse(text).unwrap().keys();
        let query = CandidateQuery { keys, room: None, sender: None, before: None, limit: 2_000 };
        store.candidates(filled.admin, query).await.unwrap().len()
    };
    assert_eq!((found("message").await, found("kept").await), (3, 1));
    run(statements.sent_and_edited);
    assert_eq!((found("former").await, found("anew").await), (0, 0));
    let lacking = u64::from(filled.messages) + 1_100;
    assert_eq!(store.unindexed().await.unwrap(), Unindexed { messages: lacking, edits: 1 });
    let mut added = vec![];
    let mut from = Some(filled.room);
    while let Some((room, messages)) =
        store.index_room(from, 500).await.unwrap().filter(|(room, _)| *room == filled.room)
    {
        from = Some(room);
        added.push(messages);
    }
    // The first step leaves fewer than the index may lack, so it takes them too.
    assert_eq!((added, store.index_edits(10).await.unwrap()), (vec![lacking], 1));
    assert_eq!((found("former").await, found("anew").await), (1_100, 1));
    assert_eq!(store.unindexed().await.unwrap(), Unindexed::default());
}

/// A newest message is edited while the index lacks many before it, all of which the next send adds. `empty_index` forgets the
/// words of all messages.
pub async fn an_edit_before_the_index_is_completed_stops_no_send(
    store: &impl AnyStore,
    empty_index: impl FnOnce(),
) {
    let [alice] = users(store).await;
    let room = open(store, private(1, &alice)).await;
    let say = |n: u32| send(store, new_message(n, room.id, alice.id, "said"));
    let mut said = join_all((1..=600).map(say)).await;
    said.sort_unstable_by_key(|message| message.seq);
    empty_index();
    edit(store, said.last().unwrap(), "edited", alice.id, at(1_000)).await;
    for n in 601..=640 {
        say(n).await;
    }
    for (text, wanted) in [("said", 639), ("edited", 1)] {
        let keys = SearchQuery::parse(text).unwrap().keys();
        let query = CandidateQuery { keys, room: None, sender: None, before: None, limit: 1_000 };
        assert_eq!(store.candidates(alice.id, query).await.unwrap().len(), wanted, "{text}");
    }
}

/// A sync includes what the former release changes.
pub async fn a_sync_includes_it(store: &impl AnyStore, statements: &Statements, mut run: impl FnMut(&str)) {
    let Filled { admin, .. } = fill(store, 0).await;
    for change in [statements.sent, statements.read] {
        let since = store.select(admin, Selection::Latest { after: None }, 100).await.unwrap().now;
        let changed = async || {
            let changed = Selection::Changed { since: since.clone(), after: None };
            store.select(admin, changed, 100).await.unwrap().rooms.len()
        };
        assert_eq!(changed().await, 0);
        run(change);
        assert!(changed().await > 0, "{change}");
    }
}
