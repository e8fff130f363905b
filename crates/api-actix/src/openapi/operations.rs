//! What is said of each line of the route table.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::answers::{data, failure, list, success, whole};
use super::downloads;
use super::requests::{self, PAGES};
use crate::rest::{Caller, Endpoint};

/// The chapters of the description.
pub(super) const TAGS: &[(&str, &str)] = &[
    ("accounts", "Signing up, logging in, the own account."),
    ("rooms", "Rooms, and who may see them."),
    ("members", "Joining, leaving, roles."),
    ("invitations", "Asking people into rooms."),
    ("messages", "What is said: sent once, in one order, for all."),
    ("files", "What messages show besides words: streamed in, streamed out."),
    ("live", "What happens, as it happens, and what was missed."),
];

/// What an operation answers when all is well.
enum Answer {
    /// So much data, at this status.
    One(u16, &'static str),
    /// 201 where it is new, 200 where it had been there.
    Made(&'static str),
    /// 201.
    Created(&'static str),
    /// Numbered pages.
    Pages(&'static str),
    /// Windows between cursors.
    Windows(&'static str),
    /// Stretches of changes.
    Stretches(&'static str),
    /// All there is.
    Whole(&'static str),
    /// Server-sent events.
    Stream,
    /// A file's bytes.
    Bytes,
    /// 204.
    Nothing,
}

pub(super) struct Operation {
    method: &'static str,
    path: &'static str,
    pub(super) id: &'static str,
    tag: &'static str,
    summary: &'static str,
    query: Vec<&'static str>,
    body: Option<&'static str>,
    answer: Answer,
    refusals: Vec<(u16, &'static str)>,
}

const ROOM: (u16, &str) = (404, "ROOM_NOT_FOUND");
const MESSAGE: (u16, &str) = (404, "MESSAGE_NOT_FOUND");
const FILE: (u16, &str) = (404, "FILE_NOT_FOUND");
const MEMBER: (u16, &str) = (404, "MEMBER_NOT_FOUND");
const STRANGER: (u16, &str) = (403, "NOT_A_MEMBER");
const NO_ADMIN: (u16, &str) = (403, "ADMIN_REQUIRED");
const LAST_ADMIN: (u16, &str) = (409, "LAST_ADMIN");

/// Method and path; id, chapter and summary; parameters; body; answer; what the rules may refuse.
#[rustfmt::skip]
fn all() -> Vec<Operation> {
    use Answer::{Bytes, Created, Made, Nothing, One, Pages, Stream, Stretches, Whole, Windows};
    let operation = |(method, path), (id, tag, summary), query: &[&'static str], body, answer, refusals: &[_]| Operation {
        method, path, id, tag, summary, query: query.to_vec(), body, answer, refusals: refusals.to_vec(),
    };
    let rooms = [PAGES, &["search", "visibility", "joined", "sort", "order"]].concat();
    let members = [PAGES, &["role"]].concat();
    let history = ["limit", "position", "order", "type", "senderId", "markRead"];
    vec![
        operation(("POST", "/api/auth/signup"), ("signUp", "accounts", "Makes an account"), &[], Some("SignUp"),
            Created("Account"), &[(409, "USERNAME_TAKEN"), (409, "EMAIL_TAKEN")]),
        operation(("POST", "/api/auth/login"), ("logIn", "accounts", "Begins a session"), &[], Some("LogIn"),
            One(200, "Token"), &[(401, "INVALID_CREDENTIALS")]),
        operation(("POST", "/api/auth/refresh"), ("refreshToken", "accounts", "A new token for the same session"), &[], None,
            One(200, "Token"), &[]),
        operation(("POST", "/api/auth/logout"), ("logOut", "accounts", "Ends the session"), &[], None, Nothing, &[]),
        operation(("GET", "/api/users/me"), ("showAccount", "accounts", "The own account"), &[], None,
            One(200, "Account"), &[]),
        operation(("PATCH", "/api/users/me"), ("changePassword", "accounts", "Changes the password; other sessions end"),
            &[], Some("ChangePassword"), One(200, "Account"), &[(401, "INVALID_CREDENTIALS")]),
        operation(("GET", "/api/invitations"), ("listMyInvitations", "invitations", "The caller's own invitations"), PAGES,
            None, Pages("OpenInvitation"), &[]),
        operation(("GET", "/api/rooms"), ("listRooms", "rooms", "Public rooms, and the caller's private ones"), &rooms, None,
            Pages("Room"), &[]),
        operation(("POST", "/api/rooms"), ("createRoom", "rooms", "Makes a room; its maker becomes its admin"), &[],
            Some("CreateRoom"), Created("Room"), &[]),
        operation(("GET", "/api/rooms/{id}"), ("showRoom", "rooms", "One room"), &[], None, One(200, "Room"), &[ROOM]),
        operation(("PUT", "/api/rooms/{id}"), ("putRoom", "rooms", "Changes a room; absent fields stay"), &[],
            Some("ChangeRoom"), One(200, "Room"), &[ROOM, STRANGER, NO_ADMIN]),
        operation(("PATCH", "/api/rooms/{id}"), ("changeRoom", "rooms", "Changes a room; absent fields stay"), &[],
            Some("ChangeRoom"), One(200, "Room"), &[ROOM, STRANGER, NO_ADMIN]),
        operation(("DELETE", "/api/rooms/{id}"), ("deleteRoom", "rooms", "Deletes a room, for everybody and at once"), &[],
            None, Nothing, &[ROOM, STRANGER, NO_ADMIN]),
        operation(("POST", "/api/rooms/{id}/join"), ("joinRoom", "members", "Becomes a member"), &[], None,
            One(200, "Mine"), &[ROOM]),
        operation(("POST", "/api/rooms/{id}/leave"), ("leaveRoom", "members", "Ends the own membership"), &[], None,
            Nothing, &[ROOM, STRANGER, LAST_ADMIN]),
        operation(("GET", "/api/rooms/{id}/members"), ("listMembers", "members", "Who is in the room"), &members, None,
            Pages("RoomMember"), &[ROOM]),
        operation(("PATCH", "/api/rooms/{id}/members/{userId}"), ("changeRole", "members", "Changes a member's role"), &[],
            Some("ChangeRole"), One(200, "RoomMember"), &[ROOM, STRANGER, MEMBER, NO_ADMIN, LAST_ADMIN]),
        operation(("DELETE", "/api/rooms/{id}/members/{userId}"), ("removeMember", "members", "Removes a member"), &[], None,
            Nothing, &[ROOM, STRANGER, MEMBER, NO_ADMIN, LAST_ADMIN]),
        operation(("GET", "/api/rooms/{id}/invitations"), ("listRoomInvitations", "invitations", "The room's open invitations"),
            PAGES, None, Pages("OpenInvitation"), &[ROOM, STRANGER, NO_ADMIN]),
        operation(("POST", "/api/rooms/{id}/invitations"), ("invite", "invitations", "Invites somebody"), &[], Some("Invite"),
            Made("OpenInvitation"), &[ROOM, STRANGER, (404, "USER_NOT_FOUND"), NO_ADMIN, (409, "ALREADY_MEMBER")]),
        operation(("DELETE", "/api/rooms/{id}/invitations/{userId}"), ("withdrawInvitation", "invitations",
            "Takes an invitation back, or declines it"), &[], None, Nothing,
            &[ROOM, STRANGER, (404, "INVITATION_NOT_FOUND"), NO_ADMIN]),
        operation(("GET", "/api/rooms/{id}/messages"), ("readHistory", "messages", "The room's messages"), &history, None,
            Windows("RoomMessage"), &[ROOM, STRANGER, (400, "INVALID_CURSOR")]),
        operation(("POST", "/api/rooms/{id}/messages"), ("sendMessage", "messages", "Says something; answered, it is on disk"),
            &[], Some("SendMessage"), Made("RoomMessage"),
            &[ROOM, STRANGER, (404, "FILE_NOT_FOUND"), (409, "IDEMPOTENCY_CONFLICT")]),
        operation(("GET", "/api/rooms/{id}/messages/{messageId}"), ("showMessage", "messages", "One message"), &[], None,
            One(200, "RoomMessage"), &[ROOM, STRANGER, MESSAGE]),
        operation(("PATCH", "/api/rooms/{id}/messages/{messageId}"), ("editMessage", "messages", "Changes what it says"), &[],
            Some("EditMessage"), One(200, "RoomMessage"), &[ROOM, STRANGER, MESSAGE, (403, "NOT_ALLOWED")]),
        operation(("DELETE", "/api/rooms/{id}/messages/{messageId}"), ("deleteMessage", "messages", "Leaves a tombstone"), &[],
            None, Nothing, &[ROOM, STRANGER, MESSAGE, (403, "NOT_ALLOWED")]),
        operation(("GET", "/api/rooms/{id}/changes"), ("listChanges", "live", "What changed after a revision"),
            &["sinceRevision", "limit"], None, Stretches("Change"), &[ROOM, STRANGER]),
        operation(("GET", "/api/rooms/{id}/presence"), ("listPresence", "live", "Who is in the room right now"), &[], None,
            Whole("PresentUser"), &[ROOM]),
        operation(("GET", "/api/rooms/{id}/events"), ("listen", "live", "The room's events as server-sent events"),
            &["since", "token"], None, Stream, &[ROOM, STRANGER]),
        operation(("POST", "/api/rooms/{id}/read"), ("markRead", "messages", "Moves the reading mark, never back"), &[],
            Some("MarkRead"), Nothing, &[ROOM, STRANGER]),
        operation(("POST", "/api/files"), ("uploadFile", "files", "Uploads a file, for messages to show"), &[],
            Some("UploadFile"), Created("SharedFile"), &[]),
        operation(("GET", "/api/files"), ("listFiles", "files", "The caller's own, newest first"), PAGES, None,
            Pages("SharedFile"), &[]),
        operation(("GET", "/api/files/{id}"), ("downloadFile", "files", "The bytes, whole or a range of them"), &[], None,
            Bytes, &[FILE, (416, "RANGE_NOT_SATISFIABLE")]),
        operation(("DELETE", "/api/files/{id}"), ("deleteFile", "files", "Deletes a file that no message shows"), &[], None,
            Nothing, &[FILE, (409, "FILE_IN_USE")]),
    ]
}

/// What is said of an endpoint.
pub(super) fn find(endpoint: &Endpoint) -> Option<Operation> {
    all().into_iter().find(|o| o.path == endpoint.path && o.method == endpoint.method.as_str())
}

/// The method and path of everything that is described.
#[cfg(test)]
pub(super) fn described() -> Vec<(String, &'static str)> {
    all().into_iter().map(|o| (o.method.to_owned(), o.path)).collect()
}

impl Operation {
    /// The operation as OpenAPI writes it, with what every operation of its kind may answer.
    pub(super) fn render(&self, endpoint: &Endpoint) -> Value {
        let ids = self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let mut parameters: Vec<Value> = ids.map(|name| requests::path(self.path, name)).collect();
        parameters.extend(self.query.iter().map(|name| requests::query(name)));
        if self.id == "listen" {
            parameters.push(json!({"name": "Last-Event-ID", "in": "header",
                "description": "The last id a stream had; wins over `since`.",
                "schema": {"type": "integer", "minimum": 0, "maximum": i64::MAX}}));
        }
        if self.id == "downloadFile" {
            for (name, about, schema) in downloads::headers() {
                parameters
                    .push(json!({"name": name, "in": "header", "description": about, "schema": schema}));
            }
        }
        if self.id == "sendMessage" {
            parameters.push(json!({"name": "Idempotency-Key", "in": "header",
                "description": "Another way to send clientId, which wins where both are sent.",
                "schema": {"type": "string", "pattern": "^[!-~]{1,64}$"}}));
        }
        let mut rendered = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "parameters": parameters,
            "responses": self.responses(endpoint, !parameters.is_empty()),
        });
        if let Some(operation) = rendered.as_object_mut() {
            let token = json!({"token": []});
            match endpoint.caller {
                Caller::SignedIn | Caller::Sender | Caller::Listener => {
                    drop(operation.insert("security".into(), json!([token])));
                }
                Caller::Anyone => drop(operation.insert("security".into(), json!([{}, token]))),
                Caller::NewComer => {}
            }
            if let Some(body) = self.body {
                let schema = json!({"$ref": format!("#/components/schemas/{body}")});
                let content = json!({self.body_type(): {"schema": schema}});
                operation.insert("requestBody".into(), json!({"required": true, "content": content}));
            }
        }
        rendered
    }

    /// What a body is sent as.
    fn body_type(&self) -> &'static str {
        if self.id == "uploadFile" { "multipart/form-data" } else { "application/json" }
    }

    fn responses(&self, endpoint: &Endpoint, has_parameters: bool) -> Map<String, Value> {
        let mut failures: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
        let mut may = |status, code| failures.entry(status).or_default().push(code);
        if has_parameters || self.body.is_some() {
            may(400, "VALIDATION_FAILED");
        }
        if self.body.is_some() {
            if self.body_type() == "application/json" {
                may(400, "MALFORMED_JSON");
            }
            may(408, "REQUEST_TIMEOUT");
            may(413, "PAYLOAD_TOO_LARGE");
            may(415, "UNSUPPORTED_MEDIA_TYPE");
        }
        if endpoint.caller != Caller::NewComer {
            may(401, "UNAUTHENTICATED");
        }
        for (status, code) in &self.refusals {
            may(*status, code);
        }
        may(429, "RATE_LIMITED");
        may(500, "INTERNAL");
        may(503, "UNAVAILABLE");
        let mut all: Map<String, Value> =
            failures.iter().map(|(status, codes)| (status.to_string(), failure(*status, codes))).collect();
        let mut good = |status: u16, about: &str, schema| {
            all.insert(status.to_string(), success(about, schema, status == 201));
        };
        match self.answer {
            Answer::One(status, schema) => good(status, "Done.", Some(data(schema))),
            Answer::Created(schema) => good(201, "Made.", Some(data(schema))),
            Answer::Made(schema) => {
                good(201, "Made.", Some(data(schema)));
                good(200, "It had been there.", Some(data(schema)));
            }
            Answer::Pages(schema) => good(200, "One page.", Some(list(schema, "PageInfo"))),
            Answer::Windows(schema) => good(200, "One window.", Some(list(schema, "CursorInfo"))),
            Answer::Stretches(schema) => good(200, "One stretch.", Some(list(schema, "StretchInfo"))),
            Answer::Whole(schema) => good(200, "All of them.", Some(whole(schema))),
            Answer::Stream => {
                let schema =
                    json!({"type": "string", "description": "`id:` is the revision, `event:` the name."});
                let mut answer = success("Events, until one side ends it.", None, false);
                answer["content"] = json!({"text/event-stream": {"schema": schema}});
                all.insert("200".into(), answer);
            }
            Answer::Bytes => {
                for (status, about) in downloads::ANSWERS {
                    let mut answer = success(about, None, false);
                    answer["content"] = json!({"*/*": {"schema": {"type": "string", "format": "binary"}}});
                    all.insert(status.to_string(), answer);
                }
                all.insert("304".into(), success("The client has it already.", None, false));
            }
            Answer::Nothing => good(204, "Done.", None),
        }
        all
    }
}
