//! Ending a session.

use std::sync::Arc;

use super::Identity;
use crate::store::Store;
use crate::{Clock, Result};

/// Ends the caller's session: its tokens are refused from then on.
pub struct LogOut {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl LogOut {
    /// Ends the session; one that has ended already stays so.
    pub async fn execute(&self, caller: Identity) -> Result<()> {
        let mut work = self.store.begin().await?;
        work.end_session(caller.session, self.clock.now()).await?;
        Ok(work.commit().await?)
    }
}
