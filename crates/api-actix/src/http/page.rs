//! Resources that are only read.

use actix_web::{FromRequest, Handler, Resource, Responder, guard, web};

use super::ApiError;

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
    debug_assert!(OTHER_ROUTES.iter().any(|(known, _)| *known == path), "{path} is missing in OTHER_ROUTES");
    let other_method = || async { Err::<&str, _>(ApiError::method_not_allowed("GET, HEAD".to_owned())) };
    let reading = guard::Any(guard::Get()).or(guard::Head());
    web::resource(path)
        .app_data(RouteName(path))
        .route(web::route().guard(reading).to(read))
        .default_service(web::to(other_method))
}
