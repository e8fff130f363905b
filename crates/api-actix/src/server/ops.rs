//! What operators and their machines ask for.

use std::sync::atomic::Ordering;

use actix_web::{HttpResponse, web};

use crate::http::page;
use crate::state::AppState;

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.service(page("/health", health)).service(page("/ready", ready)).service(page("/metrics", metrics));
}

/// The process lives. Says nothing of the database: restarting this program does not mend that one.
async fn health() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({"status": "ok"}))
}

/// Requests may be sent here.
async fn ready(api: web::Data<AppState>) -> HttpResponse {
    if api.draining.load(Ordering::Relaxed) {
        return HttpResponse::ServiceUnavailable().json(serde_json::json!({"status": "draining"}));
    }
    match api.store.ping().await {
        // Without what is shared it serves all the same; taking every replica out at once would help nobody.
        Ok(()) => HttpResponse::Ok().json(match (api.away)() {
            None => serde_json::json!({"status": "ready"}),
            Some(away) => serde_json::json!({"status": "degraded", "away": away}),
        }),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            HttpResponse::ServiceUnavailable().json(serde_json::json!({"status": "database unavailable"}))
        }
    }
}

async fn metrics(api: web::Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body((api.metrics)())
}
