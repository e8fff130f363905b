//! Logging in: starting a session and issuing its token.

use std::sync::Arc;

use time::Duration;

use super::{
    AccessToken, AccountReader, Claims, LoginName, PasswordAttempt, PasswordHasher, Session, TokenSigner,
    User,
};
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

/// Starts a session. An unknown name and a wrong password are rejected with the same error after the same time.
pub struct LogIn {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) tokens: Arc<dyn TokenSigner>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) token_ttl: Duration,
}

impl LogIn {
    /// Verifies the password and starts a session; [`Refusal::InvalidCredentials`] where it is wrong.
    pub async fn execute(&self, command: LogInCommand) -> Result<LoggedIn> {
        let credentials = self.accounts.credentials(command.login).await?;
        let hash = credentials.as_ref().map(|known| known.password.clone());
        let right = self.hasher.verify(command.password, hash).await?;
        let Some(known) = credentials.filter(|_| right) else {
            return Err(Refusal::InvalidCredentials.into());
        };

        let now: Timestamp = self.clock.now();
        let claims = Claims::starting(now, self.token_ttl, known.user.id, SessionId(self.ids.next()));
        let session =
            Session { id: claims.session, user: claims.user, created_at: now, expires_at: claims.expires_at };
        let mut work = self.store.begin().await?;
        // The password may have changed during verification: a login with the old one must not outlive the change.
        if !work.insert_session(session, known.password).await? {
            return Err(Refusal::InvalidCredentials.into());
        }
        // Signed before the commit: no session may remain whose token was never delivered.
        let token = AccessToken { text: self.tokens.sign(claims)?, expires_at: claims.expires_at };
        work.commit().await?;
        Ok(LoggedIn { token, user: known.user })
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;
    use uuid::Uuid;

    use super::*;
    use crate::account::{Credentials, MockAccountReader, MockPasswordHasher, MockTokenSigner};
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{account, at, clock, credentials, hash, ids, refusal, store, user_id};
    use crate::{Error, MockIdSource, StoreError};

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

    /// A login that verifies the attempt once, against the account's hash or `None`, with the result `right`.
    fn log_in(known: Option<Credentials>, right: bool) -> LogIn {
        let stored = known.as_ref().map(|known| known.password.clone());
        let mut accounts = MockAccountReader::new();
        accounts.expect_credentials().with(eq(command().login)).times(1).return_once(|_| Ok(known));
        let mut hasher = MockPasswordHasher::new();
        let verify = hasher.expect_verify().with(eq(command().password), eq(stored)).times(1);
        verify.returning(move |_, _| Ok(right));
        LogIn {
            store: Arc::new(MockStore::new()),
            accounts: Arc::new(accounts),
            hasher: Arc::new(hasher),
            tokens: Arc::new(MockTokenSigner::new()),
            clock: clock(NOW),
            ids: Arc::new(MockIdSource::new()),
            token_ttl: Duration::seconds(10),
        }
    }

    /// A unit of work that inserts the session once; `unchanged` is whether the password is still the same.
    fn inserting_the_session(unchanged: bool) -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        let insert = work.expect_insert_session().with(eq(session()), eq(hash("hash"))).times(1);
        insert.returning(move |_, _| Ok(unchanged));
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
            store: store(work),
            tokens: Arc::new(tokens),
            ids: ids(42),
            ..log_in(Some(credentials(1)), true)
        };
        let token = AccessToken { text: "signed".to_owned(), expires_at };
        assert_eq!(log_in.execute(command()).await.unwrap(), LoggedIn { token, user: account(1) });
    }

    #[tokio::test]
    async fn no_session_is_committed_when_signing_its_token_fails() {
        let mut tokens = MockTokenSigner::new();
        tokens.expect_sign().times(1).returning(|_| Err(StoreError::Corrupt("no key".to_owned()).into()));
        let log_in = LogIn {
            store: store(inserting_the_session(true)),
            tokens: Arc::new(tokens),
            ids: ids(42),
            ..log_in(Some(credentials(1)), true)
        };
        let result = log_in.execute(command()).await;
        assert!(matches!(result, Err(Error::Store(StoreError::Corrupt(_)))));
    }

    #[tokio::test]
    async fn an_unknown_name_and_a_wrong_password_are_rejected_alike_after_hashing() {
        for known in [None, Some(credentials(1))] {
            let result = log_in(known, false).execute(command()).await;
            assert_eq!(refusal(result), Refusal::InvalidCredentials);
        }
    }

    #[tokio::test]
    async fn an_unknown_name_is_rejected_even_if_verification_succeeds() {
        let result = log_in(None, true).execute(command()).await;
        assert_eq!(refusal(result), Refusal::InvalidCredentials);
    }

    #[tokio::test]
    async fn a_password_that_changed_during_verification_starts_no_session() {
        let store = store(inserting_the_session(false));
        let log_in = LogIn { store, ids: ids(42), ..log_in(Some(credentials(1)), true) };
        assert_eq!(refusal(log_in.execute(command()).await), Refusal::InvalidCredentials);
    }

    #[test]
    fn names_and_addresses_are_looked_up_regardless_of_case() {
        assert_eq!(LoginName::Username("Jo_Hn".to_owned()).key(), "jo_hn");
        assert_eq!(LoginName::Email("JÖRG@Example.org".to_owned()).key(), "jörg@example.org");
    }
}
