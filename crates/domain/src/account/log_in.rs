//! Logging in: a session begins, and with it a token.

use std::sync::Arc;

use time::Duration;

use super::{
    AccessToken, AccountReader, Claims, PasswordAttempt, PasswordHasher, Session, TokenSigner, User,
};
use crate::store::Store;
use crate::{Clock, IdSource, Refusal, Result, SessionId, Timestamp};

/// How somebody says who they are. Any text will do: one that no account can have is nobody's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LoginName {
    /// By name.
    Username(String),
    /// By address.
    Email(String),
}

impl LoginName {
    /// The form in which names and addresses are looked up and counted, without regard to case.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Username(name) => name.to_ascii_lowercase(),
            Self::Email(address) => address.to_lowercase(),
        }
    }
}

/// A name and what is claimed to be its password.
#[derive(Debug, Clone)]
pub struct LogInCommand {
    /// Who.
    pub login: LoginName,
    /// The claim.
    pub password: PasswordAttempt,
}

/// A fresh session's token, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedIn {
    /// The token.
    pub token: AccessToken,
    /// Its owner.
    pub user: User,
}

/// Begins a session. An unknown name and a wrong password are refused alike, and take alike.
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
    /// Checks the password and begins a session.
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
        // The password may have changed while it was being checked: such a login must not outlive the change.
        if !work.insert_session(session, known.password).await? {
            return Err(Refusal::InvalidCredentials.into());
        }
        // Signed first: a session whose token nobody ever got must not stay behind.
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

    /// Half a second past a whole one, which a token can't say.
    const NOW: i64 = 1_500_000;

    fn command() -> LogInCommand {
        let login = LoginName::Username("User-1".to_owned());
        LogInCommand { login, password: PasswordAttempt::new("secret") }
    }

    fn session() -> Session {
        let id = SessionId(Uuid::from_u128(42));
        Session { id, user: user_id(1), created_at: at(NOW), expires_at: at(11_000_000) }
    }

    /// A login whose hasher is asked once, about that account's hash or about none, and answers `right`.
    fn log_in(known: Option<Credentials>, right: bool) -> LogIn {
        let stored = known.as_ref().map(|known| known.password.clone());
        let mut accounts = MockAccountReader::new();
        accounts.expect_credentials().with(eq(command().login)).times(1).return_once(|_| Ok(known));
        let mut hasher = MockPasswordHasher::new();
        let asked = hasher.expect_verify().with(eq(command().password), eq(stored)).times(1);
        asked.returning(move |_, _| Ok(right));
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

    /// A unit of work that is asked for the session once; `unchanged` says whether the password is the same.
    fn beginning_the_session(unchanged: bool) -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        let asked = work.expect_insert_session().with(eq(session()), eq(hash("hash"))).times(1);
        asked.returning(move |_, _| Ok(unchanged));
        work
    }

    #[tokio::test]
    async fn the_right_password_begins_a_session_and_answers_its_token() {
        let mut work = beginning_the_session(true);
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
    async fn where_no_token_can_be_signed_no_session_is_committed() {
        let mut tokens = MockTokenSigner::new();
        tokens.expect_sign().times(1).returning(|_| Err(StoreError::Corrupt("no key".to_owned()).into()));
        let log_in = LogIn {
            store: store(beginning_the_session(true)),
            tokens: Arc::new(tokens),
            ids: ids(42),
            ..log_in(Some(credentials(1)), true)
        };
        let result = log_in.execute(command()).await;
        assert!(matches!(result, Err(Error::Store(StoreError::Corrupt(_)))));
    }

    #[tokio::test]
    async fn an_unknown_name_and_a_wrong_password_are_refused_alike_after_the_hasher_was_asked() {
        for known in [None, Some(credentials(1))] {
            let result = log_in(known, false).execute(command()).await;
            assert_eq!(refusal(result), Refusal::InvalidCredentials);
        }
    }

    #[tokio::test]
    async fn an_unknown_name_is_refused_whatever_the_hasher_says() {
        let result = log_in(None, true).execute(command()).await;
        assert_eq!(refusal(result), Refusal::InvalidCredentials);
    }

    #[tokio::test]
    async fn a_password_that_changed_while_it_was_checked_begins_no_session() {
        let store = store(beginning_the_session(false));
        let log_in = LogIn { store, ids: ids(42), ..log_in(Some(credentials(1)), true) };
        assert_eq!(refusal(log_in.execute(command()).await), Refusal::InvalidCredentials);
    }

    #[test]
    fn names_and_addresses_are_looked_up_without_regard_to_case() {
        assert_eq!(LoginName::Username("Jo_Hn".to_owned()).key(), "jo_hn");
        assert_eq!(LoginName::Email("JÖRG@Example.org".to_owned()).key(), "jörg@example.org");
    }
}
