//! Resources that are only read.

use std::borrow::Cow;
use std::future::ready;

use actix_web::guard::{self, Guard};
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, Scope, web};

use super::{ApiError, percent};

/// Paths outside the route tables, and the surface that each belongs to. All answer GET.
pub(crate) const OTHER_ROUTES: &[(&str, &str)] = &[
    ("/", "page"),
    ("/manifest.webmanifest", "page"),
    ("/favicon.svg", "page"),
    ("/assets/{file:.*}", "page"),
    ("/health", "operations"),
    ("/ready", "operations"),
    ("/metrics", "operations"),
    ("/docs", "page"),
    ("/docs/{file:.*}", "page"),
    ("/api/openapi.json", "document"),
    ("/api/openapi-3.0.json", "document"),
    ("/api/asyncapi.json", "document"),
    ("/dialects/ryos/openapi.json", "document"),
    ("/dialects/actions/openapi.json", "document"),
    ("/dialects/envelope/openapi.json", "document"),
    ("/admin", "page"),
    ("/admin/openapi.json", "document"),
    ("/chat", "websocket"),
    ("/dialects/actions/chat", "websocket"),
    ("/socket.io", "socketio"),
    ("/socket.io/", "socketio"),
];

/// The name of a route in metrics and traces: its path, with `{names}` for what varies. Data of its requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RouteName(pub(crate) &'static str);

/// Returns a resource that answers GET and HEAD only.
pub(crate) fn page<F, Args>(path: &'static str, read: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path)
        .app_data(named(path))
        .route(web::route().guard(reading()).to(read))
        .default_service(web::to(other_method))
}

/// Returns resources that answer GET and HEAD only: all below a prefix, as `<prefix>/{file:.*}`. `read` takes the part of the path
/// that follows. For actix-web such a path would be a regular expression, and a megabyte of each idle server its compiler.
pub(crate) fn pages<F>(path: &'static str, read: F) -> Scope
where
    F: Fn(&HttpRequest, &str) -> Result<HttpResponse, ApiError> + Clone + 'static,
{
    let prefix = path.split_once("/{").map_or(path, |(prefix, _)| prefix);
    let answer = move |request: HttpRequest| {
        // Read for other methods too: an unknown path is 404 to each.
        let found = below(&request).and_then(|file| read(&request, &file));
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        ready(found.and_then(|found| if reads { Ok(found) } else { Err(method_not_allowed()) }))
    };
    web::scope(prefix).app_data(named(path)).default_service(web::to(answer))
}

/// Returns the part of a path that follows the prefix of [`pages`].
fn below(request: &HttpRequest) -> Result<Cow<'_, str>, ApiError> {
    let rest = request.match_info().unprocessed();
    percent::decode(rest.strip_prefix('/').unwrap_or(rest)).ok_or_else(ApiError::not_found)
}

fn named(path: &'static str) -> RouteName {
    debug_assert!(OTHER_ROUTES.iter().any(|(known, _)| *known == path), "{path} is missing in OTHER_ROUTES");
    RouteName(path)
}

fn reading() -> impl Guard {
    guard::Any(guard::Get()).or(guard::Head())
}

async fn other_method() -> Result<&'static str, ApiError> {
    Err(method_not_allowed())
}

fn method_not_allowed() -> ApiError {
    ApiError::method_not_allowed("GET, HEAD".to_owned())
}
