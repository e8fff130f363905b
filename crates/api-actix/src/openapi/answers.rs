//! What answers are made of: schemas from the types that are serialized, headers, errors.

use serde_json::{Map, Value, json};

use super::{events, examples};
use crate::http::ApiError;
use crate::json::{
    Account, CursorInfo, Mine, OpenInvitation, PageInfo, PresentUser, Room, RoomMember, RoomMessage,
    SharedFile, StretchInfo, Token,
};
use crate::routing::schemas::add;

/// The schemas of everything that is answered.
pub(super) fn schemas() -> Map<String, Value> {
    let mut all = Map::new();
    add::<StretchInfo>(&mut all);
    add::<PresentUser>(&mut all);
    add::<Account>(&mut all);
    add::<Token>(&mut all);
    add::<Mine>(&mut all);
    add::<Room>(&mut all);
    add::<RoomMember>(&mut all);
    add::<OpenInvitation>(&mut all);
    add::<RoomMessage>(&mut all);
    add::<SharedFile>(&mut all);
    add::<PageInfo>(&mut all);
    add::<CursorInfo>(&mut all);
    all.insert("Change".into(), events::change());
    all.insert("EphemeralEvent".into(), events::fleeting());
    all.insert("Error".into(), error());
    all
}

fn error() -> Value {
    json!({
        "type": "object",
        "required": ["ok", "error", "code", "requestId"],
        "properties": {
            "ok": {"const": false},
            "error": {"type": "string", "description": "For a person."},
            "code": {"type": "string", "description": "For a program."},
            "details": {
                "type": "array",
                "description": "Of validation errors: one entry for every bad field.",
                "items": {
                    "type": "object",
                    "required": ["field", "message"],
                    "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                },
            },
            "requestId": {"type": "string", "description": "The log has more under this id."},
        },
    })
}

/// The headers that answers carry.
pub(super) fn headers() -> Value {
    let header = |about: &str, kind: &str| json!({"description": about, "schema": {"type": kind}});
    json!({
        "XRequestId": header("The request's id: the client's own, or one made here.", "string"),
        "Location": header("Where the new thing is.", "string"),
        "RetryAfter": header("Seconds after which another try makes sense.", "integer"),
        "WWWAuthenticate": header("`Bearer`", "string"),
        "RateLimitLimit": header("Requests in the window.", "integer"),
        "RateLimitRemaining": header("Requests that are left.", "integer"),
        "RateLimitReset": header("Seconds until all are there again.", "integer"),
    })
}

pub(super) fn common_headers() -> Map<String, Value> {
    let refer = |name: &str| json!({"$ref": format!("#/components/headers/{name}")});
    Map::from_iter([
        ("X-Request-Id".to_owned(), refer("XRequestId")),
        ("RateLimit-Limit".to_owned(), refer("RateLimitLimit")),
        ("RateLimit-Remaining".to_owned(), refer("RateLimitRemaining")),
        ("RateLimit-Reset".to_owned(), refer("RateLimitReset")),
    ])
}

/// A success of that schema, with an example; `None` says nothing.
pub(super) fn success(about: &str, data: Option<(Value, Value)>, located: bool) -> Value {
    let mut headers = common_headers();
    if located {
        headers.insert("Location".into(), json!({"$ref": "#/components/headers/Location"}));
    }
    let mut answer = json!({"description": about, "headers": headers});
    if let Some((schema, example)) = data {
        answer["content"] = json!({"application/json": {"schema": schema, "example": example}});
    }
    answer
}

/// `{"data": …}`, and an example of it.
pub(super) fn data(schema: &str) -> (Value, Value) {
    let shape = json!({
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"$ref": format!("#/components/schemas/{schema}")}},
    });
    (shape, json!({"data": examples::of(schema)}))
}

/// `{"data": […]}`, and an example of it.
pub(super) fn whole(schema: &str) -> (Value, Value) {
    let shape = json!({
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"type": "array", "items": {"$ref": format!("#/components/schemas/{schema}")}}},
    });
    (shape, json!({"data": [examples::of(schema)]}))
}

/// `{"data": […], "pagination": …}`, and an example of it.
pub(super) fn list(schema: &str, pagination: &str) -> (Value, Value) {
    let shape = json!({
        "type": "object",
        "required": ["data", "pagination"],
        "properties": {
            "data": {"type": "array", "items": {"$ref": format!("#/components/schemas/{schema}")}},
            "pagination": {"$ref": format!("#/components/schemas/{pagination}")},
        },
    });
    (shape, json!({"data": [examples::of(schema)], "pagination": examples::of(pagination)}))
}

/// The headers of an error of that status.
pub(super) fn failure_headers(status: u16) -> Map<String, Value> {
    let mut headers = common_headers();
    if status == 401 {
        headers.insert("WWW-Authenticate".into(), json!({"$ref": "#/components/headers/WWWAuthenticate"}));
    }
    if [429, 503].contains(&status) {
        headers.insert("Retry-After".into(), json!({"$ref": "#/components/headers/RetryAfter"}));
    }
    headers
}

/// Errors of that status, each with an example.
pub(super) fn failure(status: u16, errors: &[ApiError]) -> Value {
    let codes: Vec<&str> = errors.iter().map(ApiError::code).collect();
    let examples: Map<String, Value> =
        errors.iter().map(|error| (error.code().to_owned(), json!({"value": error.example()}))).collect();
    json!({
        "description": codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", "),
        "headers": failure_headers(status),
        "content": {"application/json": {
            "schema": {
                "allOf": [{"$ref": "#/components/schemas/Error"}],
                "properties": {"code": {"enum": codes}},
            },
            "examples": examples,
        }},
    })
}
