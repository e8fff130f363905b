//! Issuing tickets.

use std::sync::Arc;

use time::Duration;

use super::{Identity, IssuedTicket, SecretSource, Ticket, TicketGrant, TicketHash};
use crate::store::Store;
use crate::{Clock, Result, Timestamp};

/// The lifetime of a ticket.
const LIFETIME: Duration = Duration::seconds(30);

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
        let mut work = self.store.begin_in(caller.session, now).await?;
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
}
