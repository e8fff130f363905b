//! Laws of sends that share a commit, and of lists that share a read: what damages one row fails only those who need it.
//!
//! A store's own tests call them, because a row is damaged beneath the ports.

use domain::account::UserRef;
use domain::membership::Role;
use domain::message::{Appended, NewMessage};
use domain::room::{Room, RoomQuery, RoomReader, Seq};
use domain::{Error, RoomId, StoreError};
use futures_util::future::join_all;

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, FIRST, at, join as join_room, new_message, open, private, public, send, users, with_key,
};

/// `User-1` and `User-2`, who are signed in and members of every room.
#[derive(Debug, Clone)]
pub struct Scene {
    /// `User-1`, the admin of the rooms.
    pub alice: UserRef,
    /// `User-2`.
    pub bob: UserRef,
    /// `Room 1`, `Room 2` and so on; they are private.
    pub rooms: Vec<RoomId>,
}

impl Scene {
    /// Fills an empty store.
    pub async fn set(store: &impl AnyStore, rooms: u32) -> Self {
        let [alice, bob] = users(store).await;
        let mut ids = vec![];
        for n in 1..=rooms {
            let Room { id, .. } = open(store, private(n, &alice)).await;
            join_room(store, id, bob.id, Role::Member, at(2)).await;
            ids.push(id);
        }
        Self { alice, bob, rooms: ids }
    }

    /// A message of `User-1` to a room, which counts from 0. No two messages have the same `n`.
    #[must_use]
    pub fn message(&self, n: u32, room: usize) -> NewMessage {
        new_message(n, self.rooms[room], self.alice.id, &format!("message {n}"))
    }
}

/// Sends all at once, in their order.
async fn send_all(
    store: &impl AnyStore,
    news: impl IntoIterator<Item = NewMessage>,
) -> Vec<domain::Result<Appended>> {
    join_all(news.into_iter().map(|new| store.append(new))).await
}

fn seq(outcome: &domain::Result<Appended>) -> Seq {
    match outcome {
        Ok(Appended::New(message)) => message.seq,
        other => panic!("not appended: {other:?}"),
    }
}

fn assert_corrupt(outcome: &domain::Result<Appended>) {
    assert!(matches!(outcome, Err(Error::Store(StoreError::Corrupt(_)))), "{outcome:?}");
}

/// `damage` makes the row of `Room 2` unreadable.
pub async fn an_unreadable_room_fails_only_the_messages_to_it(
    store: impl AnyStore,
    damage: impl AsyncFnOnce(),
) {
    const ROOMS: u32 = 4;
    const EACH: u32 = 5;
    let scene = Scene::set(&store, ROOMS).await;
    damage().await;
    // Twice: the second time the store may know which room is damaged.
    for round in 0..2 {
        let news = (0..EACH * ROOMS)
            .map(|n| scene.message(1 + n + 100 * round, usize::try_from(n % ROOMS).unwrap()));
        let outcomes = send_all(&store, news).await;
        for (n, outcome) in (0..).zip(&outcomes) {
            if n % ROOMS == 1 {
                assert_corrupt(outcome);
            } else {
                let place = 1 + EACH * round + n / ROOMS;
                assert_eq!(seq(outcome), Seq(place.into()), "in the order in which they were sent");
            }
        }
    }
}

/// `damage` makes the memberships of `User-2` unreadable.
pub async fn an_unreadable_sender_fails_only_their_own_messages(
    store: impl AnyStore,
    damage: impl AsyncFnOnce(),
) {
    let scene = Scene::set(&store, 2).await;
    damage().await;
    let of_bob = |n| NewMessage {
        sender: scene.bob.id,
        session: fixtures::session_of(scene.bob.id),
        ..scene.message(n, 0)
    };
    let news = [
        scene.message(1, 0),
        of_bob(2),
        scene.message(3, 1),
        scene.message(4, 0),
        of_bob(5),
        scene.message(6, 0),
    ];
    let outcomes = send_all(&store, news).await;
    for n in [1, 4] {
        assert_corrupt(&outcomes[n]);
    }
    assert_eq!([0, 2, 3, 5].map(|n| seq(&outcomes[n]).0), [1, 1, 2, 3]);
}

/// `damage` makes the messages under the client key `key` unreadable. A key keeps its meaning where a batch is split.
pub async fn an_unreadable_message_fails_only_its_repetition(
    store: impl AnyStore,
    damage: impl AsyncFnOnce(),
) {
    let scene = Scene::set(&store, 2).await;
    send(&store, with_key(scene.message(1, 0), "key")).await;
    damage().await;
    let same = |n| NewMessage { body: scene.message(1, 0).body, ..scene.message(n, 0) };
    let news = [
        scene.message(2, 1),
        with_key(same(3), "another key"),
        with_key(same(4), "key"),
        with_key(same(5), "another key"),
        scene.message(6, 0),
    ];
    let outcomes = send_all(&store, news).await;
    assert_corrupt(&outcomes[2]);
    assert_eq!([0, 1, 4].map(|n| seq(&outcomes[n]).0), [1, 2, 3]);
    let (Ok(Appended::New(first)), Ok(Appended::Replayed(again))) = (&outcomes[1], &outcomes[3]) else {
        panic!("{outcomes:?}");
    };
    assert_eq!(first, again);
}

/// `damage` makes the memberships of `User-2` unreadable.
pub async fn an_unreadable_membership_fails_only_the_lists_of_its_user(
    store: impl AnyStore,
    damage: impl AsyncFnOnce(),
) {
    let [alice, bob, carol] = users(&store).await;
    let Room { id, .. } = open(&store, public(1, &alice)).await;
    join_room(&store, id, bob.id, Role::Member, at(2)).await;
    damage().await;
    // The first may read alone, and the others share the next read.
    let callers = [&alice, &bob, &carol, &alice];
    let lists = callers.map(|user| RoomReader::list(&store, RoomQuery::default(), FIRST, Some(user.id)));
    let lists = join_all(lists).await;
    assert!(matches!(lists[1], Err(StoreError::Corrupt(_))), "{:?}", lists[1]);
    let is_member = [0, 2, 3].map(|n| lists[n].as_ref().unwrap().items[0].mine.is_some());
    assert_eq!(is_member, [true, false, true]);
}
