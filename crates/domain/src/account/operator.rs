//! What an operator does to accounts from the command line, without a token.

use std::sync::Arc;

use super::{AccountReader, LoginName, Password, PasswordHasher, Username};
use crate::store::Store;
use crate::{Clock, Refusal, Result, UserId};

/// Promotes accounts and resets their passwords.
pub struct Operator {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Operator {
    /// Makes the user an admin of the whole server, or no longer one. (Names in the configuration are admins
    /// besides.)
    pub async fn set_server_admin(&self, username: Username, admin: bool) -> Result<()> {
        let user = self.find(username).await?;
        let mut work = self.store.begin().await?;
        work.set_server_admin(user, admin).await?;
        Ok(work.commit().await?)
    }

    /// Gives the user a new password and ends all their sessions.
    pub async fn reset_password(&self, username: Username, password: Password) -> Result<()> {
        let user = self.find(username).await?;
        let hash = self.hasher.hash(password).await?;
        let mut work = self.store.begin().await?;
        work.set_password(user, hash).await?;
        work.end_sessions(user, None, self.clock.now()).await?;
        Ok(work.commit().await?)
    }

    async fn find(&self, username: Username) -> Result<UserId> {
        let login = LoginName::Username(username.into_string());
        let known = self.accounts.credentials(login).await?.ok_or(Refusal::UserNotFound)?;
        Ok(known.user.id)
    }
}
