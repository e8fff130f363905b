//! Changing the caller's own password.

use std::sync::Arc;

use super::failures::{Attempt, Failures};
use super::{AccountReader, Identity, LoginName, Password, PasswordAttempt, PasswordHasher, User};
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::event::{Event, EventBus, Revocation};
use crate::limit::LimitKey;
use crate::store::Store;
use crate::{Clock, Refusal, Result};

/// The current password, as a proof, and the new one.
#[derive(Debug, Clone)]
pub struct ChangePasswordCommand {
    /// The password that the caller claims to be the current one.
    pub current: PasswordAttempt,
    /// The new password.
    pub new: Password,
}

/// Changes the caller's password and ends all their other sessions.
pub struct ChangePassword {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) failures: Failures,
    pub(crate) audit: AuditTrail,
}

impl ChangePassword {
    /// Returns the account after the change. A wrong `current` counts as a failed login does.
    pub async fn execute(&self, caller: Identity, command: ChangePasswordCommand) -> Result<Attempt<User>> {
        let account = LimitKey::User(caller.user.id);
        if let Some(user) = self.change(&caller, command).await? {
            return Ok(Attempt::right(user));
        }
        let attempt = self.failures.wrong(account).await;
        if matches!(attempt.result, Err(Refusal::InvalidCredentials)) {
            let mut work = self.store.begin_in(caller.session, self.clock.now()).await?;
            self.audit.record(&mut *work, &caller, Act::of(AuditKind::PasswordChangeFailed)).await?;
            work.commit().await?;
        }
        Ok(attempt)
    }

    /// Returns the account after the change; `None` where `current` is wrong.
    async fn change(&self, caller: &Identity, command: ChangePasswordCommand) -> Result<Option<User>> {
        let client = LimitKey::User(caller.user.id);
        let login = LoginName::Username(caller.user.username.as_str().to_owned());
        let known = self.accounts.credentials(login).await?.ok_or(Refusal::Unauthenticated)?;
        if !self.hasher.verify(client.clone(), command.current, Some(known.password.clone())).await? {
            return Ok(None);
        }
        let hash = self.hasher.hash(client, command.new).await?;
        let mut work = self.store.begin_in(caller.session, self.clock.now()).await?;
        // Of two concurrent changes that verify the same old password only one may succeed.
        if !work.set_password(caller.user.id, hash, Some(known.password)).await? {
            return Ok(None);
        }
        work.end_sessions(caller.user.id, Some(caller.session), self.clock.now()).await?;
        self.audit.record(&mut *work, caller, Act::of(AuditKind::PasswordChanged)).await?;
        work.commit().await?;
        let (user, except) = (caller.user.id, Some(caller.session));
        self.events.publish(Event::Revoked(Revocation::Sessions { user, except }));
        Ok(Some(known.user))
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::account::failures::tests::{counting, decision, untouched};
    use crate::account::{Credentials, MockAccountReader, MockPasswordHasher};
    use crate::event::MockEventBus;
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{
        account, at, caller, clock, committing, credentials, expect_record, hash, refusal, store, store_of,
        trail, user_id,
    };

    fn command() -> ChangePasswordCommand {
        let new = Password::parse("new password").unwrap();
        ChangePasswordCommand { current: PasswordAttempt::new("old password"), new }
    }

    fn accounts(known: Option<Credentials>) -> Arc<MockAccountReader> {
        let mut accounts = MockAccountReader::new();
        let read = accounts.expect_credentials().with(eq(LoginName::Username("user-1".to_owned()))).times(1);
        read.return_once(|_| Ok(known));
        Arc::new(accounts)
    }

    fn hasher(right: bool) -> MockPasswordHasher {
        let mut hasher = MockPasswordHasher::new();
        let verify = hasher.expect_verify().times(1);
        verify
            .with(eq(client()), eq(command().current), eq(Some(hash("hash"))))
            .returning(move |_, _, _| Ok(right));
        hasher
    }

    fn client() -> LimitKey {
        LimitKey::User(user_id(1))
    }

    /// The current password is right, and the new one is hashed.
    fn hashing() -> MockPasswordHasher {
        let mut hasher = hasher(true);
        let hashing = hasher.expect_hash().with(eq(client()), eq(command().new)).times(1);
        hashing.returning(|_, _| Ok(hash("new hash")));
        hasher
    }

    /// A unit of work that stores the new hash once; `unchanged` is whether the old hash is still the same.
    fn replacing(unchanged: bool) -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        work.expect_set_password()
            .with(eq(user_id(1)), eq(hash("new hash")), eq(Some(hash("hash"))))
            .times(1)
            .returning(move |_, _, _| Ok(unchanged));
        work
    }

    /// A unit of work that records a failure.
    fn recorded_failure() -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        expect_record(&mut work, Act::of(AuditKind::PasswordChangeFailed));
        work.expect_commit().times(1).returning(|| Ok(()));
        work
    }

    #[tokio::test]
    async fn the_new_hash_is_stored_and_every_other_session_ends() {
        let mut work = replacing(true);
        work.expect_end_sessions()
            .with(eq(user_id(1)), eq(Some(caller(1).session)), eq(at(5)))
            .times(1)
            .returning(|_, _, _| Ok(()));
        expect_record(&mut work, Act::of(AuditKind::PasswordChanged));
        let ended = Revocation::Sessions { user: user_id(1), except: Some(caller(1).session) };
        let events = committing(&mut work, Event::Revoked(ended));
        let change = ChangePassword {
            store: store(work),
            accounts: accounts(Some(credentials(1))),
            hasher: Arc::new(hashing()),
            clock: clock(5),
            events: Arc::new(events),
            failures: untouched(),
            audit: trail(),
        };
        let attempt = change.execute(caller(1), command()).await.unwrap();
        assert_eq!(attempt, Attempt { result: Ok(account(1)), failures: None });
    }

    #[tokio::test]
    async fn a_password_that_changed_during_verification_stays_and_no_session_ends() {
        let change = ChangePassword {
            store: store_of([replacing(false), recorded_failure()]),
            accounts: accounts(Some(credentials(1))),
            hasher: Arc::new(hashing()),
            clock: clock(5),
            events: Arc::new(MockEventBus::new()),
            failures: counting(client(), decision(true, 4)),
            audit: trail(),
        };
        let attempt = change.execute(caller(1), command()).await.unwrap();
        assert_eq!(attempt.result, Err(Refusal::InvalidCredentials));
    }

    #[tokio::test]
    async fn a_wrong_current_password_changes_nothing_and_counts() {
        let change = ChangePassword {
            store: Arc::new(MockStore::new()),
            accounts: accounts(Some(credentials(1))),
            hasher: Arc::new(hasher(false)),
            clock: clock(5),
            events: Arc::new(MockEventBus::new()),
            failures: counting(client(), decision(false, 0)),
            audit: trail(),
        };
        let attempt = change.execute(caller(1), command()).await.unwrap();
        assert_eq!(
            attempt,
            Attempt { result: Err(Refusal::TooManyFailures), failures: Some(decision(false, 0)) }
        );
    }

    #[tokio::test]
    async fn a_missing_account_is_unauthenticated() {
        let change = ChangePassword {
            store: Arc::new(MockStore::new()),
            accounts: accounts(None),
            hasher: Arc::new(MockPasswordHasher::new()),
            clock: clock(5),
            events: Arc::new(MockEventBus::new()),
            failures: untouched(),
            audit: trail(),
        };
        assert_eq!(refusal(change.execute(caller(1), command()).await), Refusal::Unauthenticated);
    }
}
