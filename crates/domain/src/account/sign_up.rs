//! Signing up: creating an account.

use std::sync::Arc;

use super::{Email, NewUser, Password, PasswordHasher, User, Username};
use crate::store::Store;
use crate::{Clock, Constraint, Error, IdSource, Refusal, Result, StoreError, UserId};

/// The data of a new account.
#[derive(Debug, Clone)]
pub struct SignUpCommand {
    /// The username.
    pub username: Username,
    /// The owner's email address.
    pub email: Email,
    /// The password.
    pub password: Password,
}

/// Creates accounts.
pub struct SignUp {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
}

impl SignUp {
    /// Returns the new account; [`Refusal::UsernameTaken`] or [`Refusal::EmailTaken`] where another account has the
    /// name or the address, in any case.
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

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::account::MockPasswordHasher;
    use crate::store::MockUnitOfWork;
    use crate::testing::{account, at, clock, hash, ids, refusal, store};

    fn command() -> SignUpCommand {
        let User { username, email, .. } = account(1);
        SignUpCommand { username, email, password: Password::parse("new password").unwrap() }
    }

    /// The account created by the command.
    fn created() -> User {
        User { created_at: at(5), ..account(1) }
    }

    fn sign_up(work: MockUnitOfWork) -> SignUp {
        let mut hasher = MockPasswordHasher::new();
        hasher.expect_hash().with(eq(command().password)).times(1).returning(|_| Ok(hash("new hash")));
        SignUp { store: store(work), hasher: Arc::new(hasher), clock: clock(5), ids: ids(1) }
    }

    fn inserting(outcome: std::result::Result<(), StoreError>) -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        let new = NewUser { user: created(), password: hash("new hash") };
        work.expect_insert_user().with(eq(new)).times(1).return_once(|_| outcome);
        work
    }

    #[tokio::test]
    async fn the_account_is_stored_with_its_hash_and_returned() {
        let mut work = inserting(Ok(()));
        work.expect_commit().times(1).returning(|| Ok(()));
        assert_eq!(sign_up(work).execute(command()).await.unwrap(), created());
    }

    #[tokio::test]
    async fn a_taken_username_is_rejected() {
        let work = inserting(Err(StoreError::Conflict(Constraint::Username)));
        assert_eq!(refusal(sign_up(work).execute(command()).await), Refusal::UsernameTaken);
    }

    #[tokio::test]
    async fn a_taken_email_address_is_rejected() {
        let work = inserting(Err(StoreError::Conflict(Constraint::Email)));
        assert_eq!(refusal(sign_up(work).execute(command()).await), Refusal::EmailTaken);
    }

    #[tokio::test]
    async fn an_unavailable_store_is_not_a_refusal() {
        let work = inserting(Err(StoreError::Unavailable("away".to_owned())));
        let error = sign_up(work).execute(command()).await.unwrap_err();
        assert!(matches!(error, Error::Store(StoreError::Unavailable(_))), "{error:?}");
    }
}
