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
    use super::*;
    use crate::MockClock;
    use crate::event::MockEventBus;
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{at, caller};

    #[tokio::test]
    async fn ends_the_session_of_the_token_and_commits() {
        let mut clock = MockClock::new();
        clock.expect_now().return_const(at(5));
        let mut store = MockStore::new();
        store.expect_begin().times(1).returning(|| {
            let mut work = MockUnitOfWork::new();
            work.expect_end_session()
                .withf(|session, moment| *session == caller(1).session && *moment == at(5))
                .times(1)
                .returning(|_, _| Ok(()));
            work.expect_commit().times(1).returning(|| Ok(()));
            Ok(Box::new(work))
        });
        let mut events = MockEventBus::new();
        events
            .expect_publish()
            .withf(|event| *event == Event::Revoked(Revocation::Session(caller(1).session)))
            .times(1)
            .return_const(());
        let log_out = LogOut { store: Arc::new(store), clock: Arc::new(clock), events: Arc::new(events) };
        log_out.execute(caller(1)).await.unwrap();
    }
}
