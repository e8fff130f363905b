//! Routes: what a line of a route table says, what its requests pass before their handler, and what is said of it.

mod access;
mod description;
pub(crate) mod downloads;
pub(crate) mod rate_limit;
pub(crate) mod schemas;

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{Resource, Route, guard, web};
use domain::limit::{LimitClass, LimitSet};

pub(crate) use access::{Expiry, Signed};
pub(crate) use description::{Description, JSON, Operation};

/// Who may call an endpoint at all; the rules say the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Those who are signed in.
    SignedIn,
    /// Those who are signed in, to do what checks the session itself where it writes.
    Sender,
    /// Those who are signed in; the token may stand in the query, for browsers' event sources.
    Listener,
    /// Everybody; a token, where one is sent, must be good.
    Anyone,
    /// Everybody; a token is not looked at.
    NewComer,
}

/// One line of the route table.
pub struct Endpoint {
    /// GET also answers HEAD.
    pub method: Method,
    /// With `{names}` for what varies.
    pub path: &'static str,
    /// Who may call.
    pub caller: Caller,
    class: LimitClass,
    route: fn() -> Route,
}

/// A line of a route table.
pub(crate) fn line(method: Method, path: &'static str, caller: Caller, route: fn() -> Route) -> Endpoint {
    let class = match caller {
        Caller::NewComer => LimitClass::Auth,
        _ if method == Method::POST && path.contains("/files") => LimitClass::Upload,
        _ => LimitClass::Api,
    };
    Endpoint { method, path, caller, class, route }
}

/// Adds a table of routes: one resource per path, behind the gate, which counts requests in that limit set.
pub(crate) fn mount(config: &mut web::ServiceConfig, endpoints: Vec<Endpoint>, set: LimitSet) {
    let mut paths: BTreeMap<&'static str, Vec<Endpoint>> = BTreeMap::new();
    for endpoint in endpoints {
        paths.entry(endpoint.path).or_default().push(endpoint);
    }
    for (path, endpoints) in paths {
        let mut resource: Resource = web::resource(path);
        for endpoint in &endpoints {
            let route = (endpoint.route)();
            resource = resource.route(if endpoint.method == Method::GET {
                route.guard(guard::Any(guard::Get()).or(guard::Head()))
            } else {
                route.method(endpoint.method.clone())
            });
        }
        config.service(resource.app_data(access::Policy::of(&endpoints, set)).wrap(from_fn(access::pass)));
    }
}
