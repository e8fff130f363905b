//! `/api/rooms/{id}/messages` and `/read`

use actix_web::web::Data as State;
use domain::Refusal::{
    FileNotFound, IdempotencyConflict, MessageNotFound, NotAMember, NotAllowed, RoomNotFound,
};
use domain::message::{Anchor, Appended, Content, HistoryQuery, MessageKind, SendCommand, Window};
use domain::room::Seq;
use domain::{SortOrder, UserId};

use super::send::{IdempotencyKey, SendMessage};
use super::{MESSAGES, newest};
use crate::http::cursor::{self, Cursor};
use crate::http::params::{MessagePath, RoomPath};
use crate::http::{ApiError, Fields, FromFields, Input, InvalidField, Limit, Nothing};
use crate::json::{CreatedOrExisting, CursorInfo, Data, Message, MessagePage, NoContent, Paginated};
use crate::routing::{Access, CurrentUser, Endpoint, delete, get, patch, post};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 6] {
    [
        get("/api/rooms/{id}/messages", history)
            .named("listMessages", MESSAGES, "List messages")
            .about(
                "The newest messages, or those next to a cursor: `before` or `after` one, not both. An unfiltered list \
                 marks the room read up to its newest message, unless `markRead=false`.",
            )
            .refuses([RoomNotFound, NotAMember]),
        post("/api/rooms/{id}/messages", send)
            .access(Access::SessionCheckedOnWrite)
            .named("sendMessage", MESSAGES, "Send a message")
            .about("The message is stored when the answer arrives. A repeat with the same key answers with the first message.")
            .refuses([RoomNotFound, NotAMember, FileNotFound, IdempotencyConflict]),
        get("/api/rooms/{id}/messages/{messageId}", show)
            .named("getMessage", MESSAGES, "Get a message")
            .refuses([RoomNotFound, NotAMember, MessageNotFound]),
        patch("/api/rooms/{id}/messages/{messageId}", edit)
            .named("editMessage", MESSAGES, "Edit a message")
            .refuses([RoomNotFound, NotAMember, MessageNotFound, NotAllowed]),
        delete("/api/rooms/{id}/messages/{messageId}", remove)
            .named("deleteMessage", MESSAGES, "Delete a message")
            .about("The message keeps its place in the room, without content.")
            .refuses([RoomNotFound, NotAMember, MessageNotFound, NotAllowed]),
        post("/api/rooms/{id}/read", mark_read)
            .named("markRoomRead", MESSAGES, "Mark a room as read")
            .about("The mark never moves back, and never beyond the newest message.")
            .refuses([RoomNotFound, NotAMember]),
    ]
}

/// The filters and the order of a history.
#[derive(FromFields)]
struct ListMessages {
    /// The most messages to list.
    #[field(default = Limit(50))]
    limit: Limit,
    /// `desc`: newest first.
    #[field(default = SortOrder::Descending)]
    order: SortOrder,
    /// Only messages of this type.
    #[field(name = "type")]
    kind: Option<MessageKind>,
    /// Only messages of this sender.
    sender_id: Option<UserId>,
    /// `false`: leave the read mark where it is.
    #[field(default = true)]
    mark_read: bool,
    #[field(flatten = Between)]
    anchor: Anchor,
}

/// The cursor that a page lies next to.
#[derive(FromFields)]
#[fields(output = Anchor, then = anchor)]
struct Between {
    /// List the messages next older than this cursor.
    before: Option<Cursor>,
    /// List the messages next newer than this cursor.
    after: Option<Cursor>,
}

fn anchor(
    fields: &mut Fields,
    before: Result<Option<Cursor>, InvalidField>,
    after: Result<Option<Cursor>, InvalidField>,
) -> Result<Anchor, InvalidField> {
    match (before?, after?) {
        (None, None) => Ok(Anchor::Newest),
        (Some(Cursor(text)), None) => {
            cursor::decode(&text, true).map(Anchor::Before).ok_or_else(|| fields.bad_cursor("before"))
        }
        (None, Some(Cursor(text))) => {
            cursor::decode(&text, false).map(Anchor::After).ok_or_else(|| fields.bad_cursor("after"))
        }
        (Some(_), Some(_)) => {
            fields.problem("before", "must not stand beside `after`");
            Err(fields.problem("after", "must not stand beside `before`"))
        }
    }
}

/// A message's new content.
#[derive(FromFields)]
struct EditMessage {
    #[field(example = "Hello, everybody")]
    content: Content,
}

/// The last message that the caller has read.
#[derive(FromFields)]
struct MarkRead {
    seq: Seq,
}

async fn history(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, ListMessages>,
) -> Result<MessagePage, ApiError> {
    let (caller, room) = (caller.require()?, input.path.id);
    let ListMessages { limit, order, kind, sender_id: sender, mark_read, anchor } = input.query;
    let query = HistoryQuery { anchor, limit: limit.0, order, kind, sender };
    if query.is_newest() {
        return newest::answer(&state, caller, room, query, mark_read).await;
    }
    let window = state.use_cases.read_history.execute(caller, room, query, mark_read).await?;
    Ok(MessagePage(page(query.limit, &window)?.into()))
}

/// Serializes a page of messages.
pub(super) fn page(limit: u32, window: &Window) -> Result<Vec<u8>, ApiError> {
    let pagination = CursorInfo::of(limit, window);
    let data: Vec<Message> = window.messages.iter().map(Message::from).collect();
    serde_json::to_vec(&Paginated { data, pagination })
        .map_err(|error| ApiError::internal(format!("a page is not valid JSON: {error}")))
}

async fn send(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, Nothing, SendMessage, IdempotencyKey>,
) -> Result<CreatedOrExisting<Message>, ApiError> {
    let (caller, room) = (caller.require()?, input.path.id);
    let (body, client_id) = input.body;
    let command = SendCommand { room, body, client_key: client_id.or(input.headers.idempotency_key) };
    let appended =
        state.write(|app| async move { app.use_cases.send_message.execute(caller, command).await }).await?;
    Ok(match appended {
        Appended::New(message) => {
            let path = format!("/api/rooms/{room}/messages/{}", message.id);
            CreatedOrExisting::Created(Message::from(&message), path)
        }
        Appended::Replayed(message) => CreatedOrExisting::Existing(Message::from(&message)),
    })
}

async fn show(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<MessagePath>,
) -> Result<Data<Message>, ApiError> {
    let MessagePath { id: room, message_id: message } = input.path;
    let message = state.use_cases.show_message.execute(caller.require()?, room, message).await?;
    Ok(Data(Message::from(&message)))
}

async fn edit(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<MessagePath, Nothing, EditMessage>,
) -> Result<Data<Message>, ApiError> {
    let caller = caller.require()?;
    let (MessagePath { id: room, message_id: message }, content) = (input.path, input.body.content);
    let message = state
        .write(|app| async move { app.use_cases.edit_message.execute(caller, room, message, content).await })
        .await?;
    Ok(Data(Message::from(&message)))
}

async fn remove(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<MessagePath>,
) -> Result<NoContent, ApiError> {
    let (caller, MessagePath { id: room, message_id: message }) = (caller.require()?, input.path);
    state
        .write(|app| async move { app.use_cases.delete_message.execute(caller, room, message).await })
        .await?;
    Ok(NoContent)
}

async fn mark_read(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, Nothing, MarkRead>,
) -> Result<NoContent, ApiError> {
    let (caller, room, seq) = (caller.require()?, input.path.id, input.body.seq);
    state.write(|app| async move { app.use_cases.mark_read.execute(caller, room, seq).await }).await?;
    Ok(NoContent)
}
