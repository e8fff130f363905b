//! Authenticating a caller by token.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use super::{Identity, SessionReader, TicketHash, TokenSigner};
use crate::store::Store;
use crate::{Clock, Refusal, Result, SessionId, Timestamp};

/// Authenticates a caller by their token (its signature, its expiry, and a session that has not ended) or by a ticket.
pub struct Authenticate {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) sessions: Arc<dyn SessionReader>,
    /// Cached for a short time.
    pub(crate) recent_sessions: Arc<dyn SessionReader>,
    pub(crate) tokens: Arc<dyn TokenSigner>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The [keys](crate::account::Username::key) of the usernames that the configuration makes server admins.
    pub(crate) server_admins: BTreeSet<String>,
}

impl Authenticate {
    /// Returns the caller, whose client has the address `from`, and the expiry of their token. Reads the session from the
    /// store on every call, so that an ended session cannot write.
    pub async fn with_expiry(&self, token: &str, from: IpAddr) -> Result<(Identity, Timestamp)> {
        self.identify(token, from, &self.sessions).await
    }

    /// Returns the same for callers that only read, or whose write checks the session itself. The session may be
    /// cached: one that ended elsewhere a moment ago may still pass.
    pub async fn for_reading(&self, token: &str, from: IpAddr) -> Result<(Identity, Timestamp)> {
        self.identify(token, from, &self.recent_sessions).await
    }

    async fn identify(
        &self,
        token: &str,
        from: IpAddr,
        sessions: &Arc<dyn SessionReader>,
    ) -> Result<(Identity, Timestamp)> {
        let now = self.clock.now();
        let claims = self.tokens.verify(token, now).ok_or(Refusal::Unauthenticated)?;
        let identity = self.owner(sessions, claims.session, from, now).await?;
        if identity.user.id != claims.user {
            return Err(Refusal::Unauthenticated.into());
        }
        Ok((identity, claims.expires_at))
    }

    /// Uses a ticket up. Returns its owner and the expiry of the token that it was issued for.
    pub async fn with_ticket(&self, ticket: &str, from: IpAddr) -> Result<(Identity, Timestamp)> {
        self.by_ticket(ticket, from, true).await
    }

    /// Does the same, and leaves the ticket as good as it was.
    pub async fn with_kept_ticket(&self, ticket: &str, from: IpAddr) -> Result<(Identity, Timestamp)> {
        self.by_ticket(ticket, from, false).await
    }

    async fn by_ticket(&self, ticket: &str, from: IpAddr, use_up: bool) -> Result<(Identity, Timestamp)> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let taken = work.take_ticket(TicketHash::of(ticket), now).await?;
        // Without a commit it is rolled back.
        if use_up {
            work.commit().await?;
        }
        let grant = taken.filter(|grant| grant.token_expires_at > now).ok_or(Refusal::Unauthenticated)?;
        Ok((self.owner(&self.sessions, grant.session, from, now).await?, grant.token_expires_at))
    }

    async fn owner(
        &self,
        sessions: &Arc<dyn SessionReader>,
        session: SessionId,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<Identity> {
        let mut identity = sessions.session(session, now).await?.ok_or(Refusal::Unauthenticated)?;
        identity.address = Some(from);
        // Most configurations name none.
        identity.server_admin |=
            !self.server_admins.is_empty() && self.server_admins.contains(&identity.user.username.key());
        Ok(identity)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::account::{Claims, MockSessionReader, MockTokenSigner, TicketGrant};
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{address_of, at, caller, clock, refusal, sessionless, user_id};

    fn authenticate(claims: Option<Claims>, sessions: MockSessionReader, admins: &[&str]) -> Authenticate {
        let mut tokens = MockTokenSigner::new();
        let verify = tokens.expect_verify().withf(|token, now| token == "token" && *now == at(5)).times(1);
        verify.return_const(claims);
        Authenticate {
            store: Arc::new(MockStore::new()),
            sessions: Arc::new(sessions),
            recent_sessions: Arc::new(MockSessionReader::new()),
            tokens: Arc::new(tokens),
            clock: clock(5),
            server_admins: admins.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    /// The claims of user 1's token.
    fn claims() -> Claims {
        Claims { user: user_id(1), session: caller(1).session, issued_at: at(1), expires_at: at(9) }
    }

    fn session_of(identity: Option<Identity>) -> MockSessionReader {
        let mut sessions = MockSessionReader::new();
        let read = sessions.expect_session().with(eq(caller(1).session), eq(at(5))).times(1);
        read.return_once(|_, _| Ok(identity));
        sessions
    }

    #[tokio::test]
    async fn a_valid_token_authenticates_the_owner_of_its_session() {
        let stored = Identity { address: None, ..caller(1) };
        let authenticate = authenticate(Some(claims()), session_of(Some(stored)), &["user-2"]);
        assert_eq!(authenticate.with_expiry("token", address_of(1)).await.unwrap(), (caller(1), at(9)));
    }

    #[tokio::test]
    async fn a_token_that_does_not_verify_is_rejected_before_the_store_is_read() {
        let authenticate = authenticate(None, MockSessionReader::new(), &[]);
        assert_eq!(refusal(authenticate.with_expiry("token", address_of(1)).await), Refusal::Unauthenticated);
    }

    #[tokio::test]
    async fn a_token_of_an_ended_session_is_rejected() {
        let authenticate = authenticate(Some(claims()), session_of(None), &[]);
        assert_eq!(refusal(authenticate.with_expiry("token", address_of(1)).await), Refusal::Unauthenticated);
    }

    #[tokio::test]
    async fn a_token_that_names_another_users_session_is_rejected() {
        let other = Identity { user: caller(2).user, ..caller(1) };
        let authenticate = authenticate(Some(claims()), session_of(Some(other)), &[]);
        assert_eq!(refusal(authenticate.with_expiry("token", address_of(1)).await), Refusal::Unauthenticated);
    }

    #[tokio::test]
    async fn a_username_in_the_configuration_is_a_server_admin_regardless_of_case() {
        let mut upper_case = caller(1);
        upper_case.user.username = crate::account::Username::parse("USER-1").unwrap();
        let authenticate = authenticate(Some(claims()), session_of(Some(upper_case)), &["user-1"]);
        assert!(authenticate.with_expiry("token", address_of(1)).await.unwrap().0.server_admin);
    }

    #[tokio::test]
    async fn a_server_admin_in_the_store_needs_no_configuration() {
        let promoted = Identity { server_admin: true, ..caller(1) };
        let authenticate = authenticate(Some(claims()), session_of(Some(promoted)), &[]);
        assert!(authenticate.with_expiry("token", address_of(1)).await.unwrap().0.server_admin);
    }

    #[tokio::test]
    async fn for_reading_uses_the_cached_session() {
        let mut authenticate = authenticate(Some(claims()), MockSessionReader::new(), &[]);
        authenticate.recent_sessions = Arc::new(session_of(Some(caller(1))));
        assert_eq!(authenticate.for_reading("token", address_of(1)).await.unwrap(), (caller(1), at(9)));
    }

    /// An authentication by a ticket that grants that, in a session whose owner is `identity`.
    fn by_ticket(grant: Option<TicketGrant>, sessions: MockSessionReader) -> Authenticate {
        by_ticket_committed(1, grant, sessions)
    }

    fn by_ticket_committed(
        commits: usize,
        grant: Option<TicketGrant>,
        sessions: MockSessionReader,
    ) -> Authenticate {
        let mut work = MockUnitOfWork::new();
        let take = work.expect_take_ticket().with(eq(TicketHash::of("ticket")), eq(at(5))).times(1);
        take.returning(move |_, _| Ok(grant));
        work.expect_commit().times(commits).returning(|| Ok(()));
        Authenticate {
            store: sessionless([work]),
            sessions: Arc::new(sessions),
            recent_sessions: Arc::new(MockSessionReader::new()),
            tokens: Arc::new(MockTokenSigner::new()),
            clock: clock(5),
            server_admins: BTreeSet::from(["user-1".to_owned()]),
        }
    }

    fn grant(token_expires_at: i64) -> TicketGrant {
        TicketGrant { session: caller(1).session, token_expires_at: at(token_expires_at) }
    }

    #[tokio::test]
    async fn a_ticket_authenticates_the_owner_of_its_session_for_as_long_as_their_token() {
        let authenticate = by_ticket(Some(grant(9)), session_of(Some(caller(1))));
        let admin = Identity { server_admin: true, ..caller(1) };
        assert_eq!(authenticate.with_ticket("ticket", address_of(1)).await.unwrap(), (admin, at(9)));
    }

    #[tokio::test]
    async fn a_ticket_can_be_left_good() {
        let authenticate = by_ticket_committed(0, Some(grant(9)), session_of(Some(caller(1))));
        let (identity, _) = authenticate.with_kept_ticket("ticket", address_of(1)).await.unwrap();
        assert_eq!(identity.user, caller(1).user);
    }

    #[tokio::test]
    async fn a_ticket_that_is_used_of_an_expired_token_or_of_an_ended_session_is_rejected() {
        let cases = [
            (None, MockSessionReader::new()),
            (Some(grant(5)), MockSessionReader::new()),
            (Some(grant(9)), session_of(None)),
        ];
        for (grant, sessions) in cases {
            let authenticate = by_ticket(grant, sessions);
            assert_eq!(
                refusal(authenticate.with_ticket("ticket", address_of(1)).await),
                Refusal::Unauthenticated
            );
        }
    }
}
