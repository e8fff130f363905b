//! From a token to the caller.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{AccountReader, Identity, TokenSigner};
use crate::{Clock, Refusal, Result, Timestamp};

/// Establishes who a token belongs to: its signature, its expiry, and that its session goes on.
pub struct Authenticate {
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) tokens: Arc<dyn TokenSigner>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Keys of the usernames that the configuration makes admins of the server.
    pub(crate) server_admins: BTreeSet<String>,
}

impl Authenticate {
    /// Who calls, and until when the token holds.
    pub async fn with_expiry(&self, token: &str) -> Result<(Identity, Timestamp)> {
        let identity = self.execute(token).await?;
        let claims = self.tokens.verify(token, self.clock.now()).ok_or(Refusal::Unauthenticated)?;
        Ok((identity, claims.expires_at))
    }

    /// Refuses where a caller's session has ended since.
    pub async fn still_valid(&self, caller: &Identity) -> Result<()> {
        let known = self.accounts.session(caller.session, self.clock.now()).await?;
        if known.is_some() { Ok(()) } else { Err(Refusal::Unauthenticated.into()) }
    }

    /// Who calls. The session is looked up every time: a logout holds from the next request on.
    pub async fn execute(&self, token: &str) -> Result<Identity> {
        let now = self.clock.now();
        let claims = self.tokens.verify(token, now).ok_or(Refusal::Unauthenticated)?;
        let mut identity =
            self.accounts.session(claims.session, now).await?.ok_or(Refusal::Unauthenticated)?;
        if identity.user.id != claims.user {
            return Err(Refusal::Unauthenticated.into());
        }
        identity.server_admin |= self.server_admins.contains(&identity.user.username.key());
        Ok(identity)
    }
}
