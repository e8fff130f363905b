//! Making an account.

use std::sync::Arc;

use super::{Email, NewUser, Password, PasswordHasher, User, Username};
use crate::store::Store;
use crate::{Clock, Constraint, Error, IdSource, Refusal, Result, StoreError, UserId};

/// What a new account is made of.
#[derive(Debug, Clone)]
pub struct SignUpCommand {
    /// The wanted name.
    pub username: Username,
    /// The owner's address.
    pub email: Email,
    /// The new password.
    pub password: Password,
}

/// Makes an account; refuses a name or address that somebody has.
pub struct SignUp {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
}

impl SignUp {
    /// Makes the account and answers it.
    pub async fn execute(&self, command: SignUpCommand) -> Result<User> {
        // Hashed before the unit of work begins: a writer must not wait for Argon2.
        let password = self.hasher.hash(command.password).await?;
        let user = User {
            id: UserId(self.ids.next()),
            username: command.username,
            email: command.email,
            created_at: self.clock.now(),
        };
        let mut work = self.store.begin().await?;
        work.insert_user(NewUser { user: user.clone(), password }).await.map_err(taken)?;
        work.commit().await?;
        Ok(user)
    }
}

fn taken(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(Constraint::Username) => Refusal::UsernameTaken.into(),
        StoreError::Conflict(Constraint::Email) => Refusal::EmailTaken.into(),
        other => other.into(),
    }
}
