//! The list of all routes.

use crate::http::OTHER_ROUTES;
use crate::state::Dialect;
use crate::{admin, rest};

/// A route, as method, path (with `{names}` for the parts that vary) and surface.
pub type RouteLine = (String, &'static str, &'static str);

/// Returns every route, those of dialects and of administration that are off too.
#[must_use]
pub fn routes() -> Vec<RouteLine> {
    let mut tables = vec![("api", rest::endpoints()), ("admin", admin::endpoints())];
    tables.extend(Dialect::ALL.map(|dialect| (dialect.name(), dialect.endpoints())));
    let mut routes = vec![];
    for (surface, endpoints) in tables {
        routes.extend(endpoints.iter().map(|endpoint| (endpoint.method.to_string(), endpoint.path, surface)));
    }
    routes.extend(OTHER_ROUTES.iter().map(|(path, surface)| ("GET".to_owned(), *path, *surface)));
    routes
}
