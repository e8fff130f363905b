//! Laws of removing rows that no reader can reach any more.

use domain::account::{PasswordHash, Session};
use domain::audit::AuditReader;
use domain::idempotency::KEPT_FOR;
use domain::membership::Role;
use domain::message::{Mentions, Message};
use domain::store::Swept;
use domain::{SessionId, UserId};
use uuid::Uuid;

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, at, delete, delete_room, edit, join, new_message, private, public, react, send, store_ticket,
    take_ticket, ticket, users,
};
use crate::store::idempotency::{answer, keep, kept};

/// Of as many pages of words as messages.
const fn swept(sessions: u64, messages: u64, memberships: u64, rooms: u64) -> Swept {
    Swept {
        sessions,
        tickets: 0,
        messages,
        words: messages,
        memberships,
        rooms,
        answers: 0,
        folded: 0,
        marked: 0,
    }
}

async fn log_in(store: &impl AnyStore, n: u128, user: UserId, until: i64) -> SessionId {
    let id = SessionId(Uuid::from_u128(n));
    let session = Session { id, user, created_at: at(0), expires_at: at(until) };
    let mut work = store.begin().await.unwrap();
    assert!(work.insert_session(session, PasswordHash("secret".into())).await.unwrap());
    work.commit().await.unwrap();
    id
}

async fn is_kept(store: &impl AnyStore, message: &Message) -> bool {
    AuditReader::message(store, message.id).await.unwrap().is_some()
}

/// Sessions that ended or lapsed before the given time; once.
pub async fn sweeping_removes_ended_and_lapsed_sessions(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let (ended, later) = (log_in(&store, 1, alice.id, 500).await, log_in(&store, 2, alice.id, 500).await);
    let (_lapsed, living) = (log_in(&store, 3, alice.id, 50).await, log_in(&store, 4, alice.id, 500).await);
    let mut work = store.begin().await.unwrap();
    work.end_session(ended, at(50)).await.unwrap();
    // A session that has ended stays as it is.
    work.end_session(ended, at(150)).await.unwrap();
    work.end_sessions(alice.id, Some(living), at(150)).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(store.sweep(at(100), 100).await.unwrap(), swept(2, 0, 0, 0));
    assert_eq!(store.sweep(at(100), 100).await.unwrap(), Swept::default());
    assert!(store.session(living, at(100)).await.unwrap().is_some());
    assert_eq!(store.session(later, at(100)).await.unwrap(), None);
    assert_eq!(store.sweep(at(200), 100).await.unwrap(), swept(2, 0, 0, 0), "hers from the beginning too");
}

/// Those of living sessions too; a session takes the others with it.
pub async fn sweeping_removes_lapsed_tickets(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let (living, over) = (log_in(&store, 1, alice.id, 500).await, log_in(&store, 2, alice.id, 50).await);
    for (n, session, until) in [(1, living, 50), (2, living, 150), (3, over, 150)] {
        store_ticket(&store, ticket(n, session, until)).await;
    }
    let removed = store.sweep(at(100), 100).await.unwrap();
    assert_eq!((removed.tickets, removed.sessions), (1, 1));
    assert_eq!(store.sweep(at(100), 100).await.unwrap(), Swept::default());
    assert!(take_ticket(&store, 2, at(100)).await.is_some());
    assert_eq!(take_ticket(&store, 3, at(100)).await, None);
}

/// Those whose time was over before the given time, a batch at a time.
pub async fn sweeping_removes_lapsed_answers(store: impl AnyStore) {
    let kept_for = i64::try_from(KEPT_FOR.whole_microseconds()).unwrap();
    for n in 0..4 {
        assert!(keep(&store, answer(u128::from(n), n, i64::from(n)), -1).await);
    }
    let swept = |answers| Swept { answers, ..Swept::default() };
    for wanted in [swept(2), swept(1), Swept::default()] {
        assert_eq!(store.sweep(at(3 + kept_for), 2).await.unwrap(), wanted);
    }
    assert!(kept(&store, 3, -1).await.is_some());
    assert!(kept(&store, 0, -1).await.is_none());
}

/// Messages and their former contents, memberships, and then the room. Living rooms, and those that were deleted
/// later, keep everything.
pub async fn sweeping_removes_the_rows_of_deleted_rooms(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let mut sent = vec![];
    for n in 1..=3 {
        let room = fixtures::open(&store, public(n, &alice)).await;
        join(&store, room.id, bob.id, Role::Member, at(2)).await;
        let [one, two] = [2 * n, 2 * n + 1].map(|id| new_message(id, room.id, bob.id, "hello @user-1"));
        let [one, two] = [send(&store, one).await, send(&store, two).await];
        edit(&store, &one, "another text", bob.id, at(5)).await;
        edit(&store, &one, "and others", bob.id, at(6)).await;
        delete(&store, &two, alice.id, at(7)).await;
        react(&store, &one, alice.id, "a").await;
        sent.push([one, two]);
    }
    let mut indexed = None;
    while let Some((room, _)) = store.index_room(indexed, 100).await.unwrap() {
        indexed = Some(room);
    }
    delete_room(&store, sent[0][0].room, at(50)).await;
    delete_room(&store, sent[1][0].room, at(150)).await;
    assert!(is_kept(&store, &sent[0][0]).await && is_kept(&store, &sent[0][1]).await);
    let rows = Swept { words: 1, ..swept(0, 2, 2, 1) };
    assert_eq!(store.sweep(at(100), 100).await.unwrap(), rows, "its words are on a page");
    assert_eq!(store.sweep(at(100), 100).await.unwrap(), Swept::default());
    for (pair, kept) in sent.iter().zip([false, true, true]) {
        for message in pair {
            assert_eq!(is_kept(&store, message).await, kept, "{message:?}");
        }
    }
    let audit = AuditReader::message(&store, sent[2][0].id).await.unwrap().unwrap();
    assert_eq!(audit.former.len(), 2);
    // Had its former contents remained, they would belong to the message that has the id now.
    let again = send(&store, new_message(2, sent[2][0].room, bob.id, "the id of one that went")).await;
    assert_eq!(again.id, sent[0][0].id);
    assert_eq!(AuditReader::message(&store, again.id).await.unwrap().unwrap().former, []);
    react(&store, &again, bob.id, "a").await;
    let now = fixtures::message(&store, again.room, again.id).await.unwrap();
    assert_eq!((now.extras().reactions[0].count, now.mentions()), (1, Mentions::default()));
    let living = fixtures::room(&store, sent[2][0].room, &bob).await.unwrap();
    assert_eq!((living.room.member_count, living.mine.is_some()), (2, true));
}

/// Of each kind; the rest is found the next time.
pub async fn sweeping_removes_at_most_a_batch_at_a_time(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    for n in 1..=5 {
        // As many words as a page of the index takes.
        let words: Vec<String> = (0..88).map(|word| format!("w{n}x{word:02}")).collect();
        send(&store, new_message(n, room.id, alice.id, &words.join(" "))).await;
        log_in(&store, n.into(), alice.id, 50).await;
    }
    store.index_room(None, 5).await.unwrap();
    delete_room(&store, room.id, at(50)).await;
    for wanted in [swept(2, 2, 1, 0), swept(2, 2, 0, 0), swept(1, 1, 0, 1), Swept::default()] {
        assert_eq!(store.sweep(at(100), 2).await.unwrap(), wanted);
    }
}

/// Even where it has more members than a batch, and no messages.
pub async fn sweeping_finds_work_until_a_large_room_is_gone(store: impl AnyStore) {
    let members: [_; 5] = users(&store).await;
    let room = fixtures::open(&store, private(1, &members[0])).await;
    for user in &members[1..] {
        join(&store, room.id, user.id, Role::Member, at(2)).await;
    }
    delete_room(&store, room.id, at(50)).await;
    let mut rooms = 0;
    loop {
        let swept = store.sweep(at(100), 2).await.unwrap();
        rooms += swept.rooms;
        if !swept.found_work() {
            break;
        }
    }
    assert_eq!(rooms, 1, "the sweeper stops where nothing was found");
}
