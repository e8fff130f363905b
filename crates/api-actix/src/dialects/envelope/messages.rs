//! Sending messages, and reading them in pages.

use actix_web::web::Data as State;
use domain::Refusal::{FileNotFound, NotAMember, RoomNotFound};
use domain::compat::envelope::PostBody;
use domain::message::Content;
use domain::{FileId, RoomId};

use super::TAG;
use super::answers::{MessageList, SendMessageResponse, Success};
use super::lists::{ByTime, ListQuery};
use super::rooms::RoomPath;
use super::views::{Message, SentMessage};
use crate::http::{
    ApiError, Fields, FromFields, Id, Input, InvalidField, Nothing, Nullable, Property, Variant, any_of,
};
use crate::routing::{CurrentUser, Endpoint, get, post};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 2] {
    [
        post("/dialects/envelope/api/messages", send)
            .named("sendMessage", TAG, "Send a message")
            .about(
                "A text, or one of the caller's files. The sender joins a public room first, if necessary.",
            )
            .refuses([RoomNotFound, NotAMember, FileNotFound]),
        get("/dialects/envelope/api/messages/{roomId}", list)
            .named("listMessages", TAG, "List messages")
            .about("The call marks them as read.")
            .refuses([RoomNotFound, NotAMember]),
    ]
}

/// A text, or a file with a caption.
#[derive(FromFields)]
#[fields(output = (RoomId, PostBody), then = parsed, schema = schema)]
struct SendMessage {
    room_id: RoomId,
    content: Nullable<Content>,
    file_id: Nullable<Id>,
}

fn parsed(
    fields: &mut Fields,
    room: Result<RoomId, InvalidField>,
    content: Result<Nullable<Content>, InvalidField>,
    file: Result<Nullable<Id>, InvalidField>,
) -> Result<(RoomId, PostBody), InvalidField> {
    let body = match (content?.0, file?.0) {
        (content, Some(id)) => PostBody::File(FileId(id.0), content),
        (Some(content), None) => PostBody::Text(content),
        (None, None) => return Err(fields.problem("content", "is missing")),
    };
    Ok((room?, body))
}

fn schema(properties: &[Property]) -> serde_json::Value {
    let text = Variant { title: "SendText", required: &["roomId", "content"], optional: &[], kind: None };
    let file =
        Variant { title: "SendFile", required: &["roomId", "fileId"], optional: &["content"], kind: None };
    any_of(properties, &[text, file])
}

async fn send(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<Nothing, Nothing, SendMessage>,
) -> Result<Success<SendMessageResponse, SentMessage>, ApiError> {
    let (caller, (room, body)) = (caller.require()?, input.body);
    let sent = state
        .write(|app| async move { app.use_cases.envelope.post_message.execute(caller, room, body).await })
        .await?;
    Ok(Success::new(SentMessage::from(&sent)))
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, ListQuery<ByTime>>,
) -> Result<Success<MessageList, Vec<Message>>, ApiError> {
    let (room, (page, ByTime, order)) = (input.path.room_id, input.query.parts());
    let found = state.use_cases.envelope.read_page.execute(caller.require()?, room, order, page).await?;
    Ok(Success::new(found.items.iter().map(Message::from).collect()))
}
