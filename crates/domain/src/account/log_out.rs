//! Ending a session.

use std::sync::Arc;

use super::Identity;
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::event::{Event, EventBus, Revocation};
use crate::store::Store;
use crate::{Clock, Result};

/// Ends the caller's session: its tokens are rejected from then on.
pub struct LogOut {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) audit: AuditTrail,
}

impl LogOut {
    /// Ends the session and publishes that.
    pub async fn execute(&self, caller: Identity) -> Result<()> {
        let now = self.clock.now();
        let mut work = self.store.begin_in(caller.session, now).await?;
        work.end_session(caller.session, now).await?;
        self.audit.record(&mut *work, &caller, Act::of(AuditKind::LoggedOut)).await?;
        work.commit().await?;
        self.events.publish(Event::Revoked(Revocation::Session(caller.session)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::store::MockUnitOfWork;
    use crate::testing::{at, caller, clock, committing, expect_record, store, trail};

    #[tokio::test]
    async fn the_session_ends_and_its_revocation_is_published_after_the_commit() {
        let session = caller(1).session;
        let mut work = MockUnitOfWork::new();
        work.expect_end_session().with(eq(session), eq(at(5))).times(1).returning(|_, _| Ok(()));
        expect_record(&mut work, Act::of(AuditKind::LoggedOut));
        let events = committing(&mut work, Event::Revoked(Revocation::Session(session)));
        let log_out =
            LogOut { store: store(work), clock: clock(5), events: Arc::new(events), audit: trail() };
        log_out.execute(caller(1)).await.unwrap();
    }
}
