//! What answers are made of: schemas from the types that are serialized, headers, errors.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::rest::auth::Token;
use crate::rest::changes::{PresentUser, StretchInfo};
use crate::rest::messages::CursorInfo;
use crate::rest::params::PageInfo;
use crate::rest::views::{Account, Mine, OpenInvitation, Room, RoomMember, RoomMessage, SharedFile};

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
    all.insert("Change".into(), change());
    all.insert("Error".into(), error());
    all
}

/// Adds the schema of a type, and those of what it holds.
pub(crate) fn add<T: ToSchema>(all: &mut Map<String, Value>) {
    let mut found = vec![(T::name().to_string(), T::schema())];
    T::schemas(&mut found);
    for (name, schema) in found {
        all.insert(name, serde_json::to_value(schema).unwrap_or_default());
    }
}

fn change() -> Value {
    let actions = [
        "new-message",
        "message-edited",
        "message-deleted",
        "member-added",
        "member-removed",
        "role-changed",
        "room-updated",
        "room-deleted",
    ];
    json!({
        "type": "object",
        "description": "A lasting event, as every live transport writes it; further members depend on the action.",
        "required": ["action", "roomId", "revision"],
        "properties": {
            "action": {"type": "string", "enum": actions},
            "roomId": {"type": "string", "format": "uuid"},
            "revision": {"type": "integer"},
        },
    })
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

/// A success with that data; `None` says nothing.
pub(super) fn success(about: &str, data: Option<Value>, located: bool) -> Value {
    let mut headers = common_headers();
    if located {
        headers.insert("Location".into(), json!({"$ref": "#/components/headers/Location"}));
    }
    let mut answer = json!({"description": about, "headers": headers});
    if let (Some(data), Some(answer)) = (data, answer.as_object_mut()) {
        answer.insert("content".into(), json!({"application/json": {"schema": data}}));
    }
    answer
}

/// `{"data": …}`
pub(super) fn data(schema: &str) -> Value {
    json!({
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"$ref": format!("#/components/schemas/{schema}")}},
    })
}

/// `{"data": […]}`
pub(super) fn whole(schema: &str) -> Value {
    json!({
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"type": "array", "items": {"$ref": format!("#/components/schemas/{schema}")}}},
    })
}

/// `{"data": […], "pagination": …}`
pub(super) fn list(schema: &str, pagination: &str) -> Value {
    json!({
        "type": "object",
        "required": ["data", "pagination"],
        "properties": {
            "data": {"type": "array", "items": {"$ref": format!("#/components/schemas/{schema}")}},
            "pagination": {"$ref": format!("#/components/schemas/{pagination}")},
        },
    })
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

/// An error of that status, with an example for each of its codes.
pub(super) fn failure(status: u16, codes: &[&str]) -> Value {
    let examples: Map<String, Value> = codes
        .iter()
        .map(|code| {
            let mut value = json!({"ok": false, "error": "A sentence that says what to do", "code": code,
                "requestId": "0197a5c2-8f00-7000-8000-000000000000"});
            if ["VALIDATION_FAILED", "INVALID_CURSOR"].contains(code)
                && let Some(value) = value.as_object_mut()
            {
                value.insert("details".into(), json!([{"field": "name", "message": "is missing"}]));
            }
            ((*code).to_owned(), json!({"value": value}))
        })
        .collect();
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
