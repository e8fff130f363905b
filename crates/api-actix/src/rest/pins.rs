//! `/api/rooms/{id}/pins`

use actix_web::web::Data as State;
use domain::PageRequest;
use domain::Refusal::{AdminRequired, MessageNotFound, NotAMember, RoomNotFound, TooManyPins};
use domain::message::AnnotationAct;

use super::MESSAGES;
use super::annotations::annotate;
use crate::http::params::{MessagePath, PageQuery, RoomPath};
use crate::http::{ApiError, FromFields, Input};
use crate::json::{Message, NoContent, Page, PinPage};
use crate::routing::{Access, CurrentUser, Endpoint, delete, get, put};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 3] {
    [
        get("/api/rooms/{id}/pins", list)
            .named("listPins", MESSAGES, "List pinned messages")
            .about("The latest pin first. Deleting a message unpins it.")
            .refuses([RoomNotFound, NotAMember]),
        put("/api/rooms/{id}/pins/{messageId}", pin)
            .access(Access::SessionCheckedOnWrite)
            .named("pinMessage", MESSAGES, "Pin a message")
            .about(
                "For admins of the room, in a direct room for everybody. A message that is pinned stays so. A room has at \
                 most 50 pinned messages.",
            )
            .refuses([RoomNotFound, NotAMember, MessageNotFound, AdminRequired, TooManyPins]),
        delete("/api/rooms/{id}/pins/{messageId}", unpin)
            .access(Access::SessionCheckedOnWrite)
            .named("unpinMessage", MESSAGES, "Unpin a message")
            .about("For admins of the room, in a direct room for everybody.")
            .refuses([RoomNotFound, NotAMember, MessageNotFound, AdminRequired]),
    ]
}

/// A page of the pinned messages.
#[derive(FromFields)]
struct Pins {
    #[field(flatten = PageQuery)]
    page: PageRequest,
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, Pins>,
) -> Result<PinPage, ApiError> {
    let (room, request) = (input.path.id, input.query.page);
    let page = state.use_cases.messages.list_pins.execute(caller.require()?, room, request).await?;
    Ok(PinPage(Page::of(&page, request, Message::from)))
}

async fn pin(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<MessagePath>,
) -> Result<NoContent, ApiError> {
    let MessagePath { id: room, message_id: message } = input.path;
    annotate(state, caller, room, message, AnnotationAct::Pin).await
}

async fn unpin(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<MessagePath>,
) -> Result<NoContent, ApiError> {
    let MessagePath { id: room, message_id: message } = input.path;
    annotate(state, caller, room, message, AnnotationAct::Unpin).await
}
