//! What the dialect's OpenAPI document says of each of its routes.

use actix_web::http::{Method, StatusCode};
use domain::Refusal;
use serde_json::{Map, Value, json};

use super::{History, Line, Room};
use crate::dialects::somebody_else;
use crate::json::samples;
use crate::routing::schemas as requests;
use crate::routing::schemas::add;
use crate::routing::{Description, Operation};

pub(in crate::dialects) fn description() -> Description {
    let mut schemas = Map::new();
    add::<Room>(&mut schemas);
    add::<History>(&mut schemas);
    schemas.insert("Error".into(), error());
    Description {
        title: "actions",
        about: "What clients of the `{\"action\": …}` WebSocket call over HTTP. The socket itself is `/chat` below the same \
            base. Members that a body has beside those named here are passed over.",
        base: "/dialects/actions",
        id: requests::id(),
        operations: operations(),
        schemas,
    }
}

fn error() -> Value {
    json!({
        "type": "object",
        "required": ["status", "message"],
        "properties": {"status": {"const": "error"}, "message": {"type": "string"}},
    })
}

/// `{"status": "success"}` and one text beside it.
fn success(field: &str, schema: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["status", field],
        "properties": {"status": {"const": "success"}, field: schema},
    })
}

fn operations() -> Vec<Operation> {
    let text = json!({"type": "string"});
    let own =
        requests::nullable(json!({"type": "string", "description": "The token owner's name, or nothing."}));
    let log_in = requests::lenient(
        &["username", "password"],
        &json!({"username": requests::present_name(), "password": requests::present_password()}),
    );
    let create =
        requests::lenient(&["roomName"], &json!({"roomName": requests::room_name(), "creator": own}));
    let join = requests::lenient(&["roomId"], &json!({"roomId": requests::id(), "username": own}));
    let list = json!({"type": "array", "maxItems": 1_000, "items": {"$ref": "#/components/schemas/Room"}});
    let (room, message) = (samples::room(), samples::message());
    let listed = Room { room_id: room.id.0, room_name: room.name.to_string() };
    let history = History { room_id: room.id.0, messages: vec![Line::from(&message)] };
    let before = json!({"type": "string", "format": "date-time"});
    let joined = format!("Joined room {}", room.name);
    vec![
        Operation::new(Method::POST, "/api/login", "logIn", "Begins a session")
            .reads(log_in, json!({"username": "john_doe", "password": "securepassword"}))
            .answers(
                StatusCode::OK,
                "The token.",
                success("token", &text),
                json!({"status": "success", "token": "eyJ0eXAi…"}),
            )
            .refuses([Refusal::InvalidCredentials]),
        Operation::new(Method::POST, "/api/create-room", "createRoom", "Makes a public room")
            .reads(create, json!({"roomName": "General Discussion", "creator": "john_doe"}))
            .answers(
                StatusCode::CREATED,
                "The room's id.",
                success("roomId", &requests::id()),
                json!({"status": "success", "roomId": room.id.0}),
            )
            .refuses([somebody_else("creator")]),
        Operation::new(
            Method::GET,
            "/api/rooms",
            "listRooms",
            "The newest 1000 rooms that the caller may see",
        )
        .answers(StatusCode::OK, "Rooms, newest first.", list, json!([listed])),
        Operation::new(Method::POST, "/api/join-room", "joinRoom", "Becomes a member")
            .reads(join, json!({"roomId": room.id.0, "username": "john_doe"}))
            .answers(
                StatusCode::OK,
                "In it now.",
                success("message", &text),
                json!({"status": "success", "message": joined}),
            )
            .refuses([somebody_else("username"), Refusal::RoomNotFound.into()]),
        Operation::new(
            Method::GET,
            "/api/chat-history/{roomId}",
            "readHistory",
            "The latest 100 messages, oldest first; read, they are marked as read",
        )
        .query([("before", "Only older ones.", before)])
        .answers(
            StatusCode::OK,
            "Messages, oldest first.",
            json!({"$ref": "#/components/schemas/History"}),
            json!(history),
        )
        .refuses([Refusal::RoomNotFound, Refusal::NotAMember]),
    ]
}
