//! Laws of accounts and sessions.

use domain::account::{
    Credentials, Email, Identity, LoginName, PasswordHash, Session, User, UserRef, Username,
};
use domain::invitation::Invitee;
use domain::{Constraint, Error, Refusal, RoomId, SessionId, StoreError, Timestamp};
use futures_util::future::{join, join_all};
use uuid::Uuid;

use crate::store::AnyStore;
use crate::store::fixtures::{self, at, store_user, user, users, with_password};

fn session(n: u128, user: &UserRef) -> Session {
    Session { id: SessionId(Uuid::from_u128(n)), user: user.id, created_at: at(1), expires_at: at(100) }
}

async fn begin_session(store: &impl AnyStore, session: &Session, password: &str) -> bool {
    let mut work = store.begin().await.unwrap();
    let begun = work.insert_session(session.clone(), PasswordHash(password.into())).await.unwrap();
    work.commit().await.unwrap();
    begun
}

async fn who(store: &impl AnyStore, session: &Session, now: Timestamp) -> Option<Identity> {
    store.session(session.id, now).await.unwrap()
}

/// By id, name and address, in any case of these.
pub async fn an_account_comes_back_whole(store: impl AnyStore) {
    let user = User { username: Username::parse("Al.Ice_-9").unwrap(), ..user(7) };
    store_user(&store, user.clone()).await.unwrap();
    assert_eq!(store.user(user.id).await.unwrap(), Some(user.clone()));
    assert_eq!(store.find(Invitee::Id(user.id)).await.unwrap(), Some(user.as_ref()));
    let other_case = Username::parse("aL.iCE_-9").unwrap();
    assert_eq!(store.find(Invitee::Name(other_case)).await.unwrap(), Some(user.as_ref()));
    let credentials = Credentials { user: user.clone(), password: PasswordHash("secret".into()) };
    for login in [LoginName::Username("AL.ICE_-9".into()), LoginName::Email("user-7@EXAMPLE.com".into())] {
        assert_eq!(store.credentials(login).await.unwrap(), Some(credentials.clone()));
    }
    let nobody = fixtures::user(8);
    assert_eq!(store.user(nobody.id).await.unwrap(), None);
    assert_eq!(store.find(Invitee::Id(nobody.id)).await.unwrap(), None);
    assert_eq!(store.find(Invitee::Name(nobody.username)).await.unwrap(), None);
    for login in [LoginName::Username("%".into()), LoginName::Email("Al.Ice_-9".into())] {
        assert_eq!(store.credentials(login).await.unwrap(), None);
    }
}

/// To the microsecond; with whether its owner administers the server now.
pub async fn a_session_names_its_user_until_it_lapses(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let session = session(1, &alice);
    assert!(begin_session(&store, &session, "secret").await);
    let mut identity =
        Identity { user: alice.clone(), session: session.id, server_admin: false, address: None };
    assert_eq!(who(&store, &session, at(99)).await, Some(identity.clone()));
    assert_eq!(who(&store, &session, at(100)).await, None);
    for admin in [true, false] {
        let mut work = store.begin().await.unwrap();
        work.set_server_admin(alice.id, admin).await.unwrap();
        work.commit().await.unwrap();
        identity.server_admin = admin;
        assert_eq!(who(&store, &session, at(2)).await, Some(identity.clone()));
    }
    assert_eq!(store.session(SessionId(Uuid::from_u128(2)), at(2)).await.unwrap(), None);
}

/// It can't be extended, and may end again without harm.
pub async fn an_ended_session_has_no_user_and_stays_ended(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let session = session(1, &alice);
    begin_session(&store, &session, "secret").await;
    for moment in [at(10), at(20)] {
        let mut work = store.begin().await.unwrap();
        work.end_session(session.id, moment).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(who(&store, &session, at(2)).await, None);
    }
    let mut work = store.begin().await.unwrap();
    assert!(!work.extend_session(session.id, at(1_000)).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(who(&store, &session, at(2)).await, None);
}

/// Not in one that has expired or ended, nor in an unknown one. A unit that ends its session is committed.
pub async fn units_of_work_begin_in_sessions_that_stand(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let session = session(1, &alice);
    begin_session(&store, &session, "secret").await;
    let begins = async |id: SessionId, now: Timestamp| match store.begin_in(id, now).await {
        Ok(_) => true,
        Err(Error::Refused(Refusal::Unauthenticated)) => false,
        Err(error) => panic!("{error:?}"),
    };
    assert!(begins(session.id, at(99)).await);
    assert!(!begins(session.id, at(100)).await);
    assert!(!begins(SessionId(Uuid::from_u128(2)), at(2)).await);
    let mut work = store.begin_in(session.id, at(2)).await.unwrap();
    work.end_session(session.id, at(2)).await.unwrap();
    work.commit().await.unwrap();
    assert!(!begins(session.id, at(2)).await);
}

/// An extension to an earlier moment succeeds.
pub async fn a_sessions_expiry_never_moves_back(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let session = session(1, &alice);
    begin_session(&store, &session, "secret").await;
    for moment in [at(200), at(150)] {
        let mut work = store.begin().await.unwrap();
        assert!(work.extend_session(session.id, moment).await.unwrap());
        work.commit().await.unwrap();
        assert!(who(&store, &session, at(199)).await.is_some());
        assert_eq!(who(&store, &session, at(200)).await, None);
    }
}

/// Without an exception, all end.
pub async fn ending_all_sessions_spares_the_excepted_one_and_those_of_other_users(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let sessions = [session(1, &alice), session(2, &alice), session(3, &alice), session(4, &bob)];
    for session in &sessions {
        begin_session(&store, session, "secret").await;
    }
    for (except, left) in
        [(Some(sessions[1].id), [false, true, false, true]), (None, [false, false, false, true])]
    {
        let mut work = store.begin().await.unwrap();
        work.end_sessions(alice.id, except, at(5)).await.unwrap();
        work.commit().await.unwrap();
        for (session, left) in sessions.iter().zip(left) {
            assert_eq!(who(&store, session, at(6)).await.is_some(), left, "{session:?}");
        }
    }
}

/// A login that checked the password before the change fails.
pub async fn no_session_begins_with_a_former_password(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let mut work = store.begin().await.unwrap();
    let former = PasswordHash("secret".into());
    assert!(work.set_password(alice.id, PasswordHash("new".into()), Some(former.clone())).await.unwrap());
    // A change that expects the former password fails too.
    assert!(!work.set_password(alice.id, PasswordHash("newer".into()), Some(former)).await.unwrap());
    work.commit().await.unwrap();
    let login = LoginName::Username("user-1".into());
    let credentials = store.credentials(login).await.unwrap().unwrap();
    assert_eq!(credentials.password, PasswordHash("new".into()));
    assert!(!begin_session(&store, &session(1, &alice), "secret").await);
    assert_eq!(who(&store, &session(1, &alice), at(2)).await, None);
    assert!(begin_session(&store, &session(1, &alice), "new").await);
    assert!(who(&store, &session(1, &alice), at(2)).await.is_some());
}

/// A login during a change of the password waits, and fails afterwards.
pub async fn a_login_and_a_change_of_the_password_exclude_each_other(store: impl AnyStore) {
    let [alice] = users(&store).await;
    // Neither has to wait for a connection.
    let (one, other) = join(store.ping(), store.ping()).await;
    one.and(other).unwrap();
    let mut work = store.begin().await.unwrap();
    let former = PasswordHash("secret".into());
    assert!(work.set_password(alice.id, PasswordHash("new".into()), Some(former)).await.unwrap());
    work.end_sessions(alice.id, None, at(5)).await.unwrap();
    let change = async {
        // The login has its chance to finish before the change.
        for _ in 0..200 {
            work.admin_count(RoomId(Uuid::nil())).await.unwrap();
        }
        work.commit().await.unwrap();
    };
    let late = session(1, &alice);
    let (begun, ()) = join(begin_session(&store, &late, "secret"), change).await;
    assert!(!begun);
    assert_eq!(who(&store, &late, at(2)).await, None);
}

async fn conflict(store: &impl AnyStore, user: User) -> Constraint {
    let mut work = store.begin().await.unwrap();
    match work.insert_user(with_password(user)).await {
        Err(StoreError::Conflict(constraint)) => constraint,
        other => panic!("no conflict: {other:?}"),
    }
}

/// The conflict is that of the name.
pub async fn a_name_is_taken_in_any_case(store: impl AnyStore) {
    users::<1>(&store).await;
    let late = User { username: Username::parse("uSER-1").unwrap(), ..user(2) };
    assert_eq!(conflict(&store, late).await, Constraint::Username);
    store_user(&store, user(2)).await.unwrap();
}

/// The conflict is that of the address; letters beyond ASCII included.
pub async fn an_address_is_taken_in_any_case(store: impl AnyStore) {
    users::<1>(&store).await;
    let late = User { email: Email::parse("USER-1@eXample.COM").unwrap(), ..user(2) };
    assert_eq!(conflict(&store, late).await, Constraint::Email);
    let umlaut = User { email: Email::stored("jörg@example.com".into()), ..user(3) };
    store_user(&store, umlaut).await.unwrap();
    let late = User { email: Email::stored("JÖRG@example.com".into()), ..user(4) };
    assert_eq!(conflict(&store, late).await, Constraint::Email);
}

/// For one account that has both, and for two accounts that have one each.
pub async fn the_conflict_is_that_of_the_name_where_the_address_is_taken_too(store: impl AnyStore) {
    let [one, two] = [user(1), user(2)];
    store_user(&store, one.clone()).await.unwrap();
    store_user(&store, two.clone()).await.unwrap();
    for (name, address) in [(&one, &one), (&one, &two), (&two, &one)] {
        let late = User { username: name.username.clone(), email: address.email.clone(), ..user(3) };
        assert_eq!(conflict(&store, late).await, Constraint::Username);
    }
}

/// The others fail with the conflict.
pub async fn of_many_concurrent_signups_with_one_name_one_succeeds(store: impl AnyStore) {
    let name = Username::parse("wanted").unwrap();
    let tries = (1..=6).map(|n| store_user(&store, User { username: name.clone(), ..user(n) }));
    let results = join_all(tries).await;
    let lost =
        |result: &Result<(), StoreError>| matches!(result, Err(StoreError::Conflict(Constraint::Username)));
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert_eq!(results.iter().filter(|result| lost(result)).count(), 5, "{results:?}");
}
