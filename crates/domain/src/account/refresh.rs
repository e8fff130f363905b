//! Issuing a new token for the caller's session.

use std::sync::Arc;

use time::Duration;

use super::{AccessToken, Claims, Identity, TokenSigner};
use crate::store::Store;
use crate::{Clock, Refusal, Result};

/// Extends the caller's session and issues a new token; the old token stays valid until it expires.
pub struct RefreshToken {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tokens: Arc<dyn TokenSigner>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) token_ttl: Duration,
}

impl RefreshToken {
    /// Returns the new token; [`Refusal::Unauthenticated`] where the session has ended.
    pub async fn execute(&self, caller: Identity) -> Result<AccessToken> {
        let now = self.clock.now();
        let claims = Claims::starting(now, self.token_ttl, caller.user.id, caller.session);
        let mut work = self.store.begin_in(caller.session, now).await?;
        if !work.extend_session(caller.session, claims.expires_at).await? {
            return Err(Refusal::Unauthenticated.into());
        }
        // Signed before the commit: the session must not be extended for a token that was never delivered.
        let token = AccessToken { text: self.tokens.sign(claims)?, expires_at: claims.expires_at };
        work.commit().await?;
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::account::MockTokenSigner;
    use crate::store::MockUnitOfWork;
    use crate::testing::{at, caller, clock, refusal, store_in, user_id};
    use crate::{Error, StoreError};

    /// A unit of work that extends the session once; `active` is whether it had not ended.
    fn extending(active: bool) -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        let extend = work.expect_extend_session().with(eq(caller(1).session), eq(at(11_000_000))).times(1);
        extend.returning(move |_, _| Ok(active));
        work
    }

    fn refresh(work: MockUnitOfWork, tokens: MockTokenSigner) -> RefreshToken {
        let (store, tokens) = (store_in(1, 1_500_000, work), Arc::new(tokens));
        RefreshToken { store, tokens, clock: clock(1_500_000), token_ttl: Duration::seconds(10) }
    }

    #[tokio::test]
    async fn the_session_expires_with_its_new_token() {
        let mut work = extending(true);
        work.expect_commit().times(1).returning(|| Ok(()));
        let claims = Claims {
            user: user_id(1),
            session: caller(1).session,
            issued_at: at(1_000_000),
            expires_at: at(11_000_000),
        };
        let mut tokens = MockTokenSigner::new();
        tokens.expect_sign().with(eq(claims)).times(1).returning(|_| Ok("signed".to_owned()));
        let token = refresh(work, tokens).execute(caller(1)).await.unwrap();
        assert_eq!(token, AccessToken { text: "signed".to_owned(), expires_at: at(11_000_000) });
    }

    #[tokio::test]
    async fn the_session_is_not_extended_when_signing_fails() {
        let mut tokens = MockTokenSigner::new();
        tokens.expect_sign().times(1).returning(|_| Err(StoreError::Corrupt("no key".to_owned()).into()));
        let result = refresh(extending(true), tokens).execute(caller(1)).await;
        assert!(matches!(result, Err(Error::Store(StoreError::Corrupt(_)))));
    }

    #[tokio::test]
    async fn an_ended_session_gets_no_new_token() {
        let refresh = refresh(extending(false), MockTokenSigner::new());
        assert_eq!(refusal(refresh.execute(caller(1)).await), Refusal::Unauthenticated);
    }
}
