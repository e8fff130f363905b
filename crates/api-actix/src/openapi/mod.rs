//! The OpenAPI 3.1 description of the canonical API, put together from the route table, what is said of each line, and
//! the types that answers are made of.

mod answers;
mod dialect;
mod events;
mod examples;
mod operations;
mod refusals;
mod version_3_0;

use std::sync::OnceLock;

use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType};
use actix_web::middleware::DefaultHeaders;
use actix_web::{HttpResponse, web};
use serde_json::{Map, Value, json};
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use crate::http::page;
use crate::rest::endpoints;
use crate::routing::schemas as request_schemas;
use crate::state::Dialect;

/// The description.
#[must_use]
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut paths = Map::new();
        for endpoint in endpoints() {
            let Some(operation) = operations::find(&endpoint) else { continue };
            let item = paths.entry(endpoint.path).or_insert_with(|| json!({}));
            if let Some(item) = item.as_object_mut() {
                item.insert(endpoint.method.as_str().to_lowercase(), operation.render(&endpoint));
            }
        }
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Parlor",
                "description": INTRODUCTION,
                "version": env!("CARGO_PKG_VERSION"),
                "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "tags": operations::TAGS.iter().map(|(name, about)| json!({"name": name, "description": about}))
                .collect::<Vec<_>>(),
            "paths": paths,
            "components": {
                "schemas": schemas(),
                "headers": answers::headers(),
                "parameters": request_schemas::shared(),
                "securitySchemes": {
                    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                        "description": "The accessToken of a login."},
                },
            },
        })
    })
}

const INTRODUCTION: &str = "A chat-room server. Sign up, log in, and send the token as `Authorization: Bearer …`. \
    Answers carry `data`; errors carry a `code` for programs and a sentence for people. Strings are trimmed and \
    NFC-normalised before their length is counted.";

fn schemas() -> Value {
    let mut all = request_schemas::schemas();
    all.extend(answers::schemas());
    Value::Object(all)
}

/// Every line of the route table that the description leaves out. A test keeps it empty.
#[cfg(test)]
fn left_out() -> Vec<String> {
    let missing = |endpoint: &crate::routing::Endpoint| operations::find(endpoint).is_none();
    endpoints().iter().filter(|e| missing(e)).map(|e| format!("{} {}", e.method, e.path)).collect()
}

/// What the docs page may load: nothing from outside.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'";

/// Adds `/api/openapi.json`, one such document for each dialect that is on, and `/docs`, which offers them all.
pub(crate) fn configure(config: &mut web::ServiceConfig, enabled: &[Dialect]) {
    let mut urls = vec![Url::with_primary("Parlor", "/api/openapi.json", true)];
    for dialect in enabled {
        let path = dialect.document_path();
        urls.push(Url::new(dialect.name(), path));
        let document = web::Bytes::from(dialect::document(*dialect).to_string());
        config.service(page(path, move || {
            let document = document.clone();
            async { HttpResponse::Ok().content_type(ContentType::json()).body(document) }
        }));
    }
    let swagger =
        Config::new(urls).validator_url("none").try_it_out_enabled(true).persist_authorization(true);
    config
        .service(page("/api/openapi.json", || async { HttpResponse::Ok().json(document()) }))
        .service(page("/api/openapi-3.0.json", || async {
            HttpResponse::Ok().json(version_3_0::convert(document()))
        }))
        .service(page("/docs", || async {
            HttpResponse::PermanentRedirect().insert_header(("Location", "/docs/")).finish()
        }))
        .service(
            web::scope("/docs")
                .wrap(DefaultHeaders::new().add((CONTENT_SECURITY_POLICY, DOCS_POLICY)))
                .service(SwaggerUi::new("/{_:.*}").config(swagger)),
        );
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_described_and_every_description_has_its_route() {
        assert_eq!(left_out(), Vec::<String>::new());
        let routed: BTreeSet<_> = endpoints().iter().map(|e| (e.method.to_string(), e.path)).collect();
        for (method, path) in operations::described() {
            assert!(routed.contains(&(method.clone(), path)), "{method} {path} is described and no route");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn walk(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(members) => {
                    if let Some(Value::String(target)) = members.get("$ref") {
                        found.push(target.clone());
                    }
                    members.values().for_each(|member| walk(member, found));
                }
                Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
                _ => {}
            }
        }
        let mut targets = vec![];
        walk(document(), &mut targets);
        assert!(!targets.is_empty());
        for target in targets {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(document().pointer(pointer).is_some(), "{target}");
        }
    }

    /// The members of an object, by a schema and by an example of it, wherever the schema names any.
    fn compare(schema: &Value, example: &Value, place: &str) {
        if let Some(target) = schema["$ref"].as_str() {
            let pointer = target.strip_prefix('#').unwrap();
            return compare(document().pointer(pointer).unwrap(), example, place);
        }
        let Some(known) = schema["properties"].as_object().filter(|_| example.is_object()) else { return };
        for (name, value) in example.as_object().unwrap() {
            let schema = known.get(name).unwrap_or_else(|| panic!("{place}: {name} is in no schema"));
            compare(schema, value, &format!("{place}/{name}"));
            value.as_array().into_iter().flatten().for_each(|item| compare(&schema["items"], item, place));
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(example.get(name.as_str().unwrap()).is_some(), "{place}: no example of {name}");
        }
    }

    #[test]
    fn all_json_that_is_sent_or_answered_has_an_example_of_its_schema() {
        let mut seen = 0;
        for (path, item) in document()["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let answers = operation["responses"].as_object().unwrap().iter();
                let bodies = answers.chain(std::iter::once((method, &operation["requestBody"])));
                for (what, content) in bodies.map(|(what, body)| (what, &body["content"]["application/json"]))
                {
                    let place = format!("{method} {path} {what}");
                    if content.is_null() {
                        continue;
                    }
                    seen += 1;
                    let shown = content["examples"].as_object().into_iter().flat_map(|all| all.values());
                    let shown: Vec<_> =
                        shown.map(|named| &named["value"]).chain(content.get("example")).collect();
                    assert!(shown.iter().all(|example| example.is_object()) && !shown.is_empty(), "{place}");
                    for example in shown {
                        let narrowed = content["schema"].get("allOf").map(|all| &all[0]);
                        compare(narrowed.unwrap_or(&content["schema"]), example, &place);
                    }
                }
            }
        }
        assert!(seen > 200, "{seen}");
    }

    #[test]
    fn operation_ids_are_unique() {
        let ids: Vec<_> = endpoints().iter().filter_map(operations::find).map(|o| o.id).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }
}
