//! The dialect `envelope`: the REST API of source document S4, under `/dialects/envelope`. Every answer is
//! `{"success", "message", "data"}`, every error `{"success", "message", "errors"}`.

mod accounts;
mod answers;
mod files;
mod lists;
mod messages;
mod rooms;
mod views;

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::http::{ApiError, ErrorCode, UnknownFields};
use crate::routing::{Endpoint, Surface, Tag};

const TAG: Tag = Tag { name: "envelope", about: "Accounts, rooms, messages and files." };

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut all = vec![];
    all.extend(accounts::endpoints());
    all.extend(rooms::endpoints());
    all.extend(messages::endpoints());
    all.extend(files::endpoints());
    all
}

pub(super) fn surface() -> Surface {
    Surface {
        title: "Parlor: the dialect envelope".to_owned(),
        about: "Accounts, rooms, messages and files for clients that expect `{success, message, data}`. Events come \
            by Socket.IO, at the server's own `/socket.io/`. Limits: 5 logins and signups a minute, 100 requests in 15 \
            minutes, 10 uploads an hour. Unknown members of bodies are ignored.",
        base: "/dialects/envelope",
        error: "Error",
        schemas: Map::from_iter([("Error".to_owned(), error_schema())]),
        shape: error,
        unknown: UnknownFields::Ignored,
    }
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "required": ["success", "message", "errors"],
        "properties": {
            "success": {"type": "boolean", "const": false},
            "message": {"type": "string", "description": "The kind of error."},
            "errors": {"type": "array", "minItems": 1, "items": {"type": "string"},
                "description": "Each invalid field, or the error in other words."},
        },
    })
}

/// Writes an error in S4's words, where it has some, and the details in `errors`.
pub(super) fn error(error: &ApiError) -> Value {
    let message = match (error.status(), error.code()) {
        (_, ErrorCode::ValidationFailed) => "Validation failed",
        (_, ErrorCode::EmailTaken) => "Email already exists",
        (_, ErrorCode::UsernameTaken) => "Username already exists",
        (_, ErrorCode::InvalidCredentials) => "Invalid credentials",
        (_, ErrorCode::RoomNotFound) => "Room not found",
        (_, ErrorCode::FileNotFound) => "File not found",
        (StatusCode::UNAUTHORIZED, _) => "Unauthorized",
        (StatusCode::FORBIDDEN, _) => "Forbidden",
        (StatusCode::NOT_FOUND, _) => "Resource not found",
        (StatusCode::TOO_MANY_REQUESTS, _) => "Rate limit exceeded",
        (StatusCode::INTERNAL_SERVER_ERROR, _) => "Internal server error",
        _ => error.message(),
    };
    let details: Vec<String> =
        error.details().iter().map(|detail| format!("{} {}", detail.field, detail.message)).collect();
    let errors = if details.is_empty() { vec![error.message().to_owned()] } else { details };
    json!({"success": false, "message": message, "errors": errors})
}
