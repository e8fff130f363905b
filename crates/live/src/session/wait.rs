//! Requests that wait until anything changes in a user's rooms.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::account::Identity;
use domain::sync::{Cursor, SyncPage};
use domain::{Refusal, Timestamp};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{SessionError, Sessions};
use crate::feed::Receiver;
use crate::metrics::Transport;
use crate::outbox::{EndReason, Outbox};

impl Sessions {
    /// Reads the first `limit` rooms that changed since a cursor. Where nothing has, waits until something does, at most so
    /// long. `Err` also where the session ends meanwhile, or the user has too many connections.
    pub async fn wait_for_changes(
        self: &Arc<Self>,
        identity: Identity,
        expires_at: Timestamp,
        since: Cursor,
        limit: u32,
        wait: Duration,
    ) -> Result<SyncPage, SessionError> {
        let (user, deadline) = (identity.user.clone(), Instant::now() + wait);
        let read = async || self.use_cases.read_sync.execute(user.id, Some(since.clone()), limit).await;
        let page = read().await?;
        if page.has_news || wait.is_zero() {
            return Ok(page);
        }
        let session = self.open(Transport::Sync, identity, expires_at, Outbox::new())?;
        let changed = Arc::new(Notify::new());
        // Detached with the session, even where the caller stops waiting.
        session.subscribed.store(true, Ordering::SeqCst);
        let attached = self.hub.attach(&user, session.connection, Receiver::Wait(changed.clone())).await;
        let attached = attached.map_err(domain::Error::from)?;
        // While nothing else is applied to the feed: it knows from now on whose deletion ends an invitation. What was deleted
        // since these were read shows in the page.
        attached.feed.apply_invitations(&read().await?.invitations);
        drop(attached);
        let mut page = read().await?;
        while !page.has_news {
            tokio::select! {
                () = changed.notified() => page = read().await?,
                () = tokio::time::sleep_until(deadline) => return Ok(read().await?),
                end = session.buffer().wait_for_end() => return match end {
                    EndReason::Shutdown => Ok(read().await?),
                    EndReason::Revoked | EndReason::Slow => Err(unauthenticated()),
                },
                () = session.expired() => return Err(unauthenticated()),
            }
        }
        Ok(page)
    }
}

fn unauthenticated() -> SessionError {
    SessionError::Domain(Refusal::Unauthenticated.into())
}
