//! `/api/rooms/{id}/messages` and `/read`

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};
use domain::message::{Anchor, Appended, Body, ClientKey, Content, HistoryQuery, SendCommand, Window};
use domain::room::Seq;
use domain::{SortOrder, UserId};

use crate::routing::Signed;

use super::newest;
use crate::http::params::KINDS;
use crate::http::params::{MessagePath, ORDERS, RoomPath, limit, uuid};
use crate::http::{ApiError, Fields, Flaw, FromFields, Input, Nothing, cursor, message_body};
use crate::json::{CursorInfo, Data, List, RoomMessage};
use crate::state::AppState;

pub(super) struct History {
    query: HistoryQuery,
    mark_read: bool,
}

impl FromFields for History {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let limit = limit(fields, 50);
        let order = fields.one_of("order", ORDERS);
        let kind = fields.one_of("type", KINDS);
        let sender = uuid(fields, "senderId");
        let mark_read = fields.one_of("markRead", &[("true", true), ("false", false)]);
        let anchor = anchor(fields);
        Ok(Self {
            query: HistoryQuery {
                anchor: anchor?,
                limit: limit?,
                order: order?.unwrap_or(SortOrder::Descending),
                kind: kind?,
                sender: sender?.map(UserId),
            },
            mark_read: mark_read?.unwrap_or(true),
        })
    }
}

fn anchor(fields: &mut Fields) -> Result<Anchor, Flaw> {
    let (before, after) = (fields.optional::<String>("before")?, fields.optional::<String>("after")?);
    match (before, after) {
        (None, None) => Ok(Anchor::Newest),
        (Some(text), None) => {
            cursor::decode(&text, true).map(Anchor::Before).ok_or_else(|| fields.bad_cursor("before"))
        }
        (None, Some(text)) => {
            cursor::decode(&text, false).map(Anchor::After).ok_or_else(|| fields.bad_cursor("after"))
        }
        (Some(_), Some(_)) => {
            fields.problem("before", "must not stand beside `after`");
            Err(fields.problem("after", "must not stand beside `before`"))
        }
    }
}

pub(super) struct SendBody {
    body: Body,
    client_id: Option<ClientKey>,
}

impl FromFields for SendBody {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let (body, client_id) =
            (message_body::read(fields, "content"), fields.nullable::<ClientKey>("clientId"));
        Ok(Self { body: body?, client_id: client_id?.flatten() })
    }
}

/// The header that does what `clientId` does.
pub(super) struct RetryKey(Option<ClientKey>);

impl FromFields for RetryKey {
    const HEADERS: &'static [&'static str] = &["Idempotency-Key"];

    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        Ok(Self(fields.optional("Idempotency-Key")?))
    }
}

pub(super) struct EditBody(Content);

impl FromFields for EditBody {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        Ok(Self(fields.required("content")?))
    }
}

pub(super) struct ReadBody(Seq);

impl FromFields for ReadBody {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        match fields.integer("seq", 0, i64::MAX)? {
            Some(seq) => Ok(Self(Seq(seq))),
            None => Err(fields.problem("seq", "is missing")),
        }
    }
}

pub(super) async fn history(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath, History>,
) -> Result<HttpResponse, ApiError> {
    let (caller, room, History { query, mark_read }) = (caller.in_()?, input.path.0, input.query);
    if query.is_newest() {
        return newest::answer(&api, caller, room, query, mark_read).await;
    }
    let window = api.use_cases.read_history.execute(caller, room, query, mark_read).await?;
    Ok(HttpResponse::Ok().insert_header(ContentType::json()).body(page(query.limit, &window)?))
}

/// A window of history as it is answered.
pub(super) fn page(limit: u32, window: &Window) -> Result<Vec<u8>, ApiError> {
    let pagination = CursorInfo::of(limit, window);
    let data = window.messages.iter().map(RoomMessage::from).collect();
    serde_json::to_vec(&List::<RoomMessage, _> { data, pagination })
        .map_err(|error| ApiError::internal(format!("a page that is no JSON: {error}")))
}

pub(super) async fn send(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath, Nothing, SendBody, RetryKey>,
) -> Result<HttpResponse, ApiError> {
    let (caller, room) = (caller.in_()?, input.path.0);
    let SendBody { body, client_id } = input.body;
    let client_key = client_id.or(input.headers.0);
    let worker = api.clone().into_inner();
    let command = SendCommand { room, body, client_key };
    let appended = api
        .into_inner()
        .finish(async move { worker.use_cases.send_message.execute(caller, command).await })
        .await?;
    Ok(match appended {
        Appended::New(message) => HttpResponse::Created()
            .insert_header(("Location", format!("/api/rooms/{room}/messages/{}", message.id)))
            .json(Data { data: RoomMessage::from(&message) }),
        Appended::Replayed(message) => HttpResponse::Ok().json(Data { data: RoomMessage::from(&message) }),
    })
}

pub(super) async fn show(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<MessagePath>,
) -> Result<HttpResponse, ApiError> {
    let MessagePath(room, message) = input.path;
    let message = api.use_cases.show_message.execute(caller.in_()?, room, message).await?;
    Ok(HttpResponse::Ok().json(Data { data: RoomMessage::from(&message) }))
}

pub(super) async fn edit(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<MessagePath, Nothing, EditBody>,
) -> Result<HttpResponse, ApiError> {
    let (caller, MessagePath(room, message), content) = (caller.in_()?, input.path, input.body.0);
    let worker = api.clone().into_inner();
    let message = api
        .into_inner()
        .finish(async move { worker.use_cases.edit_message.execute(caller, room, message, content).await })
        .await?;
    Ok(HttpResponse::Ok().json(Data { data: RoomMessage::from(&message) }))
}

pub(super) async fn delete(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<MessagePath>,
) -> Result<HttpResponse, ApiError> {
    let (caller, MessagePath(room, message)) = (caller.in_()?, input.path);
    let worker = api.clone().into_inner();
    api.into_inner()
        .finish(async move { worker.use_cases.delete_message.execute(caller, room, message).await })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn mark_read(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath, Nothing, ReadBody>,
) -> Result<HttpResponse, ApiError> {
    let (caller, room, seq) = (caller.in_()?, input.path.0, input.body.0);
    let worker = api.clone().into_inner();
    api.into_inner()
        .finish(async move { worker.use_cases.mark_read.execute(caller, room, seq).await })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
