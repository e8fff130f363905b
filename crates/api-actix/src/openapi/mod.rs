//! The OpenAPI 3.1 documents of the canonical API and of each dialect, and the pages that show them.

mod document;
mod responses;
mod shared;
#[cfg(test)]
mod tests;
mod version_3_0;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use actix_web::body::SizedStream;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType, LOCATION};
use actix_web::web::{Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream::iter;
use live::links;
use serde_json::{Map, Value, json};
use utoipa_swagger_ui::{Config, Url};

use crate::http::{ApiError, ErrorCode, UnknownFields, page, pages};
use crate::routing::Surface;
use crate::state::{AppState, Dialect, Settings};
use crate::{admin, rest};

const INTRODUCTION: &str = "A chat-room server. Sign up, log in, and send the token as `Authorization: Bearer …`. \
    Answers carry `data`; errors carry a `code` for programs and a sentence for people. Strings are trimmed and \
    NFC-normalised before their length is counted. Unknown parameters and members of bodies are rejected. \
    Every answer has the header `X-Request-Id`; \
    those of counted requests have `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`. \
    Live events are described in [AsyncAPI](/api/asyncapi.json); tools that do not know OpenAPI 3.1 read \
    [the same in 3.0](/api/openapi-3.0.json).";

/// The document of the canonical API. Its server is `/`, that is, the origin it comes from.
#[must_use]
pub fn document() -> Value {
    document::document(&surface(), &rest::endpoints())
}

/// The document of a dialect.
fn dialect_document(dialect: Dialect) -> Value {
    document::document(&dialect.surface(), &dialect.endpoints())
}

/// The document of administration. Its errors are those of the canonical API.
fn admin_document() -> Value {
    document::document(&admin_surface(), &admin::endpoints())
}

fn admin_surface() -> Surface {
    Surface {
        title: "Parlor: administration".to_owned(),
        about: "Administration of the server, for server admins: the page at `/admin` uses it. Sign in by the canonical API. \
            Public rooms are listed and deleted there, too. Answers and errors have the shapes of that API, and calls count \
            for its limits. Every act is an audit event.",
        base: "/admin",
        ..surface()
    }
}

fn surface() -> Surface {
    Surface {
        title: "Parlor".to_owned(),
        about: INTRODUCTION,
        base: "/",
        error: "ApiError",
        schemas: error_schemas(),
        shape: ApiError::example,
        unknown: UnknownFields::Rejected,
    }
}

fn error_schemas() -> Map<String, Value> {
    let codes: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    let error = json!({
        "type": "object",
        "required": ["ok", "error", "code", "requestId"],
        "properties": {
            "ok": {"type": "boolean", "const": false},
            "error": {"type": "string", "description": "A sentence for a person."},
            "code": {"$ref": "#/components/schemas/ErrorCode"},
            "details": {
                "type": "array",
                "description": "One entry for each bad field, in validation errors only.",
                "items": {"$ref": "#/components/schemas/ErrorDetail"},
            },
            "requestId": {"type": "string", "description": "The log has more under this id."},
        },
    });
    let code = json!({"type": "string", "enum": codes, "description": "The kind of error, for programs."});
    let detail = json!({
        "type": "object",
        "required": ["field", "message"],
        "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
    });
    [("ApiError", error), ("ErrorCode", code), ("ErrorDetail", detail)]
        .map(|(name, schema)| (name.to_owned(), schema))
        .into_iter()
        .collect()
}

/// A document as it is served: the text before and after the URL of its server.
struct Served {
    before: Bytes,
    after: Bytes,
    /// The path of the server.
    base: &'static str,
}

/// The documents that have been asked for, by their paths. Most servers are never asked, and one takes megabytes to be made.
static SERVED: LazyLock<Mutex<HashMap<&'static str, Arc<Served>>>> = LazyLock::new(Mutex::default);

impl Served {
    /// Returns the document at that path, which is made at the first call.
    fn at(path: &'static str, make: impl FnOnce() -> Self) -> Arc<Self> {
        let mut served = SERVED.lock().unwrap_or_else(PoisonError::into_inner);
        served.entry(path).or_insert_with(|| Arc::new(make())).clone()
    }

    fn new(mut document: Value, base: &'static str) -> Self {
        const MARK: &str = "the URL of the server";
        document["servers"][0]["url"] = json!(MARK);
        // The links of descriptions, in Markdown.
        let text = document.to_string().replace("](/", &format!("]({}", links::to("/")));
        let (before, after) = text.split_once(MARK).unwrap_or((&text, ""));
        Self { before: before.to_owned().into(), after: after.to_owned().into(), base }
    }

    /// Answers with the server's own URL if it knows that, else with the origin that the request named; with a relative
    /// server if it named none. The text is shared by all answers.
    fn answer(&self, origin: Option<String>) -> HttpResponse {
        let server = match links::public_url().map(str::to_owned).or(origin) {
            Some(origin) => origin + self.base.trim_end_matches('/'),
            None => self.base.to_owned(),
        };
        let parts = [self.before.clone(), server.into(), self.after.clone()];
        let length = parts.iter().map(Bytes::len).sum::<usize>() as u64;
        let body = SizedStream::new(length, iter(parts.map(Ok::<_, Infallible>)));
        HttpResponse::Ok().content_type(ContentType::json()).body(body)
    }
}

/// The policy of the docs page: nothing is loaded from elsewhere.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'";

/// Adds a document, which `make` returns with the path of its server.
fn serve(
    config: &mut ServiceConfig,
    path: &'static str,
    make: impl Fn() -> (Value, &'static str) + Clone + 'static,
) {
    config.service(page(path, move |request: HttpRequest, state: web::Data<AppState>| {
        let served = Served::at(path, || {
            let (document, base) = make();
            Served::new(document, base)
        });
        let response = served.answer(state.settings.named_origin(&request));
        async { response }
    }));
}

/// Adds `/api/openapi.json`, one such document for each dialect that is on and for administration, and `/docs`, which offers
/// them all.
pub(crate) fn configure(config: &mut ServiceConfig, settings: &Settings) {
    serve(config, "/api/openapi.json", || (document(), "/"));
    serve(config, "/api/openapi-3.0.json", || (version_3_0::convert(document()), "/"));
    let mut others = vec![];
    for dialect in settings.dialects.iter().copied() {
        serve(config, dialect.document_path(), move || (dialect_document(dialect), dialect.surface().base));
        others.push((dialect.name(), dialect.document_path()));
    }
    if settings.admin {
        serve(config, admin::DOCUMENT, || (admin_document(), admin_surface().base));
        others.push(("administration", admin::DOCUMENT));
    }
    config
        .service(page("/docs", || async {
            HttpResponse::PermanentRedirect().insert_header((LOCATION, links::to("/docs/"))).finish()
        }))
        .service(pages("/docs/{file:.*}", move |_, file| docs_file(file, &others)));
}

/// Answers a file of the docs page, which offers the document of the API and these others, with their names and paths.
fn docs_file(path: &str, others: &[(&str, &str)]) -> Result<HttpResponse, ApiError> {
    let links: Vec<(&str, String)> = others.iter().map(|(name, path)| (*name, links::to(path))).collect();
    let primary = links::to("/api/openapi.json");
    let urls = links.iter().map(|(name, link)| Url::new(name, link));
    let urls: Vec<Url<'_>> = [Url::with_primary("Parlor", &primary, true)].into_iter().chain(urls).collect();
    let config = Config::new(urls)
        .validator_url("none")
        .try_it_out_enabled(true)
        .persist_authorization(true)
        // Links to single operations, which the web client makes.
        .deep_linking(true);
    let found = utoipa_swagger_ui::serve(path, Arc::new(config))
        .map_err(|error| ApiError::internal(error.to_string()));
    let file = found?.ok_or_else(ApiError::not_found)?;
    let mut response = HttpResponse::Ok();
    response.content_type(file.content_type).insert_header((CONTENT_SECURITY_POLICY, DOCS_POLICY));
    Ok(response.body(file.bytes.into_owned()))
}
