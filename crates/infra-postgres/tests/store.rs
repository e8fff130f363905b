//! The PostgreSQL store beyond the laws of stores: its migrations and indexes, and several replicas on one database.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use std::collections::BTreeMap;
use std::io::Write;

use domain::account::{Email, NewUser, PasswordHash, Session, User, UserRef, Username};
use domain::membership::{Membership, Role};
use domain::message::{Appended, Body, ClientKey, Content, MessageLog, NewMessage};
use domain::room::{Access, PrivateKind, Revision, Room, RoomName};
use domain::store::Store;
use domain::{MessageId, RoomId, SessionId, StoreError, Timestamp, UserId};
use infra_postgres::{Options, PostgresStore};
use tokio::task::JoinSet;
use uuid::Uuid;

fn replica(url: &str) -> PostgresStore {
    PostgresStore::open(&Options { url: url.to_owned(), pool_size: 4, ca_file: None, prepare: true }).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_run_once_and_can_be_reverted() {
    let store = replica(&test_support::fresh_database().unwrap());
    store.migrate().await.unwrap();
    assert!(store.migrate().await.unwrap().is_empty());
    assert!(store.migrations().await.unwrap().iter().all(|migration| migration.applied));
    let reverted = store.revert().await.unwrap().unwrap();
    assert_eq!(
        store.migrations().await.unwrap().last().map(|m| (&m.name, m.applied)),
        Some((&reverted, false))
    );
    while store.revert().await.unwrap().is_some() {}
    assert!(matches!(store.ping().await, Err(StoreError::Corrupt(_) | StoreError::Unavailable(_))));
    assert_eq!(store.migrate().await.unwrap().len(), store.migrations().await.unwrap().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn data_survives_reverted_and_repeated_migrations() {
    let store = replica(&test_support::fresh_database().unwrap());
    let first = store.migrate().await.unwrap().remove(0);
    let filled = contract::store::everything::fill(&store, 10).await;
    while store.migrations().await.unwrap().iter().filter(|migration| migration.applied).count() > 1 {
        assert_ne!(store.revert().await.unwrap(), Some(first.clone()));
    }
    store.migrate().await.unwrap();
    let whole = contract::store::everything::history(&store, filled.room).await;
    assert_eq!(whole.len(), usize::try_from(filled.messages).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_replicas_that_start_at_once_one_migrates_and_the_others_wait() {
    let url = test_support::fresh_database().unwrap();
    let mut starting = JoinSet::new();
    for _ in 0..4 {
        let store = replica(&url);
        starting.spawn(async move { store.migrate().await.unwrap().len() });
    }
    let mut run = starting.join_all().await;
    run.sort_unstable();
    assert_eq!(run, [0, 0, 0, replica(&url).migrations().await.unwrap().len()]);
}

const ROOMS: u128 = 5;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(1_700_000_000_000_000 + micros).unwrap()
}

/// Stores a user who is signed in, and the only member of every room.
async fn populate(store: &PostgresStore) {
    let user = User {
        id: UserId(id(1)),
        username: Username::parse("alice").unwrap(),
        email: Email::parse("alice@example.org").unwrap(),
        created_at: at(0),
    };
    let alice: UserRef = user.as_ref();
    let password = PasswordHash("hash".into());
    let mut work = store.begin().await.unwrap();
    work.insert_user(NewUser { user, password: password.clone() }).await.unwrap();
    let session =
        Session { id: SessionId(id(1)), user: alice.id, created_at: at(0), expires_at: at(1_000_000) };
    assert!(work.insert_session(session, password).await.unwrap());
    for n in 1..=ROOMS {
        let access = Access::Private(PrivateKind::ByInvitation);
        let name = RoomName::parse(&format!("Room {n}")).unwrap();
        let room = Room::starting(RoomId(id(n)), name, access, alice.clone(), at(0));
        let membership = Membership::starting(&room, alice.id, Role::Member, at(0), Revision(0));
        work.insert_room(room).await.unwrap();
        work.save_membership(membership).await.unwrap();
    }
    work.commit().await.unwrap();
}

/// Creates a database with unusual defaults.
fn unusual_database() -> String {
    let url = test_support::fresh_database().unwrap();
    let mut script = tempfile::NamedTempFile::new().unwrap();
    for setting in [
        "default_transaction_isolation = 'repeatable read'",
        "timezone = 'Asia/Kathmandu'",
        "datestyle = 'SQL, DMY'",
    ] {
        let alter = format!("SELECT format($$ALTER DATABASE %I SET {setting}$$, current_database())");
        writeln!(script, "{alter} \\gexec").unwrap();
    }
    test_support::run_script(&url, script.path()).unwrap();
    url
}

/// One replica sends forwards through the rooms, the other backwards, both under the same keys, and one has a clock that is
/// behind.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_send_into_the_same_rooms_share_one_order() {
    const EACH: u128 = 40;
    let url = unusual_database();
    let replicas = [replica(&url), replica(&url)];
    replicas[0].migrate().await.unwrap();
    populate(&replicas[0]).await;
    let mut sending = JoinSet::new();
    for n in 0..EACH {
        for (which, store) in (0_u128..).zip(&replicas) {
            for step in 1..=ROOMS {
                let room = if which == 0 { step } else { ROOMS + 1 - step };
                let new = NewMessage {
                    id: MessageId(id(1 + which + 2 * (room + 10 * n))),
                    room: RoomId(id(room)),
                    sender: UserId(id(1)),
                    session: SessionId(id(1)),
                    body: Body::Text(Content::parse("hello").unwrap()),
                    extras: domain::message::SentExtras::default(),
                    client_key: Some(ClientKey::parse(&format!("key {n}")).unwrap()),
                    at: at(if which == 0 { 1_000 } else { 0 }),
                };
                let store = store.clone();
                sending.spawn(async move { store.append(new).await.unwrap() });
            }
        }
    }
    let mut rooms: BTreeMap<RoomId, BTreeMap<i64, (Timestamp, MessageId)>> = BTreeMap::new();
    let (mut new, mut replayed) = (0, 0);
    for appended in sending.join_all().await {
        let (Appended::New(message) | Appended::Replayed(message)) = &appended;
        match &appended {
            Appended::New(_) => new += 1,
            Appended::Replayed(_) => replayed += 1,
        }
        let order = rooms.entry(message.room).or_default();
        let place = order.entry(message.seq.0).or_insert((message.created_at, message.id));
        assert_eq!(*place, (message.created_at, message.id), "two messages of one seq");
    }
    assert_eq!((new, replayed), (EACH * ROOMS, EACH * ROOMS));
    for order in rooms.values() {
        let seqs: Vec<i64> = order.keys().copied().collect();
        assert_eq!(seqs, (1..=i64::try_from(EACH).unwrap()).collect::<Vec<_>>());
        assert!(order.values().is_sorted_by(|one, next| one.0 < next.0), "{order:?}");
    }
}

/// Else removing a row that others refer to reads their whole table. A partial index does not serve that.
#[tokio::test(flavor = "multi_thread")]
async fn every_foreign_key_has_an_index_that_begins_with_its_columns() {
    const FOREIGN_KEYS: &str = "SELECT c.conrelid::regclass::text || ': ' || c.conname, EXISTS (
            SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indisvalid AND i.indpred IS NULL
            AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)
        FROM pg_constraint c WHERE c.contype = 'f'";
    let url = test_support::fresh_database().unwrap();
    replica(&url).migrate().await.unwrap();
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let keys = client.query(FOREIGN_KEYS, &[]).await.unwrap();
    let bare: Vec<String> = keys.iter().filter(|key| !key.get::<_, bool>(1)).map(|key| key.get(0)).collect();
    assert!(keys.len() >= 7, "the foreign keys are found");
    assert!(bare.is_empty(), "without an index: {bare:?}");
}
