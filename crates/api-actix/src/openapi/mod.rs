//! The OpenAPI 3.1 documents of the canonical API and of each dialect, and the pages that show them.

mod document;
mod responses;
#[cfg(test)]
mod tests;
mod version_3_0;

use std::sync::LazyLock;

use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType, HOST};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use crate::http::{ApiError, ErrorCode, UnknownFields, page};
use crate::rest;
use crate::routing::Surface;
use crate::state::Dialect;

const INTRODUCTION: &str = "A chat-room server. Sign up, log in, and send the token as `Authorization: Bearer …`. \
    Answers carry `data`; errors carry a `code` for programs and a sentence for people. Strings are trimmed and \
    NFC-normalised before their length is counted. Unknown parameters and members of bodies are rejected. \
    Live events are described in [AsyncAPI](/api/asyncapi.json); tools that do not know OpenAPI 3.1 read \
    [the same in 3.0](/api/openapi-3.0.json).";

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document::document(&surface(), &rest::endpoints()));

/// The document of the canonical API. Its server is `/`, that is, the origin it comes from.
#[must_use]
pub fn document() -> &'static Value {
    &DOCUMENT
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

/// The document of a dialect.
fn dialect_document(dialect: Dialect) -> Value {
    document::document(&dialect.surface(), &dialect.endpoints())
}

/// A document as it is served: the text before and after the URL of its server.
struct Served {
    before: Bytes,
    after: Bytes,
}

impl Served {
    fn new(document: &Value) -> Self {
        const MARK: &str = "the URL of the server";
        let mut document = document.clone();
        document["servers"][0]["url"] = json!(MARK);
        let text = document.to_string();
        let (before, after) = text.split_once(MARK).unwrap_or((&text, ""));
        Self { before: before.to_owned().into(), after: after.to_owned().into() }
    }

    /// Answers with the origin that the request named; with a relative server if it named none.
    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let origin = {
            let connection = request.connection_info();
            let named = request.headers().contains_key(HOST) && is_host(connection.host());
            named.then(|| format!("{}://{}", connection.scheme(), connection.host()))
        };
        let server = origin.filter(|origin| is_host(origin)).unwrap_or_else(|| "/".to_owned());
        let body = [&self.before[..], server.as_bytes(), &self.after[..]].concat();
        HttpResponse::Ok().content_type(ContentType::json()).body(body)
    }
}

/// True for text that can stand in a URL and in JSON as it is.
fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]/%".contains(&byte))
}

/// The policy of the docs page: nothing is loaded from elsewhere.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'";

/// Adds a document of the canonical API.
fn serve(config: &mut ServiceConfig, path: &str, document: &Value) {
    let served = web::Data::new(Served::new(document));
    config.service(page(path, move |request: HttpRequest| {
        let response = served.answer(&request);
        async { response }
    }));
}

/// Adds `/api/openapi.json`, one such document for each dialect that is on, and `/docs`, which offers them all.
pub(crate) fn configure(config: &mut ServiceConfig, enabled: &[Dialect]) {
    let mut urls = vec![Url::with_primary("Parlor", "/api/openapi.json", true)];
    serve(config, "/api/openapi.json", document());
    serve(config, "/api/openapi-3.0.json", &version_3_0::convert(document()));
    for dialect in enabled {
        let path = dialect.document_path();
        urls.push(Url::new(dialect.name(), path));
        let document = Bytes::from(dialect_document(*dialect).to_string());
        config.service(page(path, move || {
            let document = document.clone();
            async { HttpResponse::Ok().content_type(ContentType::json()).body(document) }
        }));
    }
    let swagger =
        Config::new(urls).validator_url("none").try_it_out_enabled(true).persist_authorization(true);
    config
        .service(page("/docs", || async {
            HttpResponse::PermanentRedirect().insert_header(("Location", "/docs/")).finish()
        }))
        .service(
            web::scope("/docs")
                .wrap(DefaultHeaders::new().add((CONTENT_SECURITY_POLICY, DOCS_POLICY)))
                .service(SwaggerUi::new("/{_:.*}").config(swagger)),
        );
}
