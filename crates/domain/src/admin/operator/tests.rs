//! Acts upon accounts, with mocks. User 1 acts upon user 2, and so does the command line.

use mockall::predicate::eq;
use uuid::Uuid;

use super::*;
use crate::account::{Identity, MockAccountReader, MockPasswordHasher, MockSessionReader};
use crate::event::MockEventBus;
use crate::store::{MockStore, MockUnitOfWork};
use crate::testing::{
    at, caller, clock, committing, expect_record_from, hash, refusal, sessionless, store, trail, user,
    user_id,
};

fn admin() -> Authority {
    Authority::Caller(Identity { server_admin: true, ..caller(1) })
}

fn whom() -> Invitee {
    Invitee::Name(user(2).username)
}

/// Finds user `n`, once.
fn finding(n: Option<u128>) -> Arc<MockAccountReader> {
    let mut accounts = MockAccountReader::new();
    let find = accounts.expect_find().with(eq(whom())).times(1);
    find.return_once(move |_| Ok(n.map(user)));
    Arc::new(accounts)
}

/// An operator that touches nothing.
fn untouched() -> Operator {
    Operator {
        store: Arc::new(MockStore::new()),
        accounts: Arc::new(MockAccountReader::new()),
        sessions: Arc::new(MockSessionReader::new()),
        hasher: Arc::new(MockPasswordHasher::new()),
        clock: clock(5),
        events: Arc::new(MockEventBus::new()),
        audit: trail(),
    }
}

fn operator(by: &Authority, work: MockUnitOfWork, events: MockEventBus) -> Operator {
    let store = match by {
        Authority::CommandLine => sessionless([work]),
        Authority::Caller(_) => store(work),
    };
    Operator { store, accounts: finding(Some(2)), events: Arc::new(events), ..untouched() }
}

fn expect_act(work: &mut MockUnitOfWork, by: &Authority, kind: AuditKind) {
    expect_record_from(work, by.actor(), by.address(), Act::of(kind).to(user_id(2)));
}

/// Expects that all sessions of user 2 end, and then the commit and the event.
fn ending_all(work: &mut MockUnitOfWork) -> MockEventBus {
    let end = work.expect_end_sessions().with(eq(user_id(2)), eq(None), eq(at(5))).times(1);
    end.returning(|_, _, _| Ok(()));
    committing(work, Event::Revoked(Revocation::Sessions { user: user_id(2), except: None }))
}

#[tokio::test]
async fn server_administration_is_granted_and_withdrawn() {
    for by in [admin(), Authority::CommandLine] {
        for granted in [true, false] {
            let mut work = MockUnitOfWork::new();
            let set = work.expect_set_server_admin().with(eq(user_id(2)), eq(granted)).times(1);
            set.returning(|_, _| Ok(true));
            let links = usize::from(granted);
            work.expect_withdraw_admin_link().times(links).returning(|| Ok(()));
            let kind = if granted { AuditKind::ServerAdminGranted } else { AuditKind::ServerAdminWithdrawn };
            expect_act(&mut work, &by, kind);
            work.expect_commit().times(1).returning(|| Ok(()));
            let operator = operator(&by, work, MockEventBus::new());
            assert!(operator.set_server_admin(by.clone(), whom(), granted).await.unwrap());
        }
    }
}

#[tokio::test]
async fn a_user_who_is_a_server_admin_or_none_already_stays_so_without_a_record() {
    for granted in [true, false] {
        let mut work = MockUnitOfWork::new();
        let set = work.expect_set_server_admin().with(eq(user_id(2)), eq(granted)).times(1);
        set.returning(|_, _| Ok(false));
        let operator = operator(&admin(), work, MockEventBus::new());
        assert!(!operator.set_server_admin(admin(), whom(), granted).await.unwrap());
    }
}

fn password() -> Password {
    Password::parse("new password").unwrap()
}

/// Hashes the new password in the turn of that client.
fn hashing(client: u128) -> Arc<MockPasswordHasher> {
    let mut hasher = MockPasswordHasher::new();
    let hashing = hasher.expect_hash().with(eq(LimitKey::User(user_id(client))), eq(password())).times(1);
    hashing.returning(|_, _| Ok(hash("new hash")));
    Arc::new(hasher)
}

/// A unit of work that replaces the hash unconditionally; `known` is whether the user still exists.
fn resetting(known: bool) -> MockUnitOfWork {
    let mut work = MockUnitOfWork::new();
    let set = work.expect_set_password().with(eq(user_id(2)), eq(hash("new hash")), eq(None)).times(1);
    set.returning(move |_, _, _| Ok(known));
    work
}

#[tokio::test]
async fn a_password_reset_ends_all_sessions_of_the_user() {
    for (by, client) in [(admin(), 1), (Authority::CommandLine, 2)] {
        let mut work = resetting(true);
        expect_act(&mut work, &by, AuditKind::PasswordReset);
        let events = ending_all(&mut work);
        let operator = Operator { hasher: hashing(client), ..operator(&by, work, events) };
        operator.reset_password(by, whom(), password()).await.unwrap();
    }
}

#[tokio::test]
async fn a_user_deleted_before_the_reset_is_not_found() {
    let operator =
        Operator { hasher: hashing(1), ..operator(&admin(), resetting(false), MockEventBus::new()) };
    let result = operator.reset_password(admin(), whom(), password()).await;
    assert_eq!(refusal(result), Refusal::UserNotFound);
}

fn disabling(at_time: Option<crate::Timestamp>, changed: bool) -> MockUnitOfWork {
    let mut work = MockUnitOfWork::new();
    let set = work.expect_set_disabled().with(eq(user_id(2)), eq(at_time)).times(1);
    set.returning(move |_, _| Ok(changed));
    work
}

#[tokio::test]
async fn disabling_an_account_ends_its_sessions_and_enabling_it_none() {
    for by in [admin(), Authority::CommandLine] {
        let mut work = disabling(Some(at(5)), true);
        expect_act(&mut work, &by, AuditKind::AccountDisabled);
        let events = ending_all(&mut work);
        assert!(operator(&by, work, events).set_disabled(by.clone(), whom(), true).await.unwrap());

        let mut work = disabling(None, true);
        expect_act(&mut work, &by, AuditKind::AccountEnabled);
        work.expect_commit().times(1).returning(|| Ok(()));
        assert!(operator(&by, work, MockEventBus::new()).set_disabled(by, whom(), false).await.unwrap());
    }
}

#[tokio::test]
async fn an_account_that_is_disabled_or_enabled_already_stays_so_without_a_record() {
    for (disabled, at_time) in [(true, Some(at(5))), (false, None)] {
        let operator = operator(&admin(), disabling(at_time, false), MockEventBus::new());
        assert!(!operator.set_disabled(admin(), whom(), disabled).await.unwrap());
    }
}

#[tokio::test]
async fn all_sessions_of_a_user_can_be_ended() {
    let mut work = MockUnitOfWork::new();
    expect_act(&mut work, &admin(), AuditKind::SessionsEnded);
    let events = ending_all(&mut work);
    operator(&admin(), work, events).end_sessions(admin(), whom()).await.unwrap();
}

fn session() -> SessionId {
    SessionId(Uuid::from_u128(9))
}

/// The living session, of that user; `None` for one that has ended.
fn sessions(owner: Option<u128>) -> Arc<MockSessionReader> {
    let mut sessions = MockSessionReader::new();
    let read = sessions.expect_session().with(eq(session()), eq(at(5))).times(1);
    read.return_once(move |_, _| Ok(owner.map(caller)));
    Arc::new(sessions)
}

#[tokio::test]
async fn one_session_of_a_user_can_be_ended() {
    let mut work = MockUnitOfWork::new();
    work.expect_end_session().with(eq(session()), eq(at(5))).times(1).returning(|_, _| Ok(()));
    expect_act(&mut work, &admin(), AuditKind::SessionsEnded);
    let events = committing(&mut work, Event::Revoked(Revocation::Session(session())));
    let operator = Operator { sessions: sessions(Some(2)), ..operator(&admin(), work, events) };
    operator.end_session(admin(), whom(), session()).await.unwrap();
}

#[tokio::test]
async fn a_session_that_has_ended_or_is_another_users_stays_as_it_is() {
    for owner in [None, Some(3)] {
        let operator = Operator { accounts: finding(Some(2)), sessions: sessions(owner), ..untouched() };
        operator.end_session(admin(), whom(), session()).await.unwrap();
    }
}

/// Every act.
async fn each_act(make: impl Fn() -> Operator, by: &Authority) -> Vec<Refusal> {
    vec![
        refusal(make().set_server_admin(by.clone(), whom(), true).await),
        refusal(make().reset_password(by.clone(), whom(), password()).await),
        refusal(make().set_disabled(by.clone(), whom(), true).await),
        refusal(make().end_sessions(by.clone(), whom()).await),
        refusal(make().end_session(by.clone(), whom(), session()).await),
    ]
}

#[tokio::test]
async fn others_may_do_nothing_and_learn_nothing() {
    let refused = each_act(untouched, &Authority::Caller(caller(1))).await;
    assert_eq!(refused, [Refusal::ServerAdminRequired; 5]);
}

#[tokio::test]
async fn nothing_is_done_to_an_unknown_user() {
    for by in [admin(), Authority::CommandLine] {
        let refused = each_act(|| Operator { accounts: finding(None), ..untouched() }, &by).await;
        assert_eq!(refused, [Refusal::UserNotFound; 5]);
    }
}

#[tokio::test]
async fn an_admin_does_nothing_to_their_own_account() {
    let refused = each_act(|| Operator { accounts: finding(Some(1)), ..untouched() }, &admin()).await;
    assert_eq!(refused, [Refusal::NotAllowed; 5]);
}
