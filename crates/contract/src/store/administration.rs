//! Laws of administration.

use domain::account::{Email, PasswordHash, Session, User, UserRef, Username};
use domain::admin::{AccountRecord, AccountSearch, FileUsage, LinkHash, UsagePosition};
use domain::file::File;
use domain::{RoomId, SessionId, Timestamp};
use futures_util::future::{join, join_all};
use uuid::Uuid;

use crate::store::AnyStore;
use crate::store::fixtures::{at, file, last_moment, session_of, store_file, store_user, user, users};

/// Returns all accounts of a search, in parts of that length.
async fn found(store: &impl AnyStore, search: &AccountSearch, limit: u32) -> Vec<AccountRecord> {
    let (mut all, mut after) = (vec![], None);
    loop {
        let part = store.accounts(search.clone(), after, limit).await.unwrap();
        assert!(part.len() <= usize::try_from(limit).unwrap());
        let Some(last) = part.last() else { return all };
        after = Some(last.user.username.key());
        all.extend(part);
    }
}

/// In parts of any length, in the order of the bytes of their keys.
pub async fn accounts_are_found_by_the_start_of_their_names_or_by_their_address(store: impl AnyStore) {
    let names = ["Al_ice", "ALICE", "al.ice", "al-ice", "al", "al-", "zoe", "0me", "zzz"];
    for (n, name) in (1..).zip(names.map(|name| format!("{name}-of-it"))) {
        let username = Username::parse(&name).unwrap();
        store_user(&store, User { username, ..user(n) }).await.unwrap();
    }
    let all = ["0me", "al-", "al", "al-ice", "al.ice", "Al_ice", "ALICE", "zoe", "zzz"];
    let mut all = all.map(|name| format!("{name}-of-it"));
    all.sort_by_key(|name| name.to_ascii_lowercase());
    for (start, expected) in [("", &all[..]), ("al", &all[1..7]), ("zo", &all[7..8]), ("b", &all[..0])] {
        let search = AccountSearch::Named(start.to_owned());
        for limit in [1, 2, 100] {
            let found = found(&store, &search, limit).await;
            let names: Vec<String> = found.iter().map(|found| found.user.username.to_string()).collect();
            assert_eq!(names, expected, "{start} in parts of {limit}");
        }
    }
    let address = |text: &str| AccountSearch::Addressed(Email::parse(text).unwrap().key());
    let one = found(&store, &address("USER-3@example.com"), 100).await;
    let name = Username::parse("al.ice-of-it").unwrap();
    let expected =
        AccountRecord { user: User { username: name, ..user(3) }, server_admin: false, disabled_at: None };
    assert_eq!(one, [expected]);
    assert_eq!(found(&store, &address("nobody@example.com"), 100).await, []);
}

async fn set_disabled(store: &impl AnyStore, user: &UserRef, at: Option<Timestamp>) -> bool {
    let mut work = store.begin().await.unwrap();
    let changed = work.set_disabled(user.id, at).await.unwrap();
    work.commit().await.unwrap();
    changed
}

fn session(n: u128, user: &UserRef) -> Session {
    Session { id: SessionId(Uuid::from_u128(n)), user: user.id, created_at: at(1), expires_at: last_moment() }
}

async fn begin(store: &impl AnyStore, session: Session) -> bool {
    let mut work = store.begin().await.unwrap();
    let begun = work.insert_session(session, PasswordHash("secret".into())).await.unwrap();
    work.commit().await.unwrap();
    begun
}

/// To the microsecond; other accounts go on.
pub async fn no_session_begins_while_the_account_is_disabled(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    assert!(set_disabled(&store, &alice, Some(at(7))).await);
    assert!(!set_disabled(&store, &alice, Some(at(8))).await, "it was so before");
    let listed = found(&store, &AccountSearch::all(), 10).await;
    assert_eq!(listed.iter().map(|one| one.disabled_at).collect::<Vec<_>>(), [Some(at(7)), None]);
    assert!(!begin(&store, session(1, &alice)).await);
    assert!(begin(&store, session(2, &bob)).await);
    assert!(set_disabled(&store, &alice, None).await);
    assert!(!set_disabled(&store, &alice, None).await, "it was so before");
    assert!(begin(&store, session(3, &alice)).await);
    let nobody = UserRef { id: user(9).id, ..alice };
    assert!(!set_disabled(&store, &nobody, Some(at(7))).await);
}

/// A login meanwhile waits, and fails afterwards.
pub async fn a_login_and_the_disabling_of_its_account_exclude_each_other(store: impl AnyStore) {
    let [alice] = users(&store).await;
    // Neither has to wait for a connection.
    let (one, other) = join(store.ping(), store.ping()).await;
    one.and(other).unwrap();
    let mut work = store.begin().await.unwrap();
    assert!(work.set_disabled(alice.id, Some(at(5))).await.unwrap());
    work.end_sessions(alice.id, None, at(5)).await.unwrap();
    let change = async {
        // The login has its chance to finish before the change.
        for _ in 0..200 {
            work.admin_count(RoomId(Uuid::nil())).await.unwrap();
        }
        work.commit().await.unwrap();
    };
    let (begun, ()) = join(begin(&store, session(1, &alice)), change).await;
    assert!(!begun);
}

/// In parts of any length; ended and lapsed ones are left out, and those of others.
pub async fn the_living_sessions_of_a_user_are_listed_latest_first(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let mut expected = vec![Session { id: session_of(alice.id), created_at: at(1), ..session(0, &alice) }];
    for n in (1..=6).rev() {
        let expires_at = if n == 3 { at(50) } else { at(51) };
        let one = Session { created_at: at(10), expires_at, ..session(n, &alice) };
        assert!(begin(&store, one.clone()).await);
        expected.extend((n != 3 && n != 5).then_some(one));
    }
    assert!(begin(&store, session(7, &bob)).await);
    let mut work = store.begin().await.unwrap();
    work.end_session(session(5, &alice).id, at(20)).await.unwrap();
    work.commit().await.unwrap();
    for limit in [1, 2, 100] {
        let (mut listed, mut before) = (vec![], None);
        loop {
            let part = store.sessions(alice.id, at(50), before, limit).await.unwrap();
            let Some(last) = part.last() else { break };
            before = Some(last.id);
            listed.extend(part);
        }
        assert_eq!(listed, expected, "in parts of {limit}");
    }
}

/// With the number of the files; those without a file are left out.
pub async fn users_are_listed_by_the_bytes_of_their_files(store: impl AnyStore) {
    let [alice, bob, carol, _] = users(&store).await;
    for (n, user, size) in [(1, &alice, 30), (2, &alice, 12), (3, &bob, 7), (4, &carol, 42)] {
        store_file(&store, File { size, ..file(n, user) }).await;
    }
    let usage = |user: &UserRef, files, bytes| FileUsage { user: user.clone(), files, bytes };
    let expected = [usage(&carol, 1, 42), usage(&alice, 2, 42), usage(&bob, 1, 7)];
    for limit in [1, 2, 100] {
        let (mut listed, mut after) = (vec![], UsagePosition::START);
        loop {
            let part = store.file_usage(after, limit).await.unwrap();
            let Some(last) = part.last() else { break };
            after = last.position();
            listed.extend(part);
        }
        assert_eq!(listed, expected, "in parts of {limit}");
    }
}

/// Until the last mark is taken away.
pub async fn a_server_admin_is_known_once_one_is_marked(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    for (user, admin, any) in
        [(&alice, true, true), (&bob, true, true), (&alice, false, true), (&bob, false, false)]
    {
        let mut work = store.begin().await.unwrap();
        assert!(work.set_server_admin(user.id, admin).await.unwrap());
        assert!(!work.set_server_admin(user.id, admin).await.unwrap(), "it was so before");
        work.commit().await.unwrap();
        assert_eq!(store.has_server_admin().await.unwrap(), any);
        let listed = found(&store, &AccountSearch::all(), 10).await;
        assert_eq!(listed.iter().any(|one| one.server_admin), any);
    }
}

async fn offer(store: &impl AnyStore, secret: &str) {
    let mut work = store.begin().await.unwrap();
    work.offer_admin_link(LinkHash::of(secret), at(100)).await.unwrap();
    work.commit().await.unwrap();
}

async fn take(store: &impl AnyStore, secret: &str, now: Timestamp) -> bool {
    let mut work = store.begin().await.unwrap();
    let taken = work.take_admin_link(LinkHash::of(secret), now).await.unwrap();
    work.commit().await.unwrap();
    taken
}

/// Or is withdrawn.
pub async fn a_link_is_taken_once_until_it_lapses_or_is_replaced(store: impl AnyStore) {
    assert!(!take(&store, "first", at(0)).await);
    offer(&store, "first").await;
    assert!(!take(&store, "other", at(0)).await);
    assert!(!take(&store, "first", at(100)).await);
    assert!(take(&store, "first", at(99)).await);
    assert!(!take(&store, "first", at(99)).await);
    offer(&store, "second").await;
    offer(&store, "third").await;
    assert!(!take(&store, "second", at(0)).await);
    let mut work = store.begin().await.unwrap();
    work.withdraw_admin_link().await.unwrap();
    work.commit().await.unwrap();
    assert!(!take(&store, "third", at(0)).await);
}

/// As two replicas would.
pub async fn of_many_who_take_a_link_at_once_one_gets_it(store: impl AnyStore) {
    offer(&store, "secret").await;
    let taken = join_all((0..8).map(|_| take(&store, "secret", at(50)))).await;
    assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 1);
}
