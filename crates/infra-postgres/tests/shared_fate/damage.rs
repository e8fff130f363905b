//! Rows that the program cannot read, and rooms that reject or delay writes.

use contract::store::shared_fate::{self, Scene};
use domain::message::{Appended, MessageLog};
use domain::{Error, StoreError};
use tokio::task::JoinSet;

use crate::Database;

/// Makes the memberships of `User-2` unreadable.
const BOBS_MEMBERSHIPS: &str =
    "UPDATE memberships SET role = 9 WHERE user_id = (SELECT id FROM users WHERE username = 'User-2')";
/// Has a function called for each message that is inserted into `Room 2`.
const ON_INSERT: &str = "CREATE FUNCTION on_insert() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF new.room_id = (SELECT id FROM rooms WHERE name = 'Room 2') THEN PERFORM disturb(); END IF;
        RETURN new;
    END $$;";

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_room_fails_only_the_messages_to_it() {
    let database = Database::fresh().await;
    let damage = async || database.run("UPDATE rooms SET visibility = 7 WHERE name = 'Room 2'").await;
    shared_fate::an_unreadable_room_fails_only_the_messages_to_it(database.store.clone(), damage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_sender_fails_only_their_own_messages() {
    let database = Database::fresh().await;
    let damage = async || database.run(BOBS_MEMBERSHIPS).await;
    shared_fate::an_unreadable_sender_fails_only_their_own_messages(database.store.clone(), damage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_membership_fails_only_the_lists_of_its_user() {
    let database = Database::fresh().await;
    let (store, damage) = (database.store.clone(), async || database.run(BOBS_MEMBERSHIPS).await);
    shared_fate::an_unreadable_membership_fails_only_the_lists_of_its_user(store, damage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_message_fails_only_its_repetition() {
    let database = Database::fresh().await;
    let damage = async || database.run("UPDATE messages SET kind = 9 WHERE client_key = 'key'").await;
    shared_fate::an_unreadable_message_fails_only_its_repetition(database.store.clone(), damage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_rejects_writes_fails_only_the_messages_to_it() {
    let database = Database::fresh().await;
    let rejecting = "CREATE FUNCTION disturb() RETURNS void LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'rejected'; END $$;
        CREATE TRIGGER disturb BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION on_insert()";
    let damage = async || database.run(&format!("{ON_INSERT}{rejecting}")).await;
    shared_fate::an_unreadable_room_fails_only_the_messages_to_it(database.store.clone(), damage).await;
}

/// Its statements take longer than the server lets them.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_room_fails_only_the_messages_to_it() {
    let database = Database::fresh().await;
    let scene = Scene::set(&database.store, 3).await;
    let slow = "CREATE FUNCTION disturb() RETURNS void LANGUAGE sql AS 'SELECT pg_sleep(60)';
        CREATE TRIGGER disturb BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION on_insert()";
    database.run(&format!("{ON_INSERT}{slow}")).await;
    let mut sends = JoinSet::new();
    for (n, room) in [(1, 0), (2, 1), (3, 2), (4, 0)] {
        let (store, message) = (database.store.clone(), scene.message(n, room));
        sends.spawn(async move { (room, store.append(message).await) });
    }
    for (room, outcome) in sends.join_all().await {
        match room {
            1 => assert!(matches!(outcome, Err(Error::Store(StoreError::Unavailable(_)))), "{outcome:?}"),
            _ => assert!(matches!(outcome, Ok(Appended::New(_))), "{outcome:?}"),
        }
    }
}

/// A client whose connection fails does not know if such a commit happened, so nothing but the caller repeats it.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_is_not_repeated() {
    let database = Database::fresh().await;
    let scene = Scene::set(&database.store, 2).await;
    let failing = "CREATE SEQUENCE attempts;
        CREATE FUNCTION disturb() RETURNS void LANGUAGE plpgsql AS $$
        BEGIN PERFORM nextval('attempts'); RAISE EXCEPTION 'not committed'; END $$;
        CREATE CONSTRAINT TRIGGER disturb AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION on_insert()";
    database.run(&format!("{ON_INSERT}{failing}")).await;
    let outcome = database.store.append(scene.message(1, 1)).await;
    assert!(matches!(outcome, Err(Error::Store(_))), "{outcome:?}");
    let attempts = database.beside.query_one("SELECT last_value FROM attempts", &[]).await.unwrap();
    assert_eq!(attempts.get::<_, i64>(0), 1);
    assert!(database.store.append(scene.message(2, 0)).await.is_ok());
}
