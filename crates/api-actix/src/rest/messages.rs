//! `/api/rooms/{id}/messages`, `/read` and `/typing`

use actix_web::web::Data as State;
use domain::Refusal::{
    FileNotFound, IdempotencyConflict, MessageNotFound, NotAMember, NotAllowed, RoomNotFound,
};
use domain::message::{
    Anchor, Appended, Around, Content, HistoryQuery, MessageKind, Place, SendCommand, Window,
};
use domain::room::Seq;
use domain::{SortOrder, UserId};

use super::send::SendMessage;
use super::{MESSAGES, newest};
use crate::http::cursor::{self, Cursor};
use crate::http::idempotency::IdempotencyKey;
use crate::http::params::{MessagePath, RoomPath};
use crate::http::{ApiError, Fields, FromFields, Input, InvalidField, Limit, Nothing};
use crate::json::{CreatedOrExisting, CursorInfo, Data, Message, MessagePage, NoContent, Paginated};
use crate::routing::{Access, CurrentUser, Endpoint, delete, get, patch, post};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 7] {
    [
        get("/api/rooms/{id}/messages", history)
            .head(peek)
            .named("listMessages", MESSAGES, "List messages")
            .about(
                "The newest messages, or those next to a cursor: `before`, `after` or `around` one of them. An unfiltered \
                 list marks the room read up to its newest message, unless `markRead=false`.",
            )
            .refuses([RoomNotFound, NotAMember, MessageNotFound]),
        post("/api/rooms/{id}/messages", send)
            .access(Access::SessionCheckedOnWrite)
            .named("sendMessage", MESSAGES, "Send a message")
            .about("The message is stored when the answer arrives. A repeat with the same key, sent as `clientId` or as \
                 `Idempotency-Key`, answers with the first message.")
            .refuses([RoomNotFound, NotAMember, MessageNotFound, FileNotFound, IdempotencyConflict]),
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
        post("/api/rooms/{id}/typing", typing)
            .named("publishTyping", MESSAGES, "Show that the caller types")
            .about(
                "The others who are in the room by a socket or a stream receive `typing`; none of the caller's own \
                 connections does. Repeat it every few seconds while the caller types.",
            )
            .refuses([RoomNotFound, NotAMember]),
    ]
}

/// The filters and the order of a history.
#[derive(FromFields)]
#[fields(output = ListMessages, then = unfiltered_around)]
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
    #[field(flatten = Beside)]
    selection: Selection,
}

/// The place of a page in the history.
enum Selection {
    /// On one side of a cursor.
    OneSide(Anchor<Place>),
    /// On both sides of a cursor.
    Around(Place),
}

/// The cursor that a page lies next to.
#[derive(FromFields)]
#[fields(output = Selection, then = selection)]
struct Beside {
    /// List the messages next older than this cursor.
    before: Option<Cursor>,
    /// List the messages next newer than this cursor.
    after: Option<Cursor>,
    /// List the message at this cursor between older and newer ones. A time without a message means the first one after
    /// it, else the newest. Without filters only.
    around: Option<Cursor>,
}

fn selection(
    fields: &mut Fields,
    before: Result<Option<Cursor>, InvalidField>,
    after: Result<Option<Cursor>, InvalidField>,
    around: Result<Option<Cursor>, InvalidField>,
) -> Result<Selection, InvalidField> {
    let given = [("before", before?), ("after", after?), ("around", around?)];
    let mut given = given.into_iter().filter_map(|(name, cursor)| Some((name, cursor?.0)));
    let Some((name, text)) = given.next() else { return Ok(Selection::OneSide(Anchor::Newest)) };
    if let Some((second, _)) = given.next() {
        fields.problem(name, format!("must not stand beside `{second}`"));
        fields.problem(second, format!("must not stand beside `{name}`"));
        for (third, _) in given {
            fields.problem(third, format!("must not stand beside `{name}`"));
        }
        return Err(InvalidField);
    }
    // A time finer than the server's is rounded away from the messages that the page must have.
    let place = cursor::place(&text, name != "after").ok_or_else(|| fields.bad_cursor(name))?;
    Ok(match name {
        "before" => Selection::OneSide(Anchor::Before(place)),
        "after" => Selection::OneSide(Anchor::After(place)),
        _ => Selection::Around(place),
    })
}

fn unfiltered_around(
    fields: &mut Fields,
    limit: Result<Limit, InvalidField>,
    order: Result<SortOrder, InvalidField>,
    kind: Result<Option<MessageKind>, InvalidField>,
    sender_id: Result<Option<UserId>, InvalidField>,
    mark_read: Result<bool, InvalidField>,
    selection: Result<Selection, InvalidField>,
) -> Result<ListMessages, InvalidField> {
    let (kind, sender_id, selection) = (kind?, sender_id?, selection?);
    if let Selection::Around(_) = selection {
        let filters = [("type", kind.is_some()), ("senderId", sender_id.is_some())];
        for (name, _) in filters.into_iter().filter(|(_, given)| *given) {
            fields.problem("around", format!("must not stand beside `{name}`"));
            fields.problem(name, "must not stand beside `around`");
        }
    }
    Ok(ListMessages { limit: limit?, order: order?, kind, sender_id, mark_read: mark_read?, selection })
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
    let mark_read = input.query.mark_read;
    list(state, caller, input, mark_read).await
}

/// `HEAD` of the history marks nothing read.
async fn peek(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, ListMessages>,
) -> Result<MessagePage, ApiError> {
    list(state, caller, input, false).await
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, ListMessages>,
    mark_read: bool,
) -> Result<MessagePage, ApiError> {
    let (caller, room) = (caller.require()?, input.path.id);
    let ListMessages { limit: Limit(limit), order, kind, sender_id: sender, selection, .. } = input.query;
    let history = &state.use_cases.read_history;
    let anchor = match selection {
        Selection::OneSide(anchor) => history.anchor(&caller, room, anchor).await?,
        Selection::Around(place) => {
            let around = Around { place, limit, order };
            let found = history.around(caller, room, around, mark_read).await?;
            return Ok(MessagePage(page(&found.messages, CursorInfo::around(limit, &found))?.into()));
        }
    };
    let query = HistoryQuery { anchor, limit, order, kind, sender };
    if query.is_newest() {
        return newest::answer(&state, caller, room, query, mark_read).await;
    }
    let window = history.execute(caller, room, query, mark_read).await?;
    Ok(MessagePage(window_page(limit, &window)?.into()))
}

/// Serializes a window of messages.
pub(super) fn window_page(limit: u32, window: &Window) -> Result<Vec<u8>, ApiError> {
    page(&window.messages, CursorInfo::of(limit, window))
}

fn page(messages: &[domain::message::Message], pagination: CursorInfo) -> Result<Vec<u8>, ApiError> {
    let data: Vec<Message> = messages.iter().map(Message::from).collect();
    serde_json::to_vec(&Paginated { data, pagination })
        .map_err(|error| ApiError::internal(format!("a page is not valid JSON: {error}")))
}

async fn send(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, Nothing, SendMessage, IdempotencyKey>,
) -> Result<CreatedOrExisting<Message>, ApiError> {
    let (caller, room) = (caller.require()?, input.path.id);
    let (body, extras, client_id) = input.body;
    let client_key = input.headers.or_in_body(client_id)?;
    let command = SendCommand { room, body, extras, client_key };
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

async fn typing(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath>,
) -> Result<NoContent, ApiError> {
    state.use_cases.publish_typing.execute(caller.require()?, input.path.id).await?;
    Ok(NoContent)
}
