//! Showing the caller's own account.

use std::sync::Arc;

use super::{AccountReader, Identity, User};
use crate::{Refusal, Result};

/// Shows callers their own account.
pub struct ShowAccount {
    pub(crate) accounts: Arc<dyn AccountReader>,
}

impl ShowAccount {
    /// Returns the caller's account; [`Refusal::Unauthenticated`] where it no longer exists.
    pub async fn execute(&self, caller: Identity) -> Result<User> {
        Ok(self.accounts.user(caller.user.id).await?.ok_or(Refusal::Unauthenticated)?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::account::MockAccountReader;
    use crate::testing::{account, caller, refusal, user_id};

    fn show(found: Option<User>) -> ShowAccount {
        let mut accounts = MockAccountReader::new();
        accounts.expect_user().with(eq(user_id(1))).times(1).return_once(|_| Ok(found));
        ShowAccount { accounts: Arc::new(accounts) }
    }

    #[tokio::test]
    async fn callers_see_their_own_account() {
        assert_eq!(show(Some(account(1))).execute(caller(1)).await.unwrap(), account(1));
    }

    #[tokio::test]
    async fn a_missing_account_is_unauthenticated() {
        assert_eq!(refusal(show(None).execute(caller(1)).await), Refusal::Unauthenticated);
    }
}
