//! Dialects: the domain in the words of other servers' clients. A dialect is a table of routes behind the same gate as the
//! canonical API (method, token, limit), handlers that translate, and one function that words errors. No rule lives here.
//!
//! To add one: a module with `endpoints()`, `error()` and `description()`, and a line for it in every `match` of [`Dialect`].

mod actions;
mod envelope;
mod ryos;

use std::str::FromStr;

use actix_web::http::StatusCode;
use actix_web::web;
use domain::Invalid;
use domain::account::Identity;
use serde_json::Value;

use crate::error::{ApiError, Shape};
use crate::limits::Counters;
use crate::openapi::{self, dialect::Description};
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
        let known = Self::ALL.into_iter().find(|dialect| dialect.name() == text);
        known.ok_or_else(|| Invalid::new("must be ryos, actions or envelope"))
    }
}

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

    /// All there are.
    pub const ALL: [Self; 3] = [Self::Ryos, Self::Actions, Self::Envelope];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ryos => "ryos",
            Self::Actions => "actions",
            Self::Envelope => "envelope",
        }
    }

    fn description(self) -> Description {
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

    /// The OpenAPI description of its routes.
    pub(crate) fn document(self) -> Value {
        openapi::dialect::document(&self.description(), &self.endpoints(), self.shape())
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_described_and_every_description_has_its_route() {
        for dialect in Dialect::ALL {
            let drifted = openapi::dialect::drifted(&dialect.description(), &dialect.endpoints());
            assert_eq!(drifted, Vec::<String>::new());
        }
    }

    /// Every object of a document, with where it stands.
    fn walk(value: &Value, place: &str, look: &mut impl FnMut(&str, &Value)) {
        look(place, value);
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, member)| walk(member, &format!("{place}/{name}"), look));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, place, look)),
            _ => {}
        }
    }

    #[test]
    fn documents_lead_somewhere_name_each_operation_once_and_show_examples() {
        for dialect in Dialect::ALL {
            let document = dialect.document();
            let (mut ids, mut references) = (vec![], 0);
            walk(&document, "", &mut |place, value| {
                if let Some(Value::String(target)) = value.get("$ref") {
                    assert!(document.pointer(target.strip_prefix('#').unwrap()).is_some(), "{target}");
                    references += 1;
                }
                if let Some(Value::String(id)) = value.get("operationId") {
                    ids.push(id.clone());
                }
                if place.ends_with("/content/application~1json")
                    || place.ends_with("/content/application/json")
                {
                    let shown = value.get("example").or_else(|| value.get("examples"));
                    assert!(shown.is_some(), "{place} has no example");
                }
            });
            assert!(references > 0);
            assert_eq!(ids.len(), dialect.endpoints().len());
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        }
    }

    #[test]
    fn an_example_of_an_error_is_what_the_dialect_says_of_it() {
        let document = Dialect::Envelope.document();
        let responses = &document["paths"]["/api/auth/signup"]["post"]["responses"];
        let bad = &responses["400"]["content"]["application/json"]["examples"];
        assert_eq!(bad["EMAIL_TAKEN"]["value"]["message"], "Email already exists");
        assert_eq!(responses.get("409"), None);
    }
}
