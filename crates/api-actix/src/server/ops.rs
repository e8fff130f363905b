//! `/health`, `/ready` and `/metrics`, for operators and orchestrators.

use std::sync::atomic::Ordering;

use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{HttpResponse, web};

use crate::http::page;
use crate::state::AppState;

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.service(page("/health", health)).service(page("/ready", ready)).service(page("/metrics", metrics));
}

/// Answers that the process runs. Does not ask the database: a restart of this program would not repair it.
async fn health() -> HttpResponse {
    let json = HeaderValue::from_static("application/json");
    HttpResponse::Ok().insert_header((CONTENT_TYPE, json)).body(r#"{"status":"ok"}"#)
}

/// Answers whether requests may be sent to this replica.
async fn ready(state: web::Data<AppState>) -> HttpResponse {
    if state.draining.load(Ordering::Relaxed) {
        return HttpResponse::ServiceUnavailable().json(serde_json::json!({"status": "draining"}));
    }
    match state.store.ping().await {
        // Without Redis it serves all the same; to take every replica out at once would help no one.
        Ok(()) => HttpResponse::Ok().json(match (state.away)() {
            None => serde_json::json!({"status": "ready"}),
            Some(away) => serde_json::json!({"status": "degraded", "away": away}),
        }),
        Err(error) => {
            tracing::warn!(%error, "the database does not answer; /ready answers 503");
            HttpResponse::ServiceUnavailable().json(serde_json::json!({"status": "database unavailable"}))
        }
    }
}

async fn metrics(state: web::Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body((state.metrics)())
}
