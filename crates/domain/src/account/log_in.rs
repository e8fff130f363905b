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
        work.commit().await?;
        let token = AccessToken { text: self.tokens.sign(claims)?, expires_at: claims.expires_at };
        Ok(LoggedIn { token, user: known.user })
    }
}
