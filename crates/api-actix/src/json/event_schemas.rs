//! The schemas of events, as every live transport writes them: one for each action, and the unions of them.

use live::{
    ChangeBody, DeletedMessageBody, MemberBody, MessageBody, PresenceBody, ReadBody, RoomBody,
    RoomUpdatedBody,
};
use serde_json::{Map, Value as Json, json};
use utoipa::ToSchema;

use crate::http::{Operation, reference};

/// The union of lasting events.
pub(crate) const CHANGE: &str = "Change";
/// The union of all events of a room.
pub(crate) const ROOM_EVENT: &str = "RoomEvent";

/// Adds the schemas of all events, those that they refer to, and their unions.
pub(crate) fn add(operation: &mut Operation) {
    operation.schemas.extend(schemas());
}

/// The schemas of all events, of what they refer to, and of their unions, by name.
pub(crate) fn schemas() -> Map<String, Json> {
    let mut all = Map::new();
    let events = events(&mut all);
    let lasting = events.iter().filter(|event| event.lasting);
    all.insert(CHANGE.into(), union("A lasting event of a room.", lasting));
    all.insert(ROOM_EVENT.into(), union("An event of a room.", events.iter()));
    all.extend(events.into_iter().map(|event| (name(event.action), event.schema)));
    all
}

/// An example of an event.
pub(crate) fn example() -> Json {
    json!(ChangeBody::from(&super::samples::change()))
}

struct Event {
    action: &'static str,
    /// Whether the event is kept in the room's log.
    lasting: bool,
    schema: Json,
}

/// The name of an event's schema: `new-message` is `NewMessageEvent`.
fn name(action: &str) -> String {
    let mut name = String::new();
    for part in action.split('-') {
        name.push_str(&part[..1].to_uppercase());
        name.push_str(&part[1..]);
    }
    name + "Event"
}

fn union<'a>(about: &str, events: impl Iterator<Item = &'a Event>) -> Json {
    let (mut variants, mut mapping) = (vec![], Map::new());
    for event in events {
        let reference = reference(&name(event.action));
        mapping.insert(event.action.into(), reference["$ref"].clone());
        variants.push(reference);
    }
    json!({"description": about, "oneOf": variants,
        "discriminator": {"propertyName": "action", "mapping": mapping}})
}

/// All events; the schemas of what they refer to are added to `all`.
fn events(all: &mut Map<String, Json>) -> Vec<Event> {
    let lasting = true;
    vec![
        event::<MessageBody>("new-message", lasting, "A message was sent.", all),
        event::<MessageBody>("message-edited", lasting, "A message was edited.", all),
        event::<DeletedMessageBody>("message-deleted", lasting, "A message was deleted.", all),
        event::<MemberBody>("member-added", lasting, "A user became a member.", all),
        event::<MemberBody>("member-removed", lasting, "A user is no longer a member.", all),
        event::<MemberBody>("role-changed", lasting, "A member's role changed.", all),
        event::<RoomUpdatedBody>("room-updated", lasting, "The room changed.", all),
        event::<RoomBody>("room-deleted", lasting, "The room was deleted.", all),
        event::<PresenceBody>("user-joined", false, "A user connected to the room.", all),
        event::<PresenceBody>("user-left", false, "A user disconnected from the room.", all),
        event::<PresenceBody>("typing", false, "A user is typing.", all),
        event::<ReadBody>("read", false, "A member has read up to a message.", all),
        event::<RoomBody>("caught-up", false, "The replay is over; live events follow.", all),
    ]
}

/// The event of an action with the members of a type.
fn event<T: ToSchema>(
    action: &'static str,
    lasting: bool,
    about: &str,
    all: &mut Map<String, Json>,
) -> Event {
    let mut referred = vec![];
    T::schemas(&mut referred);
    let referred = referred.into_iter().map(|(name, schema)| (name, json!(schema)));
    all.extend(referred);
    let mut schema = json!(T::schema());
    schema["description"] = json!(about);
    schema["properties"]["action"] = json!({"type": "string", "const": action});
    if let Some(required) = schema["required"].as_array_mut() {
        required.push(json!("action"));
    }
    Event { action, lasting, schema }
}
