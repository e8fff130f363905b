//! Sending messages, and reading them in pages.

use actix_web::web::Data as State;
use domain::Refusal::{FileNotFound, IdempotencyConflict, NotAMember, QuotaExceeded, RoomNotFound};
use domain::compat::envelope::PostBody;
use domain::message::{Appended, ClientKey, Content};
use domain::quota::QuotaKind;
use domain::{FileId, RoomId};

use super::TAG;
use super::answers::{MessageList, NewOrRepeated, SendMessageResponse, Success};
use super::lists::{ByTime, ListQuery};
use super::rooms::RoomPath;
use super::views::{Message, SentMessage};
use crate::http::idempotency::IdempotencyKey;
use crate::http::{
    ApiError, Fields, FromFields, Id, Input, InvalidField, Nullable, Property, Variant, any_of,
};
use crate::routing::{CurrentUser, Endpoint, get, post};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 2] {
    [
        post("/dialects/envelope/api/messages", send)
            .named("sendMessage", TAG, "Send a message")
            .about(
                "A text, or one of the caller's files. The sender joins a public room first, if necessary. A repeat with \
                 the same key, sent as `clientId` or as `Idempotency-Key`, answers with the first message.",
            )
            .refuses([
                RoomNotFound,
                NotAMember,
                FileNotFound,
                QuotaExceeded(QuotaKind::Memberships),
                IdempotencyConflict,
            ]),
        get("/dialects/envelope/api/messages/{roomId}", list)
            .head(peek)
            .named("listMessages", TAG, "List messages")
            .about("The call marks them as read.")
            .refuses([RoomNotFound, NotAMember]),
    ]
}

/// A text, or a file with a caption.
#[derive(FromFields)]
#[fields(output = (RoomId, PostBody, Option<ClientKey>), then = parsed, schema = schema)]
struct SendMessage {
    room_id: RoomId,
    content: Nullable<Content>,
    file_id: Nullable<Id>,
    /// Makes repeats safe: the same key names the same message, for ever.
    client_id: Nullable<ClientKey>,
}

fn parsed(
    fields: &mut Fields,
    room: Result<RoomId, InvalidField>,
    content: Result<Nullable<Content>, InvalidField>,
    file: Result<Nullable<Id>, InvalidField>,
    client_id: Result<Nullable<ClientKey>, InvalidField>,
) -> Result<(RoomId, PostBody, Option<ClientKey>), InvalidField> {
    let body = match (content?.0, file?.0) {
        (content, Some(id)) => PostBody::File(FileId(id.0), content),
        (Some(content), None) => PostBody::Text(content),
        (None, None) => return Err(fields.problem("content", "is missing")),
    };
    Ok((room?, body, client_id?.0))
}

fn schema(properties: &[Property]) -> serde_json::Value {
    let variant = |title, required, optional| Variant { title, required, optional, kind: None };
    let text = variant("SendText", &["roomId", "content"], &["clientId"]);
    let file = variant("SendFile", &["roomId", "fileId"], &["content", "clientId"]);
    any_of(properties, &[text, file])
}

async fn send(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), (), SendMessage, IdempotencyKey>,
) -> Result<NewOrRepeated<SendMessageResponse, SentMessage>, ApiError> {
    let (caller, (room, body, client_id)) = (caller.require()?, input.body);
    let key = input.headers.or_in_body(client_id)?;
    let sent = state
        .write(
            |app| async move { app.use_cases.envelope.post_message.execute(caller, room, body, key).await },
        )
        .await?;
    Ok(match sent {
        Appended::New(message) => NewOrRepeated::New(Success::new(SentMessage::from(&message))),
        Appended::Replayed(message) => NewOrRepeated::Repeated(Success::new(SentMessage::from(&message))),
    })
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, ListQuery<ByTime>>,
) -> Result<Success<MessageList, Vec<Message>>, ApiError> {
    read(state, caller, input, true).await
}

/// `HEAD` of the list marks nothing read.
async fn peek(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, ListQuery<ByTime>>,
) -> Result<Success<MessageList, Vec<Message>>, ApiError> {
    read(state, caller, input, false).await
}

async fn read(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, ListQuery<ByTime>>,
    mark_read: bool,
) -> Result<Success<MessageList, Vec<Message>>, ApiError> {
    let (room, (page, ByTime, order)) = (input.path.room_id, input.query.parts());
    let caller = caller.require()?;
    let found = state.use_cases.envelope.read_page.execute(caller, room, order, page, mark_read).await?;
    Ok(Success::new(found.items.iter().map(Message::from).collect()))
}
