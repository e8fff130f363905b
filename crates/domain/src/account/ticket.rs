//! Tickets: secrets that stand for a session once and for a short time, for URLs, which end up in logs.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use time::Duration;

use super::{Identity, SecretSource};
use crate::store::Store;
use crate::{Clock, Result, SessionId, Timestamp};

/// The lifetime of a ticket.
const LIFETIME: Duration = Duration::seconds(30);

/// The hash of a ticket: the store does not know the tickets themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketHash(pub [u8; 32]);

impl TicketHash {
    /// Returns the hash of a ticket's text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }
}

/// A ticket to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Its hash.
    pub hash: TicketHash,
    /// The session that it stands for.
    pub grant: TicketGrant,
    /// The time at which it lapses.
    pub expires_at: Timestamp,
}

/// The rights that a ticket gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketGrant {
    /// The session that it stands for.
    pub session: SessionId,
    /// The expiry of the token that it was issued for: what it opens ends then.
    pub token_expires_at: Timestamp,
}

/// A ticket as its owner gets it. `Debug` does not print the text, which is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedTicket {
    /// The text that the client sends as `?ticket=`.
    pub text: String,
    /// The time at which it lapses.
    pub expires_at: Timestamp,
}

impl fmt::Debug for IssuedTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedTicket").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Issues tickets for the caller's session.
pub struct IssueTicket {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) secrets: Arc<dyn SecretSource>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl IssueTicket {
    /// Returns a new ticket for the caller, whose token expires at that time.
    pub async fn execute(&self, caller: Identity, token_expires_at: Timestamp) -> Result<IssuedTicket> {
        let text = self.secrets.secret();
        let now = self.clock.now();
        let expires_at = now.plus(LIFETIME);
        let grant = TicketGrant { session: caller.session, token_expires_at };
        let mut work = self.store.begin().await?;
        // The unused ones of the session go now, so that their number stays small.
        work.delete_lapsed_tickets(caller.session, now).await?;
        work.insert_ticket(Ticket { hash: TicketHash::of(&text), grant, expires_at }).await?;
        work.commit().await?;
        Ok(IssuedTicket { text, expires_at })
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::account::MockSecretSource;
    use crate::store::MockUnitOfWork;
    use crate::testing::{at, caller, clock, store};

    #[tokio::test]
    async fn a_ticket_is_stored_as_its_hash_for_thirty_seconds() {
        let mut secrets = MockSecretSource::new();
        secrets.expect_secret().times(1).return_const("secret".to_owned());
        let expires_at = at(30_000_005);
        let grant = TicketGrant { session: caller(1).session, token_expires_at: at(9) };
        let ticket = Ticket { hash: TicketHash::of("secret"), grant, expires_at };
        let mut work = MockUnitOfWork::new();
        let sweep = work.expect_delete_lapsed_tickets().with(eq(caller(1).session), eq(at(5))).times(1);
        sweep.returning(|_, _| Ok(()));
        work.expect_insert_ticket().with(eq(ticket)).times(1).returning(|_| Ok(()));
        work.expect_commit().times(1).returning(|| Ok(()));
        let issue = IssueTicket { store: store(work), secrets: Arc::new(secrets), clock: clock(5) };
        let issued = issue.execute(caller(1), at(9)).await.unwrap();
        assert_eq!(issued, IssuedTicket { text: "secret".to_owned(), expires_at });
        assert!(!format!("{issued:?}").contains("secret"));
    }

    #[test]
    fn the_hash_is_sha_256() {
        let hex: String = TicketHash::of("abc").0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
