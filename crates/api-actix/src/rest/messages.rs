//! `/api/rooms/{id}/messages` and `/typing`

use actix_web::web::Data as State;
use domain::PageRequest;
use domain::Refusal::{
    FileNotFound, IdempotencyConflict, MessageNotFound, NotAMember, NotAllowed, RoomNotFound,
};
use domain::message::{Appended, Content, MessageChange, SendCommand};
use domain::metadata::SentMetadata;

use super::MESSAGES;
use super::send::SendMessage;
use crate::http::idempotency::IdempotencyKey;
use crate::http::params::{MessagePath, PageQuery, RoomPath};
use crate::http::{ApiError, Fields, FromFields, Input, InvalidField, Property, object};
use crate::json::{CreatedOrExisting, Data, Message, MessageVersion, NoContent, Page};
use crate::routing::{Access, CurrentUser, Endpoint, delete, get, patch, post};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 6] {
    [
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
            .about(
                "Replaces the content, the metadata as a whole, or both. A content that is replaced stays in the message's \
                 history.",
            )
            .refuses([RoomNotFound, NotAMember, MessageNotFound, NotAllowed]),
        get("/api/rooms/{id}/messages/{messageId}/history", versions)
            .named("listMessageVersions", MESSAGES, "List the versions of a message")
            .about(
                "Its contents, oldest first and the present one last: for its sender, and for admins of the room. A deleted \
                 message has none.",
            )
            .refuses([RoomNotFound, NotAMember, MessageNotFound, NotAllowed]),
        delete("/api/rooms/{id}/messages/{messageId}", remove)
            .named("deleteMessage", MESSAGES, "Delete a message")
            .about("The message keeps its place in the room, without content.")
            .refuses([RoomNotFound, NotAMember, MessageNotFound, NotAllowed]),
        post("/api/rooms/{id}/typing", typing)
            .named("publishTyping", MESSAGES, "Show that the caller types")
            .about(
                "The others who are in the room by a socket or a stream receive `typing`; none of the caller's own \
                 connections does. Repeat it every few seconds while the caller types.",
            )
            .refuses([RoomNotFound, NotAMember]),
    ]
}

/// A message's new content, its new metadata, or both.
#[derive(FromFields)]
#[fields(output = MessageChange, then = change, schema = change_schema)]
struct EditMessage {
    #[field(example = "Hello, everybody")]
    content: Option<Content>,
    metadata: Option<SentMetadata>,
}

fn change(
    fields: &mut Fields,
    content: Result<Option<Content>, InvalidField>,
    metadata: Result<Option<SentMetadata>, InvalidField>,
) -> Result<MessageChange, InvalidField> {
    if let (Ok(None), Ok(None)) = (&content, &metadata) {
        return Err(fields.problem("content", "is missing, and so is `metadata`; send one of them"));
    }
    Ok(MessageChange { content: content?, metadata: metadata?.map(|metadata| metadata.kept) })
}

fn change_schema(properties: &[Property]) -> serde_json::Value {
    let mut schema = object(properties);
    schema["minProperties"] = serde_json::json!(1);
    schema
}

/// A page of a message's history.
#[derive(FromFields)]
struct ListVersions {
    #[field(flatten = PageQuery)]
    page: PageRequest,
}

async fn send(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, (), SendMessage, IdempotencyKey>,
) -> Result<CreatedOrExisting<Message>, ApiError> {
    let (caller, room) = (caller.require()?, input.path.id);
    let (body, extras, client_id) = input.body;
    let client_key = input.headers.or_in_body(client_id)?;
    let command = SendCommand { room, body, extras, client_key };
    let appended = state
        .write_here(|app| async move { app.use_cases.messages.send.execute(caller, command).await })
        .await?;
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
    let message = state.use_cases.messages.show.execute(caller.require()?, room, message).await?;
    Ok(Data(Message::from(&message)))
}

async fn edit(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<MessagePath, (), EditMessage>,
) -> Result<Data<Message>, ApiError> {
    let caller = caller.require()?;
    let (MessagePath { id: room, message_id: message }, change) = (input.path, input.body);
    let message = state
        .write(|app| async move { app.use_cases.messages.edit.execute(caller, room, message, change).await })
        .await?;
    Ok(Data(Message::from(&message)))
}

async fn versions(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<MessagePath, ListVersions>,
) -> Result<Page<MessageVersion>, ApiError> {
    let (caller, MessagePath { id: room, message_id: message }) = (caller.require()?, input.path);
    let request = input.query.page;
    let page = state.use_cases.messages.read_versions.execute(caller, room, message, request).await?;
    Ok(Page::of(&page, request, MessageVersion::from))
}

async fn remove(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<MessagePath>,
) -> Result<NoContent, ApiError> {
    let (caller, MessagePath { id: room, message_id: message }) = (caller.require()?, input.path);
    state
        .write(|app| async move { app.use_cases.messages.delete.execute(caller, room, message).await })
        .await?;
    Ok(NoContent)
}

async fn typing(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath>,
) -> Result<NoContent, ApiError> {
    state.use_cases.presence.publish_typing.execute(caller.require()?, input.path.id).await?;
    Ok(NoContent)
}
