//! The page at `/`, for people who open the server in a browser.

use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use live::links;

use crate::http::page;

const LANDING: &str = include_str!("landing.html");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    let html = Bytes::from(LANDING.replace("href=\"/", &format!("href=\"{}", links::to("/"))));
    config.service(page("/", move || {
        let html = html.clone();
        async move {
            HttpResponse::Ok()
                .content_type("text/html; charset=utf-8")
                .insert_header((CONTENT_SECURITY_POLICY, POLICY))
                .body(html)
        }
    }));
}
