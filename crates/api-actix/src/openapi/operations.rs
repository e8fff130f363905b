//! What is said of each line of the route table.

use std::collections::BTreeMap;

use actix_web::ResponseError;
use domain::Refusal;
use serde_json::{Map, Value, json};

use super::answers::{data, failure, list, success, whole};
use super::{events, examples, refusals};
use crate::http::{ApiError, Detail};
use crate::routing::schemas::{self as requests, PAGES, WINDOWS};
use crate::routing::{Caller, Endpoint, downloads};

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

/// The body that is no JSON.
const UPLOAD: &str = "UploadFile";

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
    refusals: Vec<Refusal>,
}

const ROOM: Refusal = Refusal::RoomNotFound;
const MESSAGE: Refusal = Refusal::MessageNotFound;
const FILE: Refusal = Refusal::FileNotFound;
const MEMBER: Refusal = Refusal::MemberNotFound;
const STRANGER: Refusal = Refusal::NotAMember;
const NO_ADMIN: Refusal = Refusal::AdminRequired;
const LAST_ADMIN: Refusal = Refusal::LastAdmin;

/// Method and path; id, chapter and summary; parameters; body; answer; what the rules may refuse.
#[rustfmt::skip]
fn all() -> Vec<Operation> {
    use Answer::{Bytes, Created, Made, Nothing, One, Pages, Stream, Stretches, Whole, Windows};
    let operation = |(method, path), (id, tag, summary), query: &[&'static str], body, answer, refusals: &[_]| Operation {
        method, path, id, tag, summary, query: query.to_vec(), body, answer, refusals: refusals.to_vec(),
    };
    let rooms = [PAGES, &["search", "visibility", "joined", "sort", "order"]].concat();
    let members = [PAGES, &["role"]].concat();
    let history = [WINDOWS, "position", "order", "type", "senderId", "markRead"];
    vec![
        operation(("POST", "/api/auth/signup"), ("signUp", "accounts", "Makes an account"), &[], Some("SignUp"),
            Created("Account"), &[Refusal::UsernameTaken, Refusal::EmailTaken]),
        operation(("POST", "/api/auth/login"), ("logIn", "accounts", "Begins a session"), &[], Some("LogIn"),
            One(200, "Token"), &[Refusal::InvalidCredentials]),
        operation(("POST", "/api/auth/refresh"), ("refreshToken", "accounts", "A new token for the same session"), &[], None,
            One(200, "Token"), &[]),
        operation(("POST", "/api/auth/logout"), ("logOut", "accounts", "Ends the session"), &[], None, Nothing, &[]),
        operation(("GET", "/api/users/me"), ("showAccount", "accounts", "The own account"), &[], None,
            One(200, "Account"), &[]),
        operation(("PATCH", "/api/users/me"), ("changePassword", "accounts", "Changes the password; other sessions end"),
            &[], Some("ChangePassword"), One(200, "Account"), &[Refusal::InvalidCredentials]),
        operation(("GET", "/api/invitations"), ("listMyInvitations", "invitations", "The caller's own invitations"), PAGES,
            None, Pages("OpenInvitation"), &[]),
        operation(("GET", "/api/rooms"), ("listRooms", "rooms", "Public rooms, and the caller's private ones"), &rooms, None,
            Pages("Room"), &[]),
        operation(("POST", "/api/rooms"), ("createRoom", "rooms", "Makes a room; its maker becomes its admin"), &[],
            Some("CreateRoom"), Created("Room"), &[]),
        operation(("GET", "/api/rooms/{id}"), ("showRoom", "rooms", "One room"), &[], None, One(200, "Room"), &[ROOM]),
        operation(("PUT", "/api/rooms/{id}"), ("putRoom", "rooms", "Changes a room; absent fields stay"), &[],
            Some("ChangeRoom"), One(200, "Room"), &[ROOM, STRANGER, NO_ADMIN, Refusal::NotAllowed]),
        operation(("PATCH", "/api/rooms/{id}"), ("changeRoom", "rooms", "Changes a room; absent fields stay"), &[],
            Some("ChangeRoom"), One(200, "Room"), &[ROOM, STRANGER, NO_ADMIN, Refusal::NotAllowed]),
        operation(("DELETE", "/api/rooms/{id}"), ("deleteRoom", "rooms", "Deletes a room, for everybody and at once"), &[],
            None, Nothing, &[ROOM, STRANGER, NO_ADMIN]),
        operation(("POST", "/api/rooms/{id}/join"), ("joinRoom", "members", "Becomes a member"), &[], None,
            One(200, "Membership"), &[ROOM]),
        operation(("POST", "/api/rooms/{id}/leave"), ("leaveRoom", "members", "Ends the own membership"), &[], None,
            Nothing, &[ROOM, STRANGER, LAST_ADMIN]),
        operation(("GET", "/api/rooms/{id}/members"), ("listMembers", "members", "Who is in the room"), &members, None,
            Pages("RoomMember"), &[ROOM, STRANGER]),
        operation(("PATCH", "/api/rooms/{id}/members/{userId}"), ("changeRole", "members", "Changes a member's role"), &[],
            Some("ChangeRole"), One(200, "RoomMember"), &[ROOM, STRANGER, MEMBER, NO_ADMIN, LAST_ADMIN]),
        operation(("DELETE", "/api/rooms/{id}/members/{userId}"), ("removeMember", "members", "Removes a member"), &[], None,
            Nothing, &[ROOM, STRANGER, MEMBER, NO_ADMIN, LAST_ADMIN]),
        operation(("GET", "/api/rooms/{id}/invitations"), ("listRoomInvitations", "invitations", "The room's open invitations"),
            PAGES, None, Pages("OpenInvitation"), &[ROOM, STRANGER, NO_ADMIN]),
        operation(("POST", "/api/rooms/{id}/invitations"), ("invite", "invitations", "Invites somebody"), &[], Some("Invite"),
            Made("OpenInvitation"), &[ROOM, STRANGER, Refusal::UserNotFound, NO_ADMIN, Refusal::AlreadyMember]),
        operation(("DELETE", "/api/rooms/{id}/invitations/{userId}"), ("withdrawInvitation", "invitations",
            "Takes an invitation back, or declines it"), &[], None, Nothing,
            &[ROOM, STRANGER, Refusal::InvitationNotFound, NO_ADMIN]),
        operation(("GET", "/api/rooms/{id}/messages"), ("readHistory", "messages", "The room's messages"), &history, None,
            Windows("RoomMessage"), &[ROOM, STRANGER]),
        operation(("POST", "/api/rooms/{id}/messages"), ("sendMessage", "messages", "Says something; answered, it is on disk"),
            &[], Some("SendMessage"), Made("RoomMessage"),
            &[ROOM, STRANGER, FILE, Refusal::IdempotencyConflict]),
        operation(("GET", "/api/rooms/{id}/messages/{messageId}"), ("showMessage", "messages", "One message"), &[], None,
            One(200, "RoomMessage"), &[ROOM, STRANGER, MESSAGE]),
        operation(("PATCH", "/api/rooms/{id}/messages/{messageId}"), ("editMessage", "messages", "Changes what it says"), &[],
            Some("EditMessage"), One(200, "RoomMessage"), &[ROOM, STRANGER, MESSAGE, Refusal::NotAllowed]),
        operation(("DELETE", "/api/rooms/{id}/messages/{messageId}"), ("deleteMessage", "messages", "Leaves a tombstone"), &[],
            None, Nothing, &[ROOM, STRANGER, MESSAGE, Refusal::NotAllowed]),
        operation(("GET", "/api/rooms/{id}/changes"), ("listChanges", "live", "What changed after a revision"),
            &["sinceRevision", WINDOWS], None, Stretches("Change"), &[ROOM, STRANGER]),
        operation(("GET", "/api/rooms/{id}/presence"), ("listPresence", "live", "Who is in the room right now"), &[], None,
            Whole("PresentUser"), &[ROOM, STRANGER]),
        operation(("GET", "/api/rooms/{id}/events"), ("listen", "live", "The room's events as server-sent events"),
            &["since", "token"], None, Stream, &[ROOM, STRANGER]),
        operation(("POST", "/api/rooms/{id}/read"), ("markRead", "messages", "Moves the reading mark, never back"), &[],
            Some("MarkRead"), Nothing, &[ROOM, STRANGER]),
        operation(("POST", "/api/files"), ("uploadFile", "files", "Uploads a file, for messages to show"), &[],
            Some("UploadFile"), Created("File"), &[]),
        operation(("GET", "/api/files"), ("listFiles", "files", "The caller's own, newest first"), PAGES, None,
            Pages("File"), &[]),
        operation(("GET", "/api/files/{id}"), ("downloadFile", "files", "The bytes, whole or a range of them"), &[], None,
            Bytes, &[FILE]),
        operation(("DELETE", "/api/files/{id}"), ("deleteFile", "files", "Deletes a file that no message shows"), &[], None,
            Nothing, &[FILE, Refusal::FileInUse]),
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
                "description": "The last id a stream had, or nothing; wins over `since`.",
                "schema": {"type": "string", "pattern": "^[0-9]{0,18}$"}}));
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
        let responses = self.responses(endpoint, &parameters);
        parameters.push(json!({"$ref": "#/components/parameters/XRequestId"}));
        let mut rendered = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "parameters": parameters,
            "responses": responses,
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
                let mut content = json!({"schema": schema});
                if body != UPLOAD {
                    content["example"] = examples::sent(body);
                }
                let content = json!({self.body_type(): content});
                operation.insert("requestBody".into(), json!({"required": true, "content": content}));
            }
        }
        rendered
    }

    /// What a body is sent as.
    fn body_type(&self) -> &'static str {
        if self.body == Some(UPLOAD) { "multipart/form-data" } else { "application/json" }
    }

    /// A field that may be bad, if there is one, and how.
    fn flaw(&self, parameters: &[Value]) -> Option<(&'static str, &'static str)> {
        match (self.body, parameters.first()) {
            (_, Some(_)) if self.path.contains("{id}") => Some(("id", "must be a UUID")),
            (_, Some(_)) => Some(("limit", "must be a whole number from 1 to 100")),
            (Some("CreateRoom"), None) => Some(("name", "is missing")),
            (Some(UPLOAD), None) => Some(("file", "is missing")),
            (Some(_), None) => Some(("password", "is missing")),
            (None, None) => None,
        }
    }

    fn responses(&self, endpoint: &Endpoint, parameters: &[Value]) -> Map<String, Value> {
        let mut refusals =
            refusals::usual(endpoint.caller, self.body.map(|_| self.body_type()), self.flaw(parameters));
        refusals.extend(self.refusals.iter().map(|&refusal| ApiError::from(refusal)));
        match self.id {
            "readHistory" => {
                let message = "must be a cursor from an earlier answer, or an RFC 3339 timestamp".to_owned();
                refusals.push(ApiError::bad_cursor(Detail { field: "before".to_owned(), message }));
            }
            "downloadFile" => refusals.push(ApiError::range_not_satisfiable(1_024_000)),
            _ => {}
        }
        let mut failures: BTreeMap<u16, Vec<ApiError>> = BTreeMap::new();
        for error in refusals {
            failures.entry(error.status_code().as_u16()).or_default().push(error);
        }
        let mut all: Map<String, Value> =
            failures.iter().map(|(status, errors)| (status.to_string(), failure(*status, errors))).collect();
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
                let mut answer = success("Events, until one side ends it.", None, false);
                answer["content"] = json!({"text/event-stream": {"schema": events::sent()}});
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
