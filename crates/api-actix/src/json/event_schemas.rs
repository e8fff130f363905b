//! The schemas of events, made from the types that every live transport sends: one for each action, and the unions of them.

use live::{ChangeBody, EphemeralBody, PersonalBody};
use serde_json::{Map, Value as Json, json};
use utoipa::ToSchema;

use crate::http::{Operation, reference};

/// The union of lasting events.
pub(crate) const CHANGE: &str = "Change";
/// The union of all events of a room: [`CHANGE`], and those that do not last.
pub(crate) const ROOM_EVENT: &str = "RoomEvent";
/// The union of all events of a subscription to all rooms: [`CHANGE`], and those that concern its user alone.
pub(crate) const SUBSCRIPTION_EVENT: &str = "SubscriptionEvent";

/// Adds the schemas of all events, those that they refer to, and their unions; with an example of one.
pub(crate) fn add(operation: &mut Operation) {
    operation.schemas.extend(schemas());
    let example = json!(ChangeBody::from(&super::samples::change()));
    let name = name(example["action"].as_str().unwrap_or_default());
    operation.examples.insert(name, example);
}

/// Returns the schemas of all events, those that they refer to, and their unions, by name.
pub(crate) fn schemas() -> Map<String, Json> {
    let mut operation = Operation::default();
    let changes = events::<ChangeBody>(&mut operation, name);
    let others = events::<EphemeralBody>(&mut operation, name);
    let personal = events::<PersonalBody>(&mut operation, personal_name);
    let mut all = operation.schemas;
    let mut change = union("A lasting event of a room.", &variants(&changes));
    let mapping = changes.iter().map(|(action, name)| (action.clone(), reference(name)["$ref"].clone()));
    let mapping: Map<String, Json> = mapping.collect();
    change["discriminator"] = json!({"propertyName": "action", "mapping": mapping});
    all.insert(CHANGE.into(), change);
    let or = |about, others: &[(String, String)]| {
        union(about, &[vec![reference(CHANGE)], variants(others)].concat())
    };
    all.insert(SUBSCRIPTION_EVENT.into(), or("An event of a subscription to all rooms.", &personal));
    all.insert(ROOM_EVENT.into(), or("An event of a room.", &others));
    // Events have taken over their members.
    all.retain(|name, _| !name.ends_with("Body"));
    all
}

/// Adds a schema for each variant of an enumeration that is tagged by `action`; returns their actions, and their names.
fn events<T: ToSchema>(operation: &mut Operation, name: fn(&str) -> String) -> Vec<(String, String)> {
    let union = operation.schema::<T>();
    let mut union = operation.schemas.remove(&union).unwrap_or_default();
    let variants = union["oneOf"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let mut actions = vec![];
    for variant in variants {
        let mut event = json!({"type": "object", "description": variant["description"]});
        merge(&mut event, &variant, &operation.schemas);
        let action = event["properties"]["action"]["enum"][0].as_str().unwrap_or_default().to_owned();
        event["properties"]["action"] = json!({"type": "string", "const": action});
        let name = name(&action);
        operation.schemas.insert(name.clone(), event);
        actions.push((action, name));
    }
    actions
}

/// Adds the members of an object, of one that is referred to, or of several together.
fn merge(event: &mut Json, schema: &Json, schemas: &Map<String, Json>) {
    for part in schema["allOf"].as_array().into_iter().flatten() {
        merge(event, part, schemas);
    }
    let target = schema["$ref"].as_str().and_then(|target| target.rsplit('/').next());
    if let Some(target) = target.and_then(|name| schemas.get(name)) {
        merge(event, target, schemas);
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        event["properties"][name] = member.clone();
    }
    let mut required = event["required"].as_array().cloned().unwrap_or_default();
    required.extend(schema["required"].as_array().into_iter().flatten().cloned());
    event["required"] = required.into();
}

/// The name of an event's schema: `new-message` is `NewMessageEvent`.
fn name(action: &str) -> String {
    let mut name = String::new();
    for part in action.split('-') {
        let (first, rest) = part.split_at(part.len().min(1));
        name.push_str(&first.to_uppercase());
        name.push_str(rest);
    }
    name + "Event"
}

/// The name of an event's schema that concerns a user alone: their own `read` is another than that of others, and
/// [`ROOM_EVENT`] is the union of the events of a room.
fn personal_name(action: &str) -> String {
    match action {
        "read" => "OwnReadEvent".to_owned(),
        "room" => "RoomSummaryEvent".to_owned(),
        _ => name(action),
    }
}

fn variants(events: &[(String, String)]) -> Vec<Json> {
    events.iter().map(|(_, name)| reference(name)).collect()
}

fn union(about: &str, variants: &[Json]) -> Json {
    json!({"description": about, "oneOf": variants})
}
