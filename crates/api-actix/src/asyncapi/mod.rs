//! The `AsyncAPI` 3 description of the live transports: `/chat`, the event streams and Socket.IO. Its schemas are those of the
//! types that are sent.

mod channels;
mod messages;

use actix_web::{HttpRequest, HttpResponse, web};
use live::links;
use serde_json::{Map, Value, json};

use crate::http::page;
use crate::state::AppState;
use messages::Messages;

const INTRODUCTION: &str = "Live events of Parlor's rooms over a WebSocket, server-sent events and Socket.IO, in one \
    vocabulary. A lasting event has the room's `revision`, which counts without a gap: a client that was away names the last \
    one it has as `since`, and receives what it missed, then `caught-up`. The REST API is described at `/api/openapi.json`.";

/// The servers of the description, by name: the scheme of the address and its path.
const SERVERS: &[(&str, &str, &str)] = &[
    ("websocket", "ws", "The WebSocket."),
    ("http", "http", "Server-sent events over HTTP."),
    (
        "socketio",
        "socketio",
        "Socket.IO v4 (Engine.IO 4), over long polling and WebSocket, at the path `/socket.io/`.",
    ),
];

/// Describes the live transports of a server at `host`, below the path `prefix`, reached over TLS if `secure`.
pub(crate) fn document(host: &str, prefix: &str, secure: bool) -> Value {
    let messages = Messages::all();
    let servers: Map<String, Value> = SERVERS
        .iter()
        .map(|(name, protocol, about)| {
            let secured = secure && *name != "socketio";
            let protocol = if secured { format!("{protocol}s") } else { (*protocol).to_owned() };
            let security = json!([{"$ref": "#/components/securitySchemes/token"}]);
            let mut server =
                json!({"host": host, "protocol": protocol, "description": about, "security": security});
            if !prefix.is_empty() {
                server["pathname"] = json!(prefix);
            }
            ((*name).to_owned(), server)
        })
        .collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Parlor's live events",
            "version": env!("CARGO_PKG_VERSION"),
            "description": INTRODUCTION,
            "license": {"name": "MIT OR Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": servers,
        "channels": channels::all(&messages),
        "operations": channels::operations(&messages),
        "components": {
            "messages": messages.components(),
            "schemas": messages.schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "The accessToken of a login. `/chat` takes it as the subprotocol \
                        `bearer.<token>` too, and Socket.IO as `auth: {token}`. `/chat` and the streams also take a ticket of \
                        `POST /api/auth/tickets` as `?ticket=`; the token as `?token=` is deprecated."},
            },
        },
    })
}

/// Adds `/api/asyncapi.json`.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.service(page(
        "/api/asyncapi.json",
        |request: HttpRequest, state: web::Data<AppState>| async move {
            let origin = state.settings.named_origin(&request);
            let url = links::public_url().or(origin.as_deref()).unwrap_or("http://localhost");
            let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
            let (host, prefix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            HttpResponse::Ok().json(document(host, prefix, scheme == "https"))
        },
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each(value: &Value, visit: &mut impl FnMut(&Map<String, Value>)) {
        match value {
            Value::Object(members) => {
                visit(members);
                members.values().for_each(|member| each(member, visit));
            }
            Value::Array(items) => items.iter().for_each(|item| each(item, visit)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document("localhost", "", false);
        let mut references = 0;
        each(&document, &mut |members| {
            if let Some(Value::String(target)) = members.get("$ref") {
                references += 1;
                let pointer = target.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{target}");
            }
        });
        assert!(references > 100, "{references}");
    }

    #[test]
    fn every_message_is_sent_or_received() {
        let document = document("localhost", "", false);
        let operations = document["operations"].to_string();
        for (name, channel) in document["channels"].as_object().unwrap() {
            for message in channel["messages"].as_object().unwrap().keys() {
                let reference = format!("\"#/channels/{name}/messages/{message}\"");
                assert!(operations.contains(&reference), "{reference}");
            }
        }
    }

    #[test]
    fn the_committed_snapshot_is_the_document() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/asyncapi.json");
        let current = serde_json::to_string_pretty(&document("localhost:3020", "", false)).unwrap() + "\n";
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(path, &current).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == current,
            "docs/asyncapi.json differs; UPDATE_SNAPSHOTS=1 cargo test -p api-actix the_committed_snapshot writes it"
        );
    }
}
