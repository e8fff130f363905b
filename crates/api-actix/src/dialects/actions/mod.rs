//! The dialect `actions`: logging in, rooms and history for clients of the `{"action": …}` WebSocket, whose own path is
//! [`CHAT`].

mod description;

use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::limit::LimitSet;
use domain::message::{Anchor, Content, HistoryQuery, Message, Position};
use domain::room::{CreateRoomCommand, RoomName, RoomQuery, Visibility};
use domain::{PageRequest, RoomId, SortOrder};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{own_name, sentence};
use crate::http::params::Id;
use crate::http::{ApiError, Fields, Flaw, FromFields, Input, Nothing, cursor};
use crate::json::{KindName, SharedFile, time};
use crate::rest::auth;
use crate::routing::{Caller, Endpoint, Signed, line};
use crate::state::AppState;

pub(super) use description::description;

/// The same socket as `/chat`, where clients that know one base look for it.
pub(super) const CHAT: &str = "/dialects/actions/chat";
/// How many messages a history shows.
const HISTORY: u32 = 100;
/// The list of rooms has no pages on the wire; it is read in these, and only so many of them.
const ROOMS_AT_ONCE: u32 = 100;
const ROOM_PAGES: u64 = 10;

pub(super) fn endpoints() -> Vec<Endpoint> {
    use Caller::{NewComer, SignedIn};
    vec![
        line(Method::POST, "/dialects/actions/api/login", NewComer, || web::to(log_in)),
        line(Method::POST, "/dialects/actions/api/create-room", SignedIn, || web::to(create_room)),
        line(Method::GET, "/dialects/actions/api/rooms", SignedIn, || web::to(rooms)),
        line(Method::POST, "/dialects/actions/api/join-room", SignedIn, || web::to(join_room)),
        line(Method::GET, "/dialects/actions/api/chat-history/{roomId}", SignedIn, || web::to(history)),
    ]
}

pub(super) fn error(error: &ApiError) -> Value {
    json!({"status": "error", "message": sentence(error)})
}

struct LogInBody(auth::LogInBody);

impl FromFields for LogInBody {
    const LENIENT: bool = true;

    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        auth::LogInBody::by_username(fields).map(Self)
    }
}

struct CreateBody {
    name: RoomName,
    creator: Option<String>,
}

impl FromFields for CreateBody {
    const LENIENT: bool = true;

    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let (name, creator) = (fields.required("roomName"), fields.nullable("creator"));
        Ok(Self { name: name?, creator: creator?.flatten() })
    }
}

struct JoinBody {
    room: RoomId,
    username: Option<String>,
}

impl FromFields for JoinBody {
    const LENIENT: bool = true;

    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let (room, username) = (RoomPath::read(fields), fields.nullable("username"));
        Ok(Self { room: room?.0, username: username?.flatten() })
    }
}

struct RoomPath(RoomId);

impl FromFields for RoomPath {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        Ok(Self(RoomId(fields.required::<Id>("roomId")?.0)))
    }
}

/// `?before=`: a timestamp, such as that of the oldest message a client has.
struct Before(Anchor);

impl FromFields for Before {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let Some(text) = fields.optional::<String>("before")? else { return Ok(Self(Anchor::Newest)) };
        match cursor::decode(&text, true) {
            Some(time @ Position::Time(_)) => Ok(Self(Anchor::Before(time))),
            _ => Err(fields.problem("before", "must be an RFC 3339 timestamp, such as 2024-12-10T12:00:00Z")),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Room {
    room_id: Uuid,
    room_name: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct History {
    room_id: Uuid,
    messages: Vec<Line>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Line {
    sender: String,
    message: String,
    #[schema(format = DateTime)]
    timestamp: String,
    /// Where the message shows a file.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    kind: Option<KindName>,
    /// As `new-message` has it, where the message shows one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    file: Option<SharedFile>,
    /// On tombstones only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    deleted_at: Option<String>,
}

impl From<&Message> for Line {
    fn from(message: &Message) -> Self {
        // Clients expect a text always: of a deleted message it is empty, and of a file without words.
        let text = message.body().and_then(|body| body.content()).map(Content::to_string);
        Self {
            sender: message.sender.username.to_string(),
            message: text.unwrap_or_default(),
            timestamp: time(message.created_at),
            kind: message.file.as_ref().map(|_| message.kind().into()),
            file: message.file.as_deref().map(SharedFile::from),
            deleted_at: message.deleted_at().map(time),
        }
    }
}

async fn log_in(
    api: web::Data<AppState>,
    request: HttpRequest,
    input: Input<Nothing, Nothing, LogInBody>,
) -> Result<HttpResponse, ApiError> {
    let done = auth::begin_session(&api, &request, LimitSet::API, input.body.0).await?;
    Ok(HttpResponse::Ok().json(json!({"status": "success", "token": done.token.text})))
}

async fn create_room(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<Nothing, Nothing, CreateBody>,
) -> Result<HttpResponse, ApiError> {
    let (caller, CreateBody { name, creator }) = (caller.in_()?, input.body);
    own_name("creator", creator.as_deref(), &caller)?;
    let command = CreateRoomCommand { name, description: None, visibility: Visibility::Public };
    let worker = api.clone().into_inner();
    let view = api
        .into_inner()
        .finish(async move { worker.use_cases.create_room.execute(caller, command).await })
        .await?;
    Ok(HttpResponse::Created().json(json!({"status": "success", "roomId": view.room.id.0})))
}

async fn rooms(api: web::Data<AppState>, caller: Signed) -> Result<HttpResponse, ApiError> {
    let caller = caller.in_()?.user.id;
    // A room that is made meanwhile moves others to the next page, where they are met again.
    let (mut rooms, mut met) = (vec![], BTreeSet::new());
    for page in 1..=ROOM_PAGES {
        let request = PageRequest { page, limit: ROOMS_AT_ONCE };
        let found = api.use_cases.list_rooms.execute(Some(caller), RoomQuery::default(), request).await?;
        let more = found.has_more(request);
        for view in found.items {
            if met.insert(view.room.id.0) {
                rooms.push(Room { room_id: view.room.id.0, room_name: view.room.name.to_string() });
            }
        }
        if !more {
            break;
        }
    }
    Ok(HttpResponse::Ok().json(rooms))
}

async fn join_room(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<Nothing, Nothing, JoinBody>,
) -> Result<HttpResponse, ApiError> {
    let (caller, JoinBody { room, username }) = (caller.in_()?, input.body);
    own_name("username", username.as_deref(), &caller)?;
    let worker = api.clone().into_inner();
    let view = api
        .into_inner()
        .finish(async move {
            let user = caller.user.id;
            worker.use_cases.join_room.execute(caller, room).await?;
            worker.use_cases.show_room.execute(Some(user), room).await
        })
        .await?;
    let message = format!("Joined room {}", view.room.name);
    Ok(HttpResponse::Ok().json(json!({"status": "success", "message": message})))
}

async fn history(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath, Before>,
) -> Result<HttpResponse, ApiError> {
    let (RoomPath(room), Before(anchor)) = (input.path, input.query);
    let query =
        HistoryQuery { anchor, limit: HISTORY, order: SortOrder::Ascending, kind: None, sender: None };
    let window = api.use_cases.read_history.execute(caller.in_()?, room, query, true).await?;
    Ok(HttpResponse::Ok()
        .json(History { room_id: room.0, messages: window.messages.iter().map(Line::from).collect() }))
}
