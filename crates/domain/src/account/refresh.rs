//! A new token for a session that goes on.

use std::sync::Arc;

use time::Duration;

use super::{AccessToken, Claims, Identity, TokenSigner};
use crate::store::Store;
use crate::{Clock, Refusal, Result};

/// Extends the caller's session and answers a new token for it; the old one holds until it expires.
pub struct RefreshToken {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tokens: Arc<dyn TokenSigner>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) token_ttl: Duration,
}

impl RefreshToken {
    /// Makes the new token; refuses where the session ended meanwhile.
    pub async fn execute(&self, caller: Identity) -> Result<AccessToken> {
        let claims = Claims::starting(self.clock.now(), self.token_ttl, caller.user.id, caller.session);
        let mut work = self.store.begin().await?;
        if !work.extend_session(caller.session, claims.expires_at).await? {
            return Err(Refusal::Unauthenticated.into());
        }
        work.commit().await?;
        Ok(AccessToken { text: self.tokens.sign(claims)?, expires_at: claims.expires_at })
    }
}
