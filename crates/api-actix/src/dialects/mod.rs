//! Dialects: the domain in the words of other servers' clients. A dialect is a table of routes behind the same gate as the
//! canonical API (method, token, limit), handlers that translate, and one function that words errors. No rule lives here.
//!
//! To add one: a module with `endpoints()`, `error()` and `description()`, and a line for it in every `match` of [`Dialect`].

mod actions;
mod envelope;
mod ryos;

use actix_web::http::StatusCode;
use actix_web::web;
use domain::account::Identity;
use domain::limit::LimitSet;

use crate::http::{ApiError, Shape};
use crate::routing::{Description, Endpoint, mount};
use crate::state::Dialect;
use crate::websocket;

impl Dialect {
    /// Its route table.
    #[must_use]
    pub fn endpoints(self) -> Vec<Endpoint> {
        match self {
            Self::Ryos => ryos::endpoints(),
            Self::Actions => actions::endpoints(),
            Self::Envelope => envelope::endpoints(),
        }
    }

    pub(crate) fn description(self) -> Description {
        match self {
            Self::Ryos => ryos::description(),
            Self::Actions => actions::description(),
            Self::Envelope => envelope::description(),
        }
    }

    /// Where its OpenAPI description is.
    pub(crate) fn document_path(self) -> &'static str {
        match self {
            Self::Ryos => "/dialects/ryos/openapi.json",
            Self::Actions => "/dialects/actions/openapi.json",
            Self::Envelope => "/dialects/envelope/openapi.json",
        }
    }

    pub(crate) fn shape(self) -> Shape {
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

/// Adds every dialect that is on.
pub(crate) fn configure(config: &mut web::ServiceConfig, enabled: &[Dialect]) {
    for dialect in enabled {
        mount(config, dialect.endpoints(), dialect.limit_set());
    }
    if enabled.contains(&Dialect::Actions) {
        config.service(websocket::chat(actions::CHAT));
    }
}

/// How errors look at a path: those of a dialect as its clients know them, whoever found the error; all others in the
/// canonical shape.
pub(crate) fn shape(path: &str, enabled: &[Dialect]) -> Option<Shape> {
    let rest = path.strip_prefix("/dialects/")?;
    let dialect = rest.split('/').next()?.parse().ok()?;
    enabled.contains(&dialect).then(|| dialect.shape())
}

/// A name that a client sends of itself must be that of its token, without regard to case. One that sends none is known
/// by its token all the same.
fn own_name(field: &str, said: Option<&str>, caller: &Identity) -> Result<(), ApiError> {
    match said {
        Some(said) if !said.trim().eq_ignore_ascii_case(caller.user.username.as_str()) => {
            Err(somebody_else(field))
        }
        _ => Ok(()),
    }
}

/// A name that is not the token owner's.
fn somebody_else(field: &str) -> ApiError {
    let message = format!("{field} must be the name of the token's owner");
    ApiError::new(StatusCode::FORBIDDEN, "NOT_ALLOWED", message)
}

/// All that is wrong, in one sentence for a person: for shapes that have no place for details.
fn sentence(error: &ApiError) -> String {
    let details: Vec<_> =
        error.details().iter().map(|flaw| format!("{} {}", flaw.field, flaw.message)).collect();
    if details.is_empty() { error.message().to_owned() } else { details.join("; ") }
}
