//! Changing one's own password.

use std::sync::Arc;

use super::{AccountReader, Identity, LoginName, Password, PasswordAttempt, PasswordHasher, User};
use crate::event::{Event, EventBus, Revocation};
use crate::store::Store;
use crate::{Clock, Refusal, Result};

/// The old password, as a proof, and the new one.
#[derive(Debug, Clone)]
pub struct ChangePasswordCommand {
    /// What is claimed to be the present password.
    pub current: PasswordAttempt,
    /// The password from now on.
    pub new: Password,
}

/// Changes the caller's password and ends every other session of theirs.
pub struct ChangePassword {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl ChangePassword {
    /// Checks the present password, then changes it; answers the account.
    pub async fn execute(&self, caller: Identity, command: ChangePasswordCommand) -> Result<User> {
        let login = LoginName::Username(caller.user.username.as_str().to_owned());
        let known = self.accounts.credentials(login).await?.ok_or(Refusal::Unauthenticated)?;
        if !self.hasher.verify(command.current, Some(known.password)).await? {
            return Err(Refusal::InvalidCredentials.into());
        }
        let hash = self.hasher.hash(command.new).await?;
        let mut work = self.store.begin().await?;
        work.set_password(caller.user.id, hash).await?;
        work.end_sessions(caller.user.id, Some(caller.session), self.clock.now()).await?;
        work.commit().await?;
        let (user, except) = (caller.user.id, Some(caller.session));
        self.events.publish(Event::Revoked(Revocation::Sessions { user, except }));
        Ok(known.user)
    }
}
