//! What the dialect's OpenAPI document says of each of its routes.

use actix_web::http::{Method, StatusCode};
use domain::Refusal;
use domain::compat::ryos::Roster;
use domain::room::Access;
use serde_json::{Map, Value, json};

use super::Room;
use crate::json::samples;
use crate::routing::schemas as requests;
use crate::routing::schemas::add;
use crate::routing::{Description, Operation};

pub(in crate::dialects) fn description() -> Description {
    let mut schemas = Map::new();
    add::<Room>(&mut schemas);
    schemas.insert("Error".into(), error());
    Description {
        title: "ryos",
        about: "Rooms with presence by username. A public room goes by its slug, a private one by its UUID without \
            hyphens. Accounts and tokens come from `/api/auth`. Members that a body has beside those named here are \
            passed over.",
        base: "/dialects/ryos",
        id: json!({"type": "string", "pattern": "^[a-z0-9-]+$", "examples": ["general-discussion"]}),
        operations: operations(),
        schemas,
    }
}

fn error() -> Value {
    json!({"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}})
}

/// An object of one member.
fn only(field: &str, schema: &Value) -> Value {
    json!({"type": "object", "required": [field], "properties": {field: schema}})
}

fn public() -> Roster {
    Roster { room: samples::room(), members: vec![], active: vec![samples::name("john_doe")] }
}

fn group() -> Roster {
    let members = vec![samples::name("jane_doe"), samples::name("john_doe")];
    let mut room = samples::room();
    room.access = Access::Private { group: true };
    Roster { room, members, active: vec![] }
}

fn operations() -> Vec<Operation> {
    let room = json!({"$ref": "#/components/schemas/Room"});
    let one = only("room", &room);
    let name = requests::username();
    let list = only("rooms", &json!({"type": "array", "items": room}));
    let names = only("users", &json!({"type": "array", "items": name}));
    let open =
        requests::lenient(&["name"], &json!({"type": {"const": "public"}, "name": requests::room_name()}));
    let members = json!({"type": "array", "minItems": 1, "maxItems": 100, "items": name});
    let private =
        requests::lenient(&["type", "members"], &json!({"type": {"const": "private"}, "members": members}));
    let presence = || requests::lenient(&["username"], &json!({"username": requests::username()}));
    let (shown, grouped) = (json!({"room": Room::from(&public())}), json!({"room": Room::from(&group())}));
    let here = json!({"username": "john_doe"});
    let done = || only("success", &json!({"const": true}));
    let ok = || json!({"success": true});
    let token_name = "The token owner's name, or nothing.";
    let of = "Whose private rooms are wanted; they are listed to that user alone.";
    // A client that knows no name yet sends none.
    let wanted = json!({"type": "string", "pattern": requests::trimmed("([A-Za-z0-9_.-]{3,32})?")});
    vec![
        Operation::new(
            Method::GET,
            "/api/rooms",
            "listRooms",
            "Public rooms, and the named caller's private ones",
        )
        .query([("username", of, wanted)])
        .answers(StatusCode::OK, "Rooms.", list, json!({"rooms": [shown["room"], grouped["room"]]})),
        Operation::new(
            Method::POST,
            "/api/rooms",
            "createRoom",
            "Makes a public room, for server admins; or a private one with those members",
        )
        .header("X-Username", token_name)
        .reads(json!({"anyOf": [open, private]}), json!({"type": "private", "members": ["jane_doe"]}))
        .answers(StatusCode::CREATED, "The room.", one.clone(), grouped)
        .refuses([Refusal::NotAllowed, Refusal::UserNotFound, Refusal::SlugTaken]),
        Operation::new(Method::GET, "/api/rooms/{id}", "showRoom", "One room")
            .answers(StatusCode::OK, "The room.", one, shown)
            .refuses([Refusal::RoomNotFound]),
        Operation::new(
            Method::DELETE,
            "/api/rooms/{id}",
            "deleteRoom",
            "Deletes a public room, for server admins; leaves a private one, for members",
        )
        .header("X-Username", token_name)
        .answers(StatusCode::OK, "Done.", done(), ok())
        .refuses([Refusal::RoomNotFound, Refusal::NotAllowed, Refusal::LastAdmin]),
        Operation::new(Method::POST, "/api/rooms/{id}/join", "join", "Says that somebody is there")
            .reads(presence(), here.clone())
            .answers(StatusCode::OK, "Done.", done(), ok())
            .refuses([Refusal::RoomNotFound, Refusal::UserNotFound]),
        Operation::new(Method::POST, "/api/rooms/{id}/leave", "leave", "Takes that back")
            .reads(presence(), here)
            .answers(StatusCode::OK, "Done.", done(), ok())
            .refuses([Refusal::RoomNotFound, Refusal::UserNotFound]),
        Operation::new(Method::GET, "/api/rooms/{id}/users", "listUsers", "Who is there, sorted")
            .answers(StatusCode::OK, "Names.", names, json!({"users": ["john_doe"]}))
            .refuses([Refusal::RoomNotFound]),
    ]
}
