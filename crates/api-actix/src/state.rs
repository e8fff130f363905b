//! The state that every request shares.

mod dialect;
mod newest_pages;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::RequestHead;
use domain::account::Directory;
use domain::limit::Limits;
use domain::presence::Presence;
use domain::store::Store;
use domain::{Clock, IdSource, UseCases};
use ipnet::IpNet;
use live::{Sessions, Write};

use crate::http::ApiError;
pub use crate::http::address::ForwardedHeader;
use crate::http::address::client_address;
use crate::http::named_origin::named_origin;

pub use crate::http::unauthenticated::Unauthenticated;

pub use dialect::Dialect;
pub use newest_pages::NewestPages;
pub(crate) use newest_pages::Page;

/// The settings of the HTTP surface.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Proxies whose forwarding headers are trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which they name the client.
    pub forwarded_header: ForwardedHeader,
    /// Origins of browser pages that may call, besides the server's own.
    pub cors_origins: Vec<String>,
    /// The dialects that are served.
    pub dialects: Vec<Dialect>,
    /// True if administration is served.
    pub admin: bool,
    /// The people whom callers can find.
    pub directory: Directory,
    /// True if the program exports traces.
    pub traced: bool,
    /// The longest time of an upload.
    pub upload_timeout: Duration,
}

impl Settings {
    /// Returns the address of a request's client.
    pub(crate) fn client_address(&self, request: &HttpRequest) -> IpAddr {
        self.client_of(request.head())
    }

    /// The same by the head of the request.
    pub(crate) fn client_of(&self, head: &RequestHead) -> IpAddr {
        client_address(head, &self.trusted_proxies, self.forwarded_header)
    }

    /// Returns the origin at which a request's client reached the server, if the request named one.
    pub(crate) fn named_origin(&self, request: &HttpRequest) -> Option<String> {
        named_origin(request, &self.trusted_proxies, self.forwarded_header)
    }
}

/// The use cases, and what surrounds them.
pub struct AppState {
    /// Sessions of live connections.
    pub sessions: Arc<Sessions>,
    /// The use cases.
    pub use_cases: Arc<UseCases>,
    /// Counts requests against rate limits.
    pub limits: Arc<dyn Limits>,
    /// The users who are present in rooms.
    pub presence: Arc<dyn Presence>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of request ids.
    pub ids: Arc<dyn IdSource>,
    /// The store, which `/ready` pings.
    pub store: Arc<dyn Store>,
    /// Returns the name of a shared service that is away, if one is: each replica goes on by itself meanwhile.
    pub away: Box<dyn Fn() -> Option<&'static str> + Send + Sync>,
    /// The cache of newest pages of history.
    pub newest_pages: NewestPages,
    /// Renders the metrics for Prometheus.
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
    /// Counts the sockets of each address that have not authenticated yet.
    pub unauthenticated: Unauthenticated,
    /// The settings.
    pub settings: Settings,
    /// Set while the server drains: `/ready` reports it.
    pub draining: AtomicBool,
}

impl AppState {
    /// Returns the address of a request's client.
    pub(crate) fn client_address(&self, request: &HttpRequest) -> IpAddr {
        self.settings.client_address(request)
    }

    /// Runs a write to its end, even if the client goes away meanwhile.
    pub(crate) async fn finish<T: Send + 'static>(&self, write: impl Write<T>) -> Result<T, ApiError> {
        Ok(self.sessions.finish(write).await?)
    }

    /// Runs a write of use cases to its end, even if the client goes away meanwhile.
    pub(crate) async fn write<T: Send + 'static, W: Write<T>>(
        self: &Arc<Self>,
        write: impl FnOnce(Arc<Self>) -> W,
    ) -> Result<T, ApiError> {
        self.finish(write(self.clone())).await
    }

    /// The same on this thread, for a write that does little but wait for a commit that many share.
    pub(crate) async fn write_here<T: Send + 'static, W: Write<T>>(
        self: &Arc<Self>,
        write: impl FnOnce(Arc<Self>) -> W,
    ) -> Result<T, ApiError> {
        Ok(self.sessions.finish_here(write(self.clone())).await?)
    }

    /// Makes `/ready` report from now on that the server drains.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}
