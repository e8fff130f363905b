//! Ending a session.

use std::sync::Arc;

use super::Identity;
use crate::event::{Event, EventBus, Revocation};
use crate::store::Store;
use crate::{Clock, Result};

/// Ends the caller's session: its tokens are refused from then on.
pub struct LogOut {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl LogOut {
    /// Ends the session; one that has ended already stays so.
    pub async fn execute(&self, caller: Identity) -> Result<()> {
        let mut work = self.store.begin().await?;
        work.end_session(caller.session, self.clock.now()).await?;
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
    use crate::testing::{at, caller, clock, committing, store};

    #[tokio::test]
    async fn ends_the_session_of_the_token_and_tells_of_it_once_that_holds() {
        let session = caller(1).session;
        let mut work = MockUnitOfWork::new();
        work.expect_end_session().with(eq(session), eq(at(5))).times(1).returning(|_, _| Ok(()));
        let events = committing(&mut work, Event::Revoked(Revocation::Session(session)));
        let log_out = LogOut { store: store(work), clock: clock(5), events: Arc::new(events) };
        log_out.execute(caller(1)).await.unwrap();
    }
}
