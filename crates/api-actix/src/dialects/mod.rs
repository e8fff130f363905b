//! Dialects: the domain in the words of other servers' clients. A dialect is a set of endpoints behind the same checks as the
//! canonical API (method, token, limit), handlers that translate, and one function that writes errors. It has no rules.
//!
//! To add one: a module with `endpoints()`, `error()` and `surface()`, and a line for it in every `match` of [`Dialect`].

mod actions;
mod envelope;
mod ryos;

use actix_web::web;
use domain::limit::LimitSet;

use crate::http::{ErrorShape, UnknownFields};
use crate::routing::{Endpoint, Routes, Surface};
use crate::state::Dialect;
use crate::websocket;

impl Dialect {
    /// The endpoints.
    #[must_use]
    pub fn endpoints(self) -> Vec<Endpoint> {
        match self {
            Self::Ryos => ryos::endpoints(),
            Self::Actions => actions::endpoints(),
            Self::Envelope => envelope::endpoints(),
        }
    }

    pub(crate) fn surface(self) -> Surface {
        match self {
            Self::Ryos => ryos::surface(),
            Self::Actions => actions::surface(),
            Self::Envelope => envelope::surface(),
        }
    }

    /// The path of the OpenAPI description.
    pub(crate) fn document_path(self) -> &'static str {
        match self {
            Self::Ryos => "/dialects/ryos/openapi.json",
            Self::Actions => "/dialects/actions/openapi.json",
            Self::Envelope => "/dialects/envelope/openapi.json",
        }
    }

    pub(crate) fn shape(self) -> ErrorShape {
        match self {
            Self::Ryos => ryos::error,
            Self::Actions => actions::error,
            Self::Envelope => envelope::error,
        }
    }

    fn limit_set(self) -> LimitSet {
        match self {
            Self::Ryos | Self::Actions => LimitSet::API,
            Self::Envelope => domain::compat::envelope::LIMITS,
        }
    }
}

/// Adds the endpoints of every dialect that is on.
pub(crate) fn mount(routes: &mut Routes, enabled: &[Dialect]) {
    for dialect in enabled {
        routes.mount(dialect.endpoints(), dialect.limit_set(), UnknownFields::Ignored);
    }
}

/// Adds the sockets of every dialect that is on.
pub(crate) fn configure(config: &mut web::ServiceConfig, enabled: &[Dialect]) {
    if enabled.contains(&Dialect::Actions) {
        config.service(websocket::chat(actions::CHAT));
    }
}

/// The limits that requests to a path are counted by, below the API and the dialects that are on; `None` elsewhere.
pub(crate) fn limit_set(path: &str, enabled: &[Dialect]) -> Option<LimitSet> {
    if path == "/api" || path.starts_with("/api/") {
        return Some(LimitSet::API);
    }
    let dialect: Dialect = path.strip_prefix("/dialects/")?.split('/').next()?.parse().ok()?;
    enabled.contains(&dialect).then(|| dialect.limit_set())
}

/// The shape of errors at a path: that of a dialect below its base, whatever found the error; `None` is the canonical one.
pub(crate) fn shape(path: &str, enabled: &[Dialect]) -> Option<ErrorShape> {
    let rest = path.strip_prefix("/dialects/")?;
    let dialect = rest.split('/').next()?.parse().ok()?;
    enabled.contains(&dialect).then(|| dialect.shape())
}
