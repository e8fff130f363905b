//! The language of `journeys.txt`: one step of a user a line.

use anyhow::{Context, bail};
use parlor_client::Method;

use super::route::{self, Route};

/// The name in a user's memory of the token that requests carry.
pub(super) const TOKEN: &str = "token";

/// A step of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// The line of the report: a route, or an action on a connection.
    pub(super) row: String,
    /// The name in the user's memory of the token that it carries.
    pub(super) by: String,
    pub(super) action: Action,
    /// The names under which parts of the answer are kept, and the pointers to these parts.
    pub(super) keep: Vec<(String, String)>,
}

/// The work of a step. `<names>` in its texts stand for what the user remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    Request {
        method: Method,
        path: String,
        body: Option<Body>,
    },
    /// Opens a WebSocket of `{"action": …}` frames.
    OpenWebSocket {
        path: String,
    },
    OpenSocketIo {
        path: String,
    },
    /// Opens server-sent events.
    OpenEvents {
        path: String,
    },
    /// Sends a frame on the WebSocket and waits for its acknowledgement.
    Frame {
        json: String,
    },
    /// Sends an event on Socket.IO, with an argument or none, and waits for its acknowledgement.
    Emit {
        event: String,
        json: String,
    },
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    Json(String),
    /// A form with a file.
    File,
}

/// Reads a step. `None` where the server has no such route: it is of a dialect that is off.
pub(super) fn step(line: &str, routes: &[Route]) -> anyhow::Result<Option<Step>> {
    let (line, kept) = line.split_once(" > ").unwrap_or((line, ""));
    let keep = kept.split_whitespace().map(|pair| {
        let (name, pointer) = pair.split_once('=').with_context(|| format!("{pair} is no name=/pointer"))?;
        Ok((name.to_owned(), pointer.to_owned()))
    });
    let keep = keep.collect::<anyhow::Result<_>>()?;
    let (by, line) = match line.strip_prefix("by ") {
        Some(rest) => rest.split_once(' ').context("nothing follows the name of the token")?,
        None => (TOKEN, line),
    };
    let (verb, rest) = line.split_once(' ').with_context(|| format!("{line} is no step"))?;
    let (target, body) = rest.split_once(' ').unwrap_or((rest, ""));
    let path = target.to_owned();
    let (row, action) = match verb {
        "FRAME" => (format!("WebSocket {target}"), Action::Frame { json: framed(target, body)? }),
        "EMIT" => (format!("Socket.IO {target}"), Action::Emit { event: path, json: body.to_owned() }),
        _ => {
            let method = if verb.starts_with("OPEN-") { "GET" } else { verb };
            let Some(route) = route::find(routes, method, target) else { return Ok(None) };
            let action = match verb {
                "OPEN-WEBSOCKET" => Action::OpenWebSocket { path },
                "OPEN-SOCKET.IO" => Action::OpenSocketIo { path },
                "OPEN-EVENTS" => Action::OpenEvents { path },
                _ => Action::Request { method: verb.parse()?, path, body: self::body(body)? },
            };
            (route.to_string(), action)
        }
    };
    Ok(Some(Step { row, by: by.to_owned(), action, keep }))
}

/// Writes the action into the fields of a frame. The reference that its acknowledgement carries is filled in when it is sent.
fn framed(action: &str, fields: &str) -> anyhow::Result<String> {
    let fields = if fields.is_empty() {
        String::new()
    } else {
        let inner = fields.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        format!(",{}", inner.with_context(|| format!("{fields} are no fields of a frame"))?)
    };
    Ok(format!(r#"{{"action":"{action}","ref":"<ref>"{fields}}}"#))
}

fn body(text: &str) -> anyhow::Result<Option<Body>> {
    Ok(match text {
        "" => None,
        "FILE" => Some(Body::File),
        json if json.starts_with('{') => Some(Body::Json(json.to_owned())),
        other => bail!("{other} is neither JSON nor FILE"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Step {
        let routes = [
            Route::new("POST", "/api/rooms/{id}/messages"),
            Route::new("POST", "/api/files"),
            Route::new("GET", "/chat"),
        ];
        step(line, &routes).unwrap().unwrap()
    }

    #[test]
    fn a_request_has_a_route_a_sender_a_body_and_what_is_kept() {
        let step = read(
            r#"by friend POST /api/rooms/<room>/messages {"content": "Hello"} > message=/data/id seq=/data/seq"#,
        );
        assert_eq!(step.row, "POST /api/rooms/{id}/messages");
        assert_eq!(step.by, "friend");
        let action = Action::Request {
            method: Method::POST,
            path: "/api/rooms/<room>/messages".to_owned(),
            body: Some(Body::Json(r#"{"content": "Hello"}"#.to_owned())),
        };
        assert_eq!(step.action, action);
        let keep = [("message", "/data/id"), ("seq", "/data/seq")];
        assert_eq!(step.keep, keep.map(|(name, pointer)| (name.to_owned(), pointer.to_owned())));
    }

    #[test]
    fn a_file_is_a_body_and_a_connection_is_opened_by_get() {
        let upload = read("POST /api/files FILE");
        assert!(matches!(upload.action, Action::Request { body: Some(Body::File), .. }));
        assert_eq!((upload.by.as_str(), read("OPEN-WEBSOCKET /chat").row.as_str()), (TOKEN, "GET /chat"));
    }

    #[test]
    fn frames_carry_their_action_and_a_reference() {
        let Action::Frame { json } = read(r#"FRAME send-message {"message": "Hi"}"#).action else { panic!() };
        assert_eq!(json, r#"{"action":"send-message","ref":"<ref>","message": "Hi"}"#);
        let Action::Frame { json } = read("FRAME ping").action else { panic!() };
        assert_eq!(json, r#"{"action":"ping","ref":"<ref>"}"#);
    }

    #[test]
    fn steps_of_routes_that_are_not_served_are_left_out_and_bad_lines_are_errors() {
        assert_eq!(step("GET /dialects/ryos/api/rooms", &[]).unwrap(), None);
        for line in ["GET", "POST /api/files words", "FRAME join words", "GET /chat > words"] {
            assert!(
                step(line, &[Route::new("GET", "/chat"), Route::new("POST", "/api/files")]).is_err(),
                "{line}"
            );
        }
    }
}
