//! The channels of the description, and what is sent and received on each.

use domain::room::Revision;
use serde_json::{Map, Value, json};

use super::messages::{Message, Messages};
use crate::http::sync_cursor::SyncCursor;
use crate::http::{Property, object};

const CHAT: &str = "chat";
const STREAM: &str = "roomEvents";
const ALL_ROOMS: &str = "allEvents";
const SOCKETIO: &str = "socketio";

/// The messages of Socket.IO from the server: those of the WebSocket, save that a new message has names of its own.
fn socketio_events(messages: &Messages) -> impl Iterator<Item = &Message> {
    let others = messages.events.iter().filter(|message| message.key != "new-message");
    messages.sent_by_socketio.iter().chain(others).chain(&messages.personal)
}

/// Describes the channels.
pub(super) fn all(messages: &Messages) -> Value {
    let frames = messages.frames.iter().map(|(frame, _)| frame);
    let chat = frames.chain(&messages.answers).chain(&messages.events).chain(&messages.personal);
    let all_rooms = messages.lasting.iter().chain(&messages.personal);
    let socketio = messages.client_events.iter().chain([&messages.acknowledgement]);
    json!({
        CHAT: {
            "address": "/chat",
            "title": "WebSocket",
            "description": "Text frames of JSON, of at most 64 KiB each. A frame with a `ref` is answered by `ack` or `error` \
                with the same `ref`; one that is not valid is answered by `error`.",
            "servers": [{"$ref": "#/servers/websocket"}],
            "messages": components(chat),
            "bindings": {"ws": {"method": "GET", "query": query(false)}},
        },
        STREAM: {
            "address": "/api/rooms/{id}/events",
            "title": "Server-sent events",
            "description": "The events of one room, for members. `event` is the name, `data` the payload, and `id` the revision \
                of a lasting event and of `caught-up`.",
            "servers": [{"$ref": "#/servers/http"}],
            "parameters": {"id": {"description": "The room's id.", "examples": [crate::json::samples::ROOM.0]}},
            "messages": components(messages.events.iter()),
        },
        ALL_ROOMS: {
            "address": "/api/events",
            "title": "Server-sent events of all rooms",
            "description": "The events of all rooms of the caller. `event` is the name, `data` the payload, and `id` the cursor \
                of `synced`.",
            "servers": [{"$ref": "#/servers/http"}],
            "messages": components(all_rooms),
        },
        SOCKETIO: {
            "address": "/",
            "title": "Socket.IO",
            "description": "The namespace `/`. An event's payload is its first argument; the acknowledgement callback answers it.",
            "servers": [{"$ref": "#/servers/socketio"}],
            "messages": components(socketio.chain(socketio_events(messages))),
        },
    })
}

/// Describes what the server receives and sends on the channels.
pub(super) fn operations(messages: &Messages) -> Value {
    let mut all = Map::new();
    for (frame, answers) in &messages.frames {
        all.insert(frame.key.replace("client.", "chat-"), received(CHAT, frame, answers));
    }
    let title = "Deliver the events of joined rooms, and of a subscription";
    let chat = messages.events.iter().chain(&messages.personal);
    all.insert("chat-events".into(), sent(CHAT, title, chat));
    let all_rooms = messages.lasting.iter().chain(&messages.personal);
    let mut stream = sent(ALL_ROOMS, "Deliver the events of all rooms", all_rooms);
    stream["bindings"] = json!({"http": {"method": "GET", "query": all_rooms_query()}});
    all.insert("all-events".into(), stream);
    let mut stream = sent(STREAM, "Deliver the events of a room", messages.events.iter());
    stream["bindings"] = json!({"http": {"method": "GET", "query": query(true)}});
    all.insert("room-events".into(), stream);
    for event in &messages.client_events {
        let operation = received(SOCKETIO, event, &["acknowledgement"]);
        all.insert(event.key.replace("socketio.", "socketio-"), operation);
    }
    all.insert("socketio-events".into(), sent(SOCKETIO, title, socketio_events(messages)));
    Value::Object(all)
}

/// The server receives one message, and answers it on the same channel.
fn received(channel: &str, message: &Message, answers: &[&str]) -> Value {
    let channel_reference = json!({"$ref": format!("#/channels/{channel}")});
    let answers: Vec<Value> = answers.iter().map(|answer| in_channel(channel, answer)).collect();
    json!({"action": "receive", "title": message.title(), "channel": channel_reference,
        "messages": [in_channel(channel, &message.key)],
        "reply": {"channel": channel_reference, "messages": answers}})
}

/// The server sends messages, unasked.
fn sent<'a>(channel: &str, title: &str, messages: impl Iterator<Item = &'a Message>) -> Value {
    let messages: Vec<Value> = messages.map(|message| in_channel(channel, &message.key)).collect();
    json!({"action": "send", "title": title, "channel": {"$ref": format!("#/channels/{channel}")}, "messages": messages})
}

fn in_channel(channel: &str, message: &str) -> Value {
    json!({"$ref": format!("#/channels/{channel}/messages/{message}")})
}

fn components<'a>(messages: impl Iterator<Item = &'a Message>) -> Value {
    let reference = |message: &Message| json!({"$ref": format!("#/components/messages/{}", message.key)});
    Value::Object(messages.map(|message| (message.key.clone(), reference(message))).collect())
}

/// The parameters in the query of a stream of all rooms.
fn all_rooms_query() -> Value {
    let mut all = query(false);
    let since =
        Property::of::<Option<SyncCursor>>("since", "The cursor of an earlier `synced`, or of a sync.");
    all["properties"]["since"] = since.schema;
    all
}

/// The parameters in the query of a handshake, or of a stream that resumes.
fn query(resumes: bool) -> Value {
    let ticket = Property::of::<Option<String>>(
        "ticket",
        "A ticket of POST /api/auth/tickets, good once, for clients that can't send headers.",
    );
    let token = Property::of::<Option<String>>(
        "token",
        "The accessToken of a login. Send a ticket instead: URLs end up in logs.",
    )
    .deprecated();
    let since = Property::of::<Option<Revision>>("since", "The last revision that the client has.");
    let all = [ticket, token, since];
    object(if resumes { &all } else { &all[..2] })
}
