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

    /// What is made of the command.
    fn made() -> User {
        User { created_at: at(5), ..account(1) }
    }

    fn sign_up(work: MockUnitOfWork) -> SignUp {
        let mut hasher = MockPasswordHasher::new();
        hasher.expect_hash().with(eq(command().password)).times(1).returning(|_| Ok(hash("new hash")));
        SignUp { store: store(work), hasher: Arc::new(hasher), clock: clock(5), ids: ids(1) }
    }

    fn inserting(answer: std::result::Result<(), StoreError>) -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        let new = NewUser { user: made(), password: hash("new hash") };
        work.expect_insert_user().with(eq(new)).times(1).return_once(|_| answer);
        work
    }

    #[tokio::test]
    async fn the_account_is_stored_with_its_hash_and_answered() {
        let mut work = inserting(Ok(()));
        work.expect_commit().times(1).returning(|| Ok(()));
        assert_eq!(sign_up(work).execute(command()).await.unwrap(), made());
    }

    #[tokio::test]
    async fn a_name_that_somebody_has_is_refused() {
        let work = inserting(Err(StoreError::Conflict(Constraint::Username)));
        assert_eq!(refusal(sign_up(work).execute(command()).await), Refusal::UsernameTaken);
    }

    #[tokio::test]
    async fn an_address_that_somebody_has_is_refused() {
        let work = inserting(Err(StoreError::Conflict(Constraint::Email)));
        assert_eq!(refusal(sign_up(work).execute(command()).await), Refusal::EmailTaken);
    }

    #[tokio::test]
    async fn a_store_that_is_away_is_no_refusal() {
        let work = inserting(Err(StoreError::Unavailable("away".to_owned())));
        let error = sign_up(work).execute(command()).await.unwrap_err();
        assert!(matches!(error, Error::Store(StoreError::Unavailable(_))), "{error:?}");
    }
}
