//! The one renderer of OpenAPI 3.1 documents: of the canonical API and of each dialect, from their endpoints.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::responses::{Responses, headers};
use super::shared::share;
use crate::http::{Content, Operation, Place, Property, UnknownFields, reference};
use crate::routing::{Access, Endpoint, Surface};

/// The parameter that every operation has.
const REQUEST_ID: &str = "#/components/parameters/XRequestId";

/// Makes the document.
pub(crate) fn document(surface: &Surface, endpoints: &[Endpoint]) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut responses = Responses::new(surface);
    let (mut schemas, mut examples) = (surface.schemas.clone(), Map::new());
    let mut tags: Vec<Value> = vec![];
    for endpoint in endpoints {
        let path = endpoint.path.strip_prefix(surface.base.trim_end_matches('/')).unwrap_or(endpoint.path);
        let rendered = operation(surface, endpoint, &mut responses, &mut schemas, &mut examples);
        paths.entry(path).or_default().insert(endpoint.method.as_str().to_lowercase(), rendered);
        let tag = endpoint.tag.map(|tag| json!({"name": tag.name, "description": tag.about}));
        tags.extend(tag.filter(|tag| !tags.contains(tag)));
    }
    for (name, example) in examples {
        schemas.get_mut(&name).into_iter().for_each(|schema| schema["examples"] = json!([example]));
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": surface.title,
            "description": surface.about,
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": surface.base}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses.components,
            "examples": responses.examples,
            "headers": headers(),
            "parameters": shared_parameters(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": "The token of a login."}},
        },
    });
    finish(&mut document);
    document
}

fn operation(
    surface: &Surface,
    endpoint: &Endpoint,
    responses: &mut Responses<'_>,
    schemas: &mut Map<String, Value>,
    examples: &mut Map<String, Value>,
) -> Value {
    let described = endpoint.describe();
    let mut answers = responses.failures(endpoint, &described);
    let Operation { parameters, body, answers: successes, schemas: referred, examples: shown, .. } =
        described;
    schemas.extend(referred);
    examples.extend(shown);
    for answer in successes {
        let mut rendered = Responses::success(&answer);
        for Content { media_type, schema: (name, schema) } in answer.content {
            rendered["content"][media_type] = json!({"schema": reference(&name)});
            schemas.insert(name, schema);
        }
        answers.insert(answer.status.to_string(), rendered);
    }
    let mut parameters: Vec<Value> =
        parameters.into_iter().map(|(place, property)| parameter(place, property)).collect();
    parameters.push(json!({"$ref": REQUEST_ID}));
    let token = json!({"token": []});
    let mut rendered = json!({
        "operationId": endpoint.id,
        "summary": endpoint.summary,
        "tags": endpoint.tag.iter().map(|tag| tag.name).collect::<Vec<_>>(),
        "security": match endpoint.access {
            Access::NoToken => json!([]),
            Access::Anyone => json!([{}, token]),
            Access::SignedIn
            | Access::ServerAdmin
            | Access::SessionCheckedOnWrite
            | Access::TokenInQuery => json!([token]),
        },
        "parameters": parameters,
        "responses": answers,
    });
    if !endpoint.about.is_empty() {
        rendered["description"] = json!(endpoint.about);
    }
    if let Some((Content { media_type, schema: (name, mut schema) }, about)) = body {
        let content = json!({"schema": reference(&name)});
        if surface.unknown == UnknownFields::Rejected {
            close(&mut schema);
        }
        describe_defaults(&mut schema);
        if !about.is_empty() {
            schema["description"] = json!(about);
        }
        rendered["requestBody"] = json!({"required": true, "content": {media_type: content}});
        schemas.insert(name, schema);
    }
    rendered
}

/// Rejects unknown members of an object, or of each object of a union.
fn close(schema: &mut Value) {
    match schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        Some(variants) => variants.iter_mut().for_each(close),
        None => schema["additionalProperties"] = json!(false),
    }
}

/// Moves the defaults of members into their descriptions: generators take a member with a default for one that is always sent.
fn describe_defaults(schema: &mut Value) {
    if let Some(variants) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        variants.iter_mut().for_each(describe_defaults);
    }
    let members = schema.get_mut("properties").and_then(Value::as_object_mut);
    for member in members.into_iter().flat_map(Map::values_mut) {
        if let Some(default) = member.as_object_mut().and_then(|member| member.remove("default")) {
            let about = member["description"].as_str().unwrap_or_default();
            let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
            member["description"] = json!(format!("{about} By default `{default}`.").trim_start());
        }
    }
}

fn parameter(place: Place, property: Property) -> Value {
    let Property { name, required, mut schema } = property;
    let place = match place {
        Place::Path => "path",
        Place::Query => "query",
        Place::Header => "header",
    };
    let mut parameter = json!({"name": name, "in": place});
    if required {
        parameter["required"] = json!(true);
    }
    if let Some(members) = schema.as_object_mut() {
        for (from, to) in
            [("description", "description"), ("deprecated", "deprecated"), ("examples", "example")]
        {
            if let Some(value) = members.remove(from) {
                parameter[to] = value.get(0).cloned().unwrap_or(value);
            }
        }
    }
    parameter["schema"] = schema;
    parameter
}

fn shared_parameters() -> Value {
    json!({"XRequestId": {"name": "X-Request-Id", "in": "header", "schema": {"type": "string"},
        "example": "checkout-17",
        "description": "The request's id in the answer and in the log: 1 to 128 of `A-Za-z0-9._-`. Otherwise the server \
            makes one."}})
}

/// Makes a rendered document easier for generators: titles for the variants of unions, by which these are named; and no `int64`,
/// for which some generate big integers, while all numbers here are exact in a double. Repetitions become components.
fn finish(document: &mut Value) {
    let mut variants = BTreeSet::new();
    find_variants(document, &mut variants);
    for (name, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        if variants.contains(name) {
            schema["title"] = json!(name);
        }
    }
    without_int64(document);
    share(document);
}

/// Collects the names of the schemas that are variants of unions.
fn find_variants(value: &Value, names: &mut BTreeSet<String>) {
    let unions = ["oneOf", "anyOf"].into_iter().filter_map(|union| value.get(union)?.as_array());
    for variant in unions.flatten() {
        names
            .extend(variant["$ref"].as_str().and_then(|target| target.rsplit('/').next()).map(str::to_owned));
    }
    match value {
        Value::Object(members) => members.values().for_each(|member| find_variants(member, names)),
        Value::Array(items) => items.iter().for_each(|item| find_variants(item, names)),
        _ => {}
    }
}

fn without_int64(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.get("format").is_some_and(|format| format == "int64" || format == "int32") {
                members.remove("format");
            }
            members.values_mut().for_each(without_int64);
        }
        Value::Array(items) => items.iter_mut().for_each(without_int64),
        _ => {}
    }
}
