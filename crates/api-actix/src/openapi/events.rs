//! The schemas of events: those that last, as `changes` answers them, and all that a stream of server-sent events carries.

use serde_json::{Value, json};

/// A lasting event, by its action.
pub(super) fn change() -> Value {
    let message = json!({
        "seq": integer("The message's place in the room."), "id": uuid(), "sender": text(), "senderId": uuid(),
        "message": {"type": ["string", "null"], "description": "What it says; a file may come without words."},
        "type": {"type": "string", "enum": ["text", "image", "file"]},
        "file": {"anyOf": [{"$ref": "#/components/schemas/File"}, {"type": "null"}]},
        "clientId": {"type": ["string", "null"]}, "timestamp": time(), "editedAt": nullable_time(),
    });
    let tombstone = json!({
        "seq": integer("The message's place in the room."), "id": uuid(), "sender": text(), "senderId": uuid(),
        "type": {"type": "string", "enum": ["text", "image", "file"]}, "timestamp": time(), "deletedAt": time(),
    });
    let role = json!({"type": "string", "enum": ["admin", "member"]});
    let member = json!({"username": text(), "userId": uuid(), "role": role});
    json!({
        "description": "A lasting event, as every live transport writes it.",
        "oneOf": [
            event(&["new-message", "message-edited"], true, &message),
            event(&["message-deleted"], true, &tombstone),
            event(&["member-added", "member-removed", "role-changed"], true, &member),
            event(&["room-updated"], true, &json!({"room": {"$ref": "#/components/schemas/Room"}})),
            event(&["room-deleted"], true, &json!({})),
        ],
    })
}

/// What passes without a trace, and what closes a replay.
pub(super) fn fleeting() -> Value {
    let person = json!({"username": text(), "userId": uuid()});
    let reader = json!({"username": text(), "userId": uuid(), "seq": integer("How far they have read.")});
    json!({
        "description": "An event of the moment; `caught-up` says that a replay is over.",
        "oneOf": [
            event(&["user-joined", "user-left", "typing"], false, &person),
            event(&["read"], false, &reader),
            event(&["caught-up"], true, &json!({})),
        ],
    })
}

/// One event of a stream. `id` is the revision, and missing where the event has none.
pub(super) fn sent() -> Value {
    json!({
        "type": "object",
        "required": ["event", "data"],
        "properties": {
            "id": {"type": "string", "pattern": "^[0-9]+$", "description": "The revision, to resume after."},
            "event": {"type": "string", "description": "The action."},
            "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": {"anyOf": [
                {"$ref": "#/components/schemas/Change"}, {"$ref": "#/components/schemas/EphemeralEvent"}]}},
        },
    })
}

fn event(actions: &[&str], revised: bool, members: &Value) -> Value {
    let mut properties = json!({"action": {"type": "string", "enum": actions}, "roomId": uuid()});
    if revised {
        properties["revision"] = integer("The room's revision by this event.");
    }
    if let (Some(all), Some(members)) = (properties.as_object_mut(), members.as_object()) {
        all.extend(members.clone());
    }
    let required: Vec<&String> = properties.as_object().into_iter().flat_map(|all| all.keys()).collect();
    json!({"type": "object", "required": required, "properties": properties})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn uuid() -> Value {
    json!({"type": "string", "format": "uuid"})
}

fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

fn nullable_time() -> Value {
    json!({"type": ["string", "null"], "format": "date-time"})
}

fn integer(about: &str) -> Value {
    json!({"type": "integer", "description": about})
}
