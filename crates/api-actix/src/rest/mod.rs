//! The canonical REST API: its route table, one line per endpoint.

pub(crate) mod auth;
pub(crate) mod changes;
pub(crate) mod cursor;
pub(crate) mod download;
pub(crate) mod files;
mod gate;
mod invitations;
mod members;
pub(crate) mod messages;
mod newest;
pub(crate) mod params;
mod rooms;
mod users;
pub(crate) mod views;

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{Resource, Route, guard, web};
use domain::limit::LimitClass;

pub(crate) use gate::{Expiry, Signed};
pub use newest::NewestPages;

use crate::limits::Counters;
use crate::realtime::sse;

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

/// Method, path, who may call, and what answers.
type Line<'a> = (&'a Method, &'static str, Caller, fn() -> Route);

/// Every endpoint of the canonical API.
#[must_use]
pub fn endpoints() -> Vec<Endpoint> {
    use Caller::{Anyone, Listener, NewComer, Sender, SignedIn};
    let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
    let (patch, delete) = (Method::PATCH, Method::DELETE);
    let table: Vec<Line<'_>> = vec![
        (&post, "/api/auth/signup", NewComer, || web::to(auth::sign_up)),
        (&post, "/api/auth/login", NewComer, || web::to(auth::log_in)),
        (&post, "/api/auth/refresh", SignedIn, || web::to(auth::refresh)),
        (&post, "/api/auth/logout", SignedIn, || web::to(auth::log_out)),
        (&get, "/api/users/me", SignedIn, || web::to(users::show)),
        (&patch, "/api/users/me", SignedIn, || web::to(users::change_password)),
        (&get, "/api/invitations", SignedIn, || web::to(invitations::mine)),
        (&get, "/api/rooms", Anyone, || web::to(rooms::list)),
        (&post, "/api/rooms", SignedIn, || web::to(rooms::create)),
        (&get, "/api/rooms/{id}", Anyone, || web::to(rooms::show)),
        (&put, "/api/rooms/{id}", SignedIn, || web::to(rooms::update)),
        (&patch, "/api/rooms/{id}", SignedIn, || web::to(rooms::update)),
        (&delete, "/api/rooms/{id}", SignedIn, || web::to(rooms::delete)),
        (&post, "/api/rooms/{id}/join", SignedIn, || web::to(members::join)),
        (&post, "/api/rooms/{id}/leave", SignedIn, || web::to(members::leave)),
        (&get, "/api/rooms/{id}/members", SignedIn, || web::to(members::list)),
        (&patch, "/api/rooms/{id}/members/{userId}", SignedIn, || web::to(members::change_role)),
        (&delete, "/api/rooms/{id}/members/{userId}", SignedIn, || web::to(members::remove)),
        (&get, "/api/rooms/{id}/invitations", SignedIn, || web::to(invitations::list)),
        (&post, "/api/rooms/{id}/invitations", SignedIn, || web::to(invitations::invite)),
        (&delete, "/api/rooms/{id}/invitations/{userId}", SignedIn, || web::to(invitations::withdraw)),
        (&get, "/api/rooms/{id}/messages", SignedIn, || web::to(messages::history)),
        (&post, "/api/rooms/{id}/messages", Sender, || web::to(messages::send)),
        (&get, "/api/rooms/{id}/messages/{messageId}", SignedIn, || web::to(messages::show)),
        (&patch, "/api/rooms/{id}/messages/{messageId}", SignedIn, || web::to(messages::edit)),
        (&delete, "/api/rooms/{id}/messages/{messageId}", SignedIn, || web::to(messages::delete)),
        (&post, "/api/rooms/{id}/read", SignedIn, || web::to(messages::mark_read)),
        (&get, "/api/rooms/{id}/changes", SignedIn, || web::to(changes::list)),
        (&get, "/api/rooms/{id}/presence", SignedIn, || web::to(changes::presence)),
        (&get, "/api/rooms/{id}/events", Listener, || web::to(sse::events)),
        (&post, "/api/files", SignedIn, || web::to(files::upload)),
        (&get, "/api/files", SignedIn, || web::to(files::list)),
        (&get, "/api/files/{id}", SignedIn, || web::to(download::download)),
        (&delete, "/api/files/{id}", SignedIn, || web::to(files::delete)),
    ];
    table.into_iter().map(|(method, path, caller, route)| line(method.clone(), path, caller, route)).collect()
}

/// Adds every endpoint of the canonical API.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    mount(config, endpoints(), Counters::Shared);
}

/// Adds a table of routes: one resource per path, behind the gate, which counts by those counters.
pub(crate) fn mount(config: &mut web::ServiceConfig, endpoints: Vec<Endpoint>, counters: Counters) {
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
        config.service(resource.app_data(gate::Policy::of(&endpoints, counters)).wrap(from_fn(gate::pass)));
    }
}
