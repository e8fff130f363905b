//! `/api/rooms/{id}/read` and `/unread`, and the readers of a message

use actix_web::web::Data as State;
use domain::PageRequest;
use domain::Refusal::{MessageNotFound, NotAMember, RoomNotFound};
use domain::room::Seq;

use super::MESSAGES;
use crate::http::params::{MessagePath, PageQuery, RoomPath};
use crate::http::{ApiError, FromFields, Input, MessageNumber};
use crate::json::{NoContent, Page, Reader};
use crate::routing::{Access, CurrentUser, Endpoint, get, post};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 3] {
    [
        post("/api/rooms/{id}/read", mark_read)
            .access(Access::SessionCheckedOnWrite)
            .named("markRoomRead", MESSAGES, "Mark a room as read")
            .about("The mark never moves back, and never beyond the newest message. Where it moves, subscribers receive `read`.")
            .refuses([RoomNotFound, NotAMember]),
        post("/api/rooms/{id}/unread", mark_unread)
            .access(Access::SessionCheckedOnWrite)
            .named("markRoomUnread", MESSAGES, "Mark messages as unread")
            .about(
                "The message with that number becomes the first unread one: the mark moves to the message before it, forward or \
                 back, but never beyond the newest. Only the caller's own connections receive `read`.",
            )
            .refuses([RoomNotFound, NotAMember]),
        get("/api/rooms/{id}/messages/{messageId}/readers", readers)
            .named("listReaders", MESSAGES, "List who has read a message")
            .about(
                "The present members but its sender whose read mark has reached the message, the latest mark first. Those who \
                 joined later are among them; a deleted message has readers as others do.",
            )
            .refuses([RoomNotFound, NotAMember, MessageNotFound]),
    ]
}

/// The last message that the caller has read.
#[derive(FromFields)]
struct MarkRead {
    seq: Seq,
}

/// The first message that the caller has not read.
#[derive(FromFields)]
struct MarkUnread {
    seq: MessageNumber,
}

/// A page of a message's readers.
#[derive(FromFields)]
struct ListReaders {
    #[field(flatten = PageQuery)]
    page: PageRequest,
}

async fn mark_read(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, (), MarkRead>,
) -> Result<NoContent, ApiError> {
    let (caller, room, seq) = (caller.require()?, input.path.id, input.body.seq);
    state
        .write(|app| async move { app.use_cases.messages.mark_read.execute(caller, room, seq, None).await })
        .await?;
    Ok(NoContent)
}

async fn mark_unread(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, (), MarkUnread>,
) -> Result<NoContent, ApiError> {
    let (caller, room, first) = (caller.require()?, input.path.id, Seq(input.body.seq.0));
    state
        .write(|app| async move { app.use_cases.messages.mark_unread.execute(caller, room, first).await })
        .await?;
    Ok(NoContent)
}

async fn readers(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<MessagePath, ListReaders>,
) -> Result<Page<Reader>, ApiError> {
    let MessagePath { id: room, message_id: message } = input.path;
    let request = input.query.page;
    let page =
        state.use_cases.messages.list_readers.execute(caller.require()?, room, message, request).await?;
    Ok(Page::of(&page, request, Reader::from))
}
