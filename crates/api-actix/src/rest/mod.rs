//! The canonical REST API: its route table, one line per endpoint.

pub(crate) mod auth;
mod changes;
pub(crate) mod download;
pub(crate) mod files;
mod invitations;
mod members;
mod messages;
mod newest;
mod rooms;
mod users;

use actix_web::http::Method;
use actix_web::{Route, web};
use domain::limit::LimitSet;

use crate::routing::{Caller, Endpoint, line, mount};
use crate::sse;

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
    mount(config, endpoints(), LimitSet::API);
}
