//! Dialects: the domain in the words of other servers' clients. A dialect is a table of routes behind the same gate as the
//! canonical API (method, token, limit), handlers that translate, and one function that words errors. No rule lives here.
//!
//! To add one: a module with `endpoints()` and `error()`, and a line for it in every `match` of [`Dialect`].

mod actions;
mod envelope;
mod ryos;

use std::str::FromStr;

use actix_web::http::StatusCode;
use actix_web::web;
use domain::Invalid;
use domain::account::Identity;

use crate::error::{ApiError, Shape};
use crate::limits::Counters;
use crate::rest::{self, Endpoint};

/// Whose words are spoken below `/dialects/<name>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Rooms with presence by username.
    Ryos,
    /// `{"action": …}` over a WebSocket, with a few calls beside it.
    Actions,
    /// Everything in `{"success", "message", "data"}`.
    Envelope,
}

impl FromStr for Dialect {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "ryos" => Ok(Self::Ryos),
            "actions" => Ok(Self::Actions),
            "envelope" => Ok(Self::Envelope),
            _ => Err(Invalid::new("must be ryos, actions or envelope")),
        }
    }
}

impl Dialect {
    fn endpoints(self) -> Vec<Endpoint> {
        match self {
            Self::Ryos => ryos::endpoints(),
            Self::Actions => actions::endpoints(),
            Self::Envelope => envelope::endpoints(),
        }
    }

    fn shape(self) -> Shape {
        match self {
            Self::Ryos => ryos::error,
            Self::Actions => actions::error,
            Self::Envelope => envelope::error,
        }
    }

    fn counters(self) -> Counters {
        match self {
            Self::Ryos | Self::Actions => Counters::Shared,
            Self::Envelope => Counters::Envelope,
        }
    }
}

/// Adds every dialect that is on.
pub(crate) fn configure(config: &mut web::ServiceConfig, enabled: &[Dialect]) {
    for dialect in enabled {
        rest::mount(config, dialect.endpoints(), dialect.counters());
    }
    if enabled.contains(&Dialect::Actions) {
        config.service(crate::realtime::chat(actions::CHAT));
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
            let message = format!("{field} must be the name of the token's owner");
            Err(ApiError::new(StatusCode::FORBIDDEN, "NOT_ALLOWED", message))
        }
        _ => Ok(()),
    }
}

/// All that is wrong, in one sentence for a person: for shapes that have no place for details.
fn sentence(error: &ApiError) -> String {
    let details: Vec<_> =
        error.details().iter().map(|flaw| format!("{} {}", flaw.field, flaw.message)).collect();
    if details.is_empty() { error.message().to_owned() } else { details.join("; ") }
}
