//! What every request needs.

mod dialect;
mod newest_pages;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::limit::Limits;
use domain::presence::Presence;
use domain::store::Store;
use domain::{Clock, IdSource, UseCases};
use ipnet::IpNet;
use tracing::Instrument;

use crate::http::{ApiError, TRACED};
use crate::live::Hub;

pub use dialect::Dialect;
pub use newest_pages::NewestPages;
pub(crate) use newest_pages::Page;

/// What the surface is told by configuration.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins of browsers that may call, besides the server's own.
    pub cors_origins: Vec<String>,
    /// How many sockets and streams a user may have open at a time.
    pub connections_per_user: usize,
    /// In how many rooms a user's sockets may be at a time, each room once for every socket in it.
    pub subscriptions_per_user: usize,
    /// Which dialects are served.
    pub dialects: Vec<Dialect>,
    /// Whether the program traces.
    pub traced: bool,
}

/// The use cases, and what stands around them.
pub struct AppState {
    /// Knows who listens where.
    pub hub: Arc<Hub>,
    /// What can be asked for.
    pub use_cases: UseCases,
    /// Counts requests against rate limits.
    pub limits: Arc<dyn Limits>,
    /// Knows who is where.
    pub presence: Arc<dyn Presence>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes request ids.
    pub ids: Arc<dyn IdSource>,
    /// Asked whether the database answers.
    pub store: Arc<dyn Store>,
    /// Says what is away that replicas share, if something is: each goes on by itself meanwhile.
    pub away: Box<dyn Fn() -> Option<&'static str> + Send + Sync>,
    /// Pages of history that were answered.
    pub newest_pages: NewestPages,
    /// Renders the metrics for Prometheus.
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
    /// Where writes run to their end.
    pub runtime: tokio::runtime::Handle,
    /// What the configuration says.
    pub settings: Settings,
    /// Set while the server drains: `/ready` says so.
    pub draining: AtomicBool,
}

impl AppState {
    /// Runs a write to its end, whatever the client does meanwhile.
    pub(crate) async fn finish<T: Send + 'static>(
        self: &Arc<Self>,
        write: impl Future<Output = domain::Result<T>> + Send + 'static,
    ) -> Result<T, ApiError> {
        // Its own span, and that of the request, which lines of the log carry.
        let write = write.instrument(tracing::info_span!(target: TRACED, "write")).in_current_span();
        match self.runtime.spawn(write).await {
            Ok(result) => Ok(result?),
            Err(error) => Err(ApiError::internal(format!("a write broke off: {error}"))),
        }
    }

    /// From now on `/ready` tells balancers to send requests elsewhere.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}
