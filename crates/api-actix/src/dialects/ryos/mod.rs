//! The dialect `ryos`: the Rooms API of source document S2, under `/dialects/ryos`.

mod description;

use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, web};
use domain::Refusal;
use domain::account::{Identity, Username};
use domain::compat::ryos::GroupMembers;
use domain::compat::ryos::{Mark, RoomKey, Roster};
use domain::room::{Access, RoomName};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::http::{ApiError, Fields, Flaw, FromFields, Input, Nothing};
use crate::routing::{Caller, Endpoint, Signed, line};
use crate::state::AppState;

pub(super) use description::description;

pub(super) fn endpoints() -> Vec<Endpoint> {
    use Caller::{Anyone, SignedIn};
    vec![
        line(Method::GET, "/dialects/ryos/api/rooms", Anyone, || web::to(list)),
        line(Method::POST, "/dialects/ryos/api/rooms", SignedIn, || web::to(create)),
        line(Method::GET, "/dialects/ryos/api/rooms/{id}", Anyone, || web::to(show)),
        line(Method::DELETE, "/dialects/ryos/api/rooms/{id}", SignedIn, || web::to(delete)),
        line(Method::POST, "/dialects/ryos/api/rooms/{id}/join", Anyone, || web::to(join)),
        line(Method::POST, "/dialects/ryos/api/rooms/{id}/leave", Anyone, || web::to(leave)),
        line(Method::GET, "/dialects/ryos/api/rooms/{id}/users", Anyone, || web::to(users)),
    ]
}

/// In S2's words, where it has some.
pub(super) fn error(error: &ApiError) -> Value {
    let words = match (error.status_code(), error.code()) {
        (StatusCode::BAD_REQUEST, _) => "Invalid request",
        (StatusCode::UNAUTHORIZED, _) => "Authentication required",
        (StatusCode::FORBIDDEN, _) => "Forbidden",
        (_, "ROOM_NOT_FOUND") => "Room not found",
        (_, "USER_NOT_FOUND") => "User not found",
        (StatusCode::TOO_MANY_REQUESTS, _) => "Rate limit exceeded",
        _ => error.message(),
    };
    json!({"error": words})
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Room {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// Of a private room only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    members: Option<Vec<String>>,
    /// Milliseconds since 1970.
    created_at: i64,
    user_count: usize,
}

impl From<&Roster> for Room {
    fn from(roster: &Roster) -> Self {
        let room = &roster.room;
        let (id, kind, members) = match &room.access {
            Access::Public { slug } => (slug.to_string(), "public", None),
            Access::Private { .. } => {
                (room.id.0.simple().to_string(), "private", Some(names(&roster.members)))
            }
        };
        Self {
            id,
            name: room.name.to_string(),
            kind,
            members,
            created_at: room.created_at.unix_micros().div_euclid(1_000),
            user_count: roster.user_count(),
        }
    }
}

fn names(names: &[Username]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// Somebody signed in, whose `X-Username`, where they sent one, is their own.
struct Named(Identity);

impl FromRequest for Named {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed = Signed::from_request(request, payload).into_inner().and_then(Signed::in_);
        std::future::ready(signed.and_then(|caller| match request.headers().get("x-username") {
            Some(name) if !name.as_bytes().eq_ignore_ascii_case(caller.user.username.as_str().as_bytes()) => {
                Err(Refusal::Unauthenticated.into())
            }
            _ => Ok(Self(caller)),
        }))
    }
}

/// The room of a path. What no room can be called names none.
struct RoomPath(Option<RoomKey>);

impl FromFields for RoomPath {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        Ok(Self(RoomKey::parse(&fields.required::<String>("id")?)))
    }
}

impl RoomPath {
    fn key(self) -> Result<RoomKey, ApiError> {
        self.0.ok_or_else(|| Refusal::RoomNotFound.into())
    }
}

struct ListQuery(Option<Username>);

impl FromFields for ListQuery {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        // A client that knows no name yet sends an empty one.
        let text = fields.optional::<String>("username")?.filter(|text| !text.trim().is_empty());
        let name = text.map(|text| text.parse()).transpose();
        name.map(Self).map_err(|error: domain::Invalid| fields.problem("username", error.to_string()))
    }
}

enum CreateBody {
    Public(RoomName),
    Private(GroupMembers),
}

impl FromFields for CreateBody {
    const LENIENT: bool = true;

    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let private = fields.one_of("type", &[("public", false), ("private", true)])?.unwrap_or(false);
        if private {
            companions(fields).map(Self::Private)
        } else {
            fields.required::<RoomName>("name").map(Self::Public)
        }
    }
}

fn companions(fields: &mut Fields) -> Result<GroupMembers, Flaw> {
    let Some(Value::Array(items)) = fields.json("members") else {
        return Err(fields.problem("members", "must be a list of usernames"));
    };
    let names: Option<Vec<Username>> = items.iter().map(|item| item.as_str()?.parse().ok()).collect();
    let companions = names.ok_or_else(|| fields.problem("members", "must be a list of usernames"))?;
    GroupMembers::new(companions).map_err(|error| fields.problem("members", error.to_string()))
}

struct PresenceBody(Username);

impl FromFields for PresenceBody {
    const LENIENT: bool = true;

    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        Ok(Self(fields.required("username")?))
    }
}

async fn list(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<Nothing, ListQuery>,
) -> Result<HttpResponse, ApiError> {
    let rosters = api.use_cases.ryos.list_rosters.execute(caller.0, input.query.0).await?;
    let rooms: Vec<Room> = rosters.iter().map(Room::from).collect();
    Ok(HttpResponse::Ok().json(json!({"rooms": rooms})))
}

async fn create(
    api: web::Data<AppState>,
    caller: Named,
    input: Input<Nothing, Nothing, CreateBody>,
) -> Result<HttpResponse, ApiError> {
    let worker = api.clone().into_inner();
    let api = api.into_inner();
    let made = api.finish(async move {
        match input.body {
            CreateBody::Private(companions) => {
                worker.use_cases.ryos.create_group.execute(caller.0, companions).await
            }
            CreateBody::Public(name) => {
                let room = worker.use_cases.ryos.create_public_room.execute(caller.0, name).await?;
                Ok(Roster { room, members: vec![], active: vec![] })
            }
        }
    });
    Ok(HttpResponse::Created().json(json!({"room": Room::from(&made.await?)})))
}

async fn show(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath>,
) -> Result<HttpResponse, ApiError> {
    let caller = caller.0.map(|caller| caller.user.id);
    let roster = api.use_cases.ryos.show_roster.execute(caller, input.path.key()?).await?;
    Ok(HttpResponse::Ok().json(json!({"room": Room::from(&roster)})))
}

async fn users(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath>,
) -> Result<HttpResponse, ApiError> {
    let caller = caller.0.map(|caller| caller.user.id);
    let roster = api.use_cases.ryos.show_roster.execute(caller, input.path.key()?).await?;
    Ok(HttpResponse::Ok().json(json!({"users": names(&roster.active)})))
}

async fn delete(
    api: web::Data<AppState>,
    caller: Named,
    input: Input<RoomPath>,
) -> Result<HttpResponse, ApiError> {
    let room = input.path.key()?;
    let worker = api.clone().into_inner();
    api.into_inner()
        .finish(async move { worker.use_cases.ryos.delete_or_leave_room.execute(caller.0, room).await })
        .await?;
    Ok(done())
}

async fn join(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath, Nothing, PresenceBody>,
) -> Result<HttpResponse, ApiError> {
    let (room, name) = (input.path.key()?, input.body.0);
    api.use_cases.ryos.mark_presence.execute(caller.0, room, name, Mark::Join).await?;
    Ok(done())
}

async fn leave(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath, Nothing, PresenceBody>,
) -> Result<HttpResponse, ApiError> {
    let (room, name) = (input.path.key()?, input.body.0);
    api.use_cases.ryos.mark_presence.execute(caller.0, room, name, Mark::Leave).await?;
    Ok(done())
}

fn done() -> HttpResponse {
    HttpResponse::Ok().json(json!({"success": true}))
}
