//! From a token to the caller.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Identity, SessionReader, TokenSigner};
use crate::{Clock, Refusal, Result, Timestamp};

/// Establishes who a token belongs to: its signature, its expiry, and that its session goes on.
pub struct Authenticate {
    pub(crate) sessions: Arc<dyn SessionReader>,
    /// As they were a moment ago.
    pub(crate) recent_sessions: Arc<dyn SessionReader>,
    pub(crate) tokens: Arc<dyn TokenSigner>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Keys of the usernames that the configuration makes admins of the server.
    pub(crate) server_admins: BTreeSet<String>,
}

impl Authenticate {
    /// Who calls, and until when the token holds. The store is asked every time: a session that is over writes nothing.
    pub async fn with_expiry(&self, token: &str) -> Result<(Identity, Timestamp)> {
        self.identify(token, &self.sessions).await
    }

    /// The same for who only reads, or does what checks the session itself: a session may be believed that was ended
    /// elsewhere a moment ago.
    pub async fn for_reading(&self, token: &str) -> Result<(Identity, Timestamp)> {
        self.identify(token, &self.recent_sessions).await
    }

    async fn identify(
        &self,
        token: &str,
        sessions: &Arc<dyn SessionReader>,
    ) -> Result<(Identity, Timestamp)> {
        let now = self.clock.now();
        let claims = self.tokens.verify(token, now).ok_or(Refusal::Unauthenticated)?;
        let mut identity = sessions.session(claims.session, now).await?.ok_or(Refusal::Unauthenticated)?;
        if identity.user.id != claims.user {
            return Err(Refusal::Unauthenticated.into());
        }
        identity.server_admin |= self.server_admins.contains(&identity.user.username.key());
        Ok((identity, claims.expires_at))
    }

    /// Refuses where a caller's session has ended since.
    pub async fn still_valid(&self, caller: &Identity) -> Result<()> {
        let known = self.sessions.session(caller.session, self.clock.now()).await?;
        if known.is_some() { Ok(()) } else { Err(Refusal::Unauthenticated.into()) }
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::account::{Claims, MockSessionReader, MockTokenSigner};
    use crate::testing::{at, caller, clock, refusal, user_id};

    fn authenticate(claims: Option<Claims>, sessions: MockSessionReader, admins: &[&str]) -> Authenticate {
        let mut tokens = MockTokenSigner::new();
        let asked = tokens.expect_verify().withf(|token, now| token == "token" && *now == at(5)).times(1);
        asked.return_const(claims);
        Authenticate {
            sessions: Arc::new(sessions),
            recent_sessions: Arc::new(MockSessionReader::new()),
            tokens: Arc::new(tokens),
            clock: clock(5),
            server_admins: admins.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    /// What user 1's token says.
    fn claims() -> Claims {
        Claims { user: user_id(1), session: caller(1).session, issued_at: at(1), expires_at: at(9) }
    }

    fn session_of(identity: Option<Identity>) -> MockSessionReader {
        let mut sessions = MockSessionReader::new();
        let asked = sessions.expect_session().with(eq(caller(1).session), eq(at(5))).times(1);
        asked.return_once(|_, _| Ok(identity));
        sessions
    }

    #[tokio::test]
    async fn the_caller_is_whose_session_the_token_names() {
        let authenticate = authenticate(Some(claims()), session_of(Some(caller(1))), &["user-2"]);
        assert_eq!(authenticate.with_expiry("token").await.unwrap(), (caller(1), at(9)));
    }

    #[tokio::test]
    async fn a_token_that_does_not_verify_is_refused_without_a_look_at_the_store() {
        let authenticate = authenticate(None, MockSessionReader::new(), &[]);
        assert_eq!(refusal(authenticate.with_expiry("token").await), Refusal::Unauthenticated);
    }

    #[tokio::test]
    async fn a_token_whose_session_has_ended_is_refused() {
        let authenticate = authenticate(Some(claims()), session_of(None), &[]);
        assert_eq!(refusal(authenticate.with_expiry("token").await), Refusal::Unauthenticated);
    }

    #[tokio::test]
    async fn a_token_that_names_somebody_elses_session_is_refused() {
        let stranger = Identity { user: caller(2).user, ..caller(1) };
        let authenticate = authenticate(Some(claims()), session_of(Some(stranger)), &[]);
        assert_eq!(refusal(authenticate.with_expiry("token").await), Refusal::Unauthenticated);
    }

    #[tokio::test]
    async fn whom_the_configuration_names_in_any_case_is_a_server_admin() {
        let mut shouted = caller(1);
        shouted.user.username = crate::account::Username::parse("USER-1").unwrap();
        let authenticate = authenticate(Some(claims()), session_of(Some(shouted)), &["user-1"]);
        assert!(authenticate.with_expiry("token").await.unwrap().0.server_admin);
    }

    #[tokio::test]
    async fn whom_the_store_calls_a_server_admin_stays_one_without_configuration() {
        let promoted = Identity { server_admin: true, ..caller(1) };
        let authenticate = authenticate(Some(claims()), session_of(Some(promoted)), &[]);
        assert!(authenticate.with_expiry("token").await.unwrap().0.server_admin);
    }

    #[tokio::test]
    async fn for_reading_a_session_may_be_remembered() {
        let mut authenticate = authenticate(Some(claims()), MockSessionReader::new(), &[]);
        authenticate.recent_sessions = Arc::new(session_of(Some(caller(1))));
        assert_eq!(authenticate.for_reading("token").await.unwrap(), (caller(1), at(9)));
    }
}
