//! The web client: its page at `/`, that of server admins at `/admin`, and their files, for people who open the server in a
//! browser.

use std::sync::LazyLock;

use actix_web::http::header::{
    ACCEPT_ENCODING, AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETag,
    Encoding, EntityTag, IfNoneMatch, VARY,
};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use live::links;
use web_client::{Asset, File};

use crate::http::{ApiError, page, pages};

/// Everything comes from this server, no text becomes script, and no page may frame this one. Images of messages are blobs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
    connect-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// Browsers ask each time if the file has changed.
const ASK_AGAIN: &str = "no-cache";

/// Browsers keep the file and never ask again: its path changes with it.
const KEEP: &str = "public, max-age=31536000, immutable";

/// The page, with the server's own URL in its link to the docs.
static PAGE: LazyLock<File> = LazyLock::new(|| linked(web_client::PAGE));

/// The same of server admins.
static ADMIN_PAGE: LazyLock<File> = LazyLock::new(|| linked(web_client::ADMIN_PAGE));

fn linked(page: &str) -> File {
    let html = web_client::with_version(page)
        .replace("href=\"/docs/\"", &format!("href=\"{}\"", links::to("/docs/")));
    File::new("page.html", html.into())
}

/// Adds the pages and the files; that of server admins where administration is served.
pub(crate) fn configure(config: &mut web::ServiceConfig, admin: bool) {
    if admin {
        config.service(page("/admin", |request: HttpRequest| {
            let response = answer(&request, &ADMIN_PAGE, ASK_AGAIN);
            async { response }
        }));
    }
    config
        .service(page("/", |request: HttpRequest| {
            let response = answer(&request, &PAGE, ASK_AGAIN);
            async { response }
        }))
        .service(page("/manifest.webmanifest", |request: HttpRequest| {
            let response = asset(&request, "manifest.webmanifest");
            async { response }
        }))
        .service(page("/favicon.svg", |request: HttpRequest| {
            let response = asset(&request, "favicon.svg");
            async { response }
        }))
        .service(pages("/assets/{file:.*}", asset));
}

fn asset(request: &HttpRequest, path: &str) -> Result<HttpResponse, ApiError> {
    let Asset { file, is_lasting } = web_client::asset(path).ok_or_else(ApiError::not_found)?;
    Ok(answer(request, file, if is_lasting { KEEP } else { ASK_AGAIN }))
}

/// Answers with a file, compressed where the client takes that, or with 304 where the client has it.
fn answer(request: &HttpRequest, file: &File, caching: &'static str) -> HttpResponse {
    // Weak, since both forms have it.
    let tag = EntityTag::new_weak(file.tag().to_owned());
    let known = match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
        None => false,
    };
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(ETag(tag))
        .insert_header((CACHE_CONTROL, caching))
        .insert_header((VARY, ACCEPT_ENCODING.as_str()))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY));
    if known {
        return response.finish();
    }
    response.content_type(file.content_type());
    match file.gzip() {
        Some(gzip) if takes_gzip(request) => response.insert_header((CONTENT_ENCODING, "gzip")).body(gzip),
        _ => response.body(file.plain()),
    }
}

fn takes_gzip(request: &HttpRequest) -> bool {
    let offered = [Encoding::gzip(), Encoding::identity()];
    let accepted = request.get_header::<AcceptEncoding>();
    accepted.and_then(|accepted| accepted.negotiate(offered.iter())) == Some(Encoding::gzip())
}
