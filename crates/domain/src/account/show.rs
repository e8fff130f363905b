//! One's own account.

use std::sync::Arc;

use super::{AccountReader, Identity, User};
use crate::{Refusal, Result};

/// Shows callers their own account.
pub struct ShowAccount {
    pub(crate) accounts: Arc<dyn AccountReader>,
}

impl ShowAccount {
    /// The caller's account; one that is gone can't be signed in.
    pub async fn execute(&self, caller: Identity) -> Result<User> {
        Ok(self.accounts.user(caller.user.id).await?.ok_or(Refusal::Unauthenticated)?)
    }
}
