//! Logging in: starting a session and issuing its token.

use std::net::IpAddr;
use std::sync::Arc;

use time::Duration;

use super::failures::{Attempt, Failures};
use super::{
    AccessToken, AccountReader, Claims, Credentials, LoginName, PasswordAttempt, PasswordHasher, Session,
    TokenSigner, User,
};
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::limit::LimitKey;
use crate::store::Store;
use crate::{Clock, IdSource, Refusal, Result, SessionId, Timestamp};

/// A name and the password claimed for it.
#[derive(Debug, Clone)]
pub struct LogInCommand {
    /// The account's name or address.
    pub login: LoginName,
    /// The claimed password.
    pub password: PasswordAttempt,
}

/// The token of a new session, and its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedIn {
    /// The token.
    pub token: AccessToken,
    /// The owner.
    pub user: User,
}

/// Starts a session. An unknown name and a wrong password are rejected with the same error after the same time, and
/// counted alike.
pub struct LogIn {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) tokens: Arc<dyn TokenSigner>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) failures: Failures,
    pub(crate) token_ttl: Duration,
    pub(crate) audit: AuditTrail,
}

impl LogIn {
    /// Verifies the password that came from that address, and starts a session where it is right.
    pub async fn execute(&self, from: IpAddr, command: LogInCommand) -> Result<Attempt<LoggedIn>> {
        let typed = LimitKey::Account(command.login.key());
        let credentials = self.accounts.credentials(command.login).await?;
        // One counter for an account, by whatever name or address it was found.
        let account = credentials.as_ref().map_or(typed, |known| LimitKey::User(known.user.id));
        let target = credentials.as_ref().map(|known| known.user.id);
        let hash = credentials.as_ref().map(|known| known.password.clone());
        let right = self.hasher.verify(LimitKey::address(from), command.password, hash).await?;
        let begun = match credentials.filter(|_| right) {
            Some(known) => self.begin(known, from).await?,
            None => None,
        };
        if let Some(logged_in) = begun {
            return Ok(Attempt::right(logged_in));
        }
        let attempt = self.failures.wrong(account).await;
        // What the counter refuses is not recorded either: so it bounds the log, too.
        if matches!(attempt.result, Err(Refusal::InvalidCredentials)) {
            let failed = Act { target, ..Act::of(AuditKind::LoginFailed) };
            self.audit.record_alone(&*self.store, from, failed).await?;
        }
        Ok(attempt)
    }

    /// Starts a session; `None` where the password has changed meanwhile, or the account is disabled.
    async fn begin(&self, known: Credentials, from: IpAddr) -> Result<Option<LoggedIn>> {
        let now: Timestamp = self.clock.now();
        let claims = Claims::starting(now, self.token_ttl, known.user.id, SessionId(self.ids.next()));
        let session =
            Session { id: claims.session, user: claims.user, created_at: now, expires_at: claims.expires_at };
        let mut work = self.store.begin().await?;
        // The password may have changed during verification: a login with the old one must not outlive the change.
        if !work.insert_session(session, known.password).await? {
            return Ok(None);
        }
        let (actor, act) = (Some(known.user.id), Act::of(AuditKind::LoggedIn));
        self.audit.record_from(&mut *work, actor, Some(from), act).await?;
        // Signed before the commit: no session may remain whose token was never delivered.
        let token = AccessToken { text: self.tokens.sign(claims)?, expires_at: claims.expires_at };
        work.commit().await?;
        Ok(Some(LoggedIn { token, user: known.user }))
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;
    use uuid::Uuid;

    use super::*;
    use crate::account::failures::tests::{counting, decision, untouched};
    use crate::account::{MockAccountReader, MockPasswordHasher, MockTokenSigner};
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{
        account, address, at, clock, credentials, expect_record_from, hash, ids, sessionless, trail, user_id,
    };
    use crate::{Error, MockIdSource, StoreError, UserId};

    /// Half a second after a whole one, which a token cannot express.
    const NOW: i64 = 1_500_000;

    fn command() -> LogInCommand {
        let login = LoginName::Username("User-1".to_owned());
        LogInCommand { login, password: PasswordAttempt::new("secret") }
    }

    fn session() -> Session {
        let id = SessionId(Uuid::from_u128(42));
        Session { id, user: user_id(1), created_at: at(NOW), expires_at: at(11_000_000) }
    }

    /// A login that verifies the attempt once, against the account's hash or `None`, with the result `right`. It must not
    /// touch the counter of failures.
    fn log_in(known: Option<Credentials>, right: bool) -> LogIn {
        let stored = known.as_ref().map(|known| known.password.clone());
        let mut accounts = MockAccountReader::new();
        accounts.expect_credentials().with(eq(command().login)).times(1).return_once(|_| Ok(known));
        let mut hasher = MockPasswordHasher::new();
        let verify = hasher.expect_verify().times(1);
        verify
            .with(eq(LimitKey::address(address())), eq(command().password), eq(stored))
            .returning(move |_, _, _| Ok(right));
        LogIn {
            store: Arc::new(MockStore::new()),
            accounts: Arc::new(accounts),
            hasher: Arc::new(hasher),
            tokens: Arc::new(MockTokenSigner::new()),
            clock: clock(NOW),
            ids: Arc::new(MockIdSource::new()),
            failures: untouched(),
            token_ttl: Duration::seconds(10),
            audit: trail(),
        }
    }

    /// A unit of work that inserts the session once; `unchanged` is whether the password is still the same.
    fn inserting_the_session(unchanged: bool) -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        let insert = work.expect_insert_session().with(eq(session()), eq(hash("hash"))).times(1);
        insert.returning(move |_, _| Ok(unchanged));
        if unchanged {
            let (actor, act) = (Some(user_id(1)), Act::of(AuditKind::LoggedIn));
            expect_record_from(&mut work, actor, Some(address()), act);
        }
        work
    }

    /// A unit of work that records a failure of that account, or of none.
    fn recording_a_failure(target: Option<UserId>) -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        let failed = Act { target, ..Act::of(AuditKind::LoginFailed) };
        expect_record_from(&mut work, None, Some(address()), failed);
        work.expect_commit().times(1).returning(|| Ok(()));
        work
    }

    #[tokio::test]
    async fn the_right_password_starts_a_session_and_returns_its_token() {
        let mut work = inserting_the_session(true);
        work.expect_commit().times(1).returning(|| Ok(()));
        let Session { id, user, expires_at, .. } = session();
        let claims = Claims { user, session: id, issued_at: at(1_000_000), expires_at };
        let mut tokens = MockTokenSigner::new();
        tokens.expect_sign().with(eq(claims)).times(1).returning(|_| Ok("signed".to_owned()));
        let log_in = LogIn {
            store: sessionless([work]),
            tokens: Arc::new(tokens),
            ids: ids(42),
            ..log_in(Some(credentials(1)), true)
        };
        let token = AccessToken { text: "signed".to_owned(), expires_at };
        let attempt = log_in.execute(address(), command()).await.unwrap();
        // The counter is not even read: however often others failed, the owner gets in.
        assert_eq!(attempt, Attempt { result: Ok(LoggedIn { token, user: account(1) }), failures: None });
    }

    #[tokio::test]
    async fn no_session_is_committed_when_signing_its_token_fails() {
        let mut tokens = MockTokenSigner::new();
        tokens.expect_sign().times(1).returning(|_| Err(StoreError::Corrupt("no key".to_owned()).into()));
        let log_in = LogIn {
            store: sessionless([inserting_the_session(true)]),
            tokens: Arc::new(tokens),
            ids: ids(42),
            ..log_in(Some(credentials(1)), true)
        };
        let result = log_in.execute(address(), command()).await;
        assert!(matches!(result, Err(Error::Store(StoreError::Corrupt(_)))));
    }

    #[tokio::test]
    async fn an_unknown_name_and_a_wrong_password_are_rejected_and_counted_alike_after_hashing() {
        for (allowed, refusal) in [(true, Refusal::InvalidCredentials), (false, Refusal::TooManyFailures)] {
            let unknown = (None, LimitKey::Account("user-1".to_owned()));
            for (known, account) in [unknown, (Some(credentials(1)), LimitKey::User(user_id(1)))] {
                let failures = counting(account, decision(allowed, 0));
                let target = known.as_ref().map(|known| known.user.id);
                let store = sessionless(allowed.then(|| recording_a_failure(target)));
                let log_in = LogIn { store, failures, ..log_in(known, false) };
                let attempt = log_in.execute(address(), command()).await.unwrap();
                assert_eq!(attempt.result, Err(refusal));
                assert_eq!(attempt.failures, Some(decision(allowed, 0)));
            }
        }
    }

    #[tokio::test]
    async fn an_unknown_name_is_rejected_even_if_verification_succeeds() {
        let failures = counting(LimitKey::Account("user-1".to_owned()), decision(true, 4));
        let store = sessionless([recording_a_failure(None)]);
        let log_in = LogIn { store, failures, ..log_in(None, true) };
        let attempt = log_in.execute(address(), command()).await.unwrap();
        assert_eq!(attempt.result, Err(Refusal::InvalidCredentials));
    }

    #[tokio::test]
    async fn a_password_that_changed_during_verification_and_a_disabled_account_start_no_session() {
        let store = sessionless([inserting_the_session(false), recording_a_failure(Some(user_id(1)))]);
        let failures = counting(LimitKey::User(user_id(1)), decision(true, 4));
        let log_in = LogIn { store, ids: ids(42), failures, ..log_in(Some(credentials(1)), true) };
        let attempt = log_in.execute(address(), command()).await.unwrap();
        assert_eq!(attempt.result, Err(Refusal::InvalidCredentials));
    }

    #[test]
    fn names_and_addresses_are_looked_up_regardless_of_case() {
        assert_eq!(LoginName::Username("Jo_Hn".to_owned()).key(), "jo_hn");
        assert_eq!(LoginName::Email("JÖRG@Example.org".to_owned()).key(), "jörg@example.org");
    }
}
