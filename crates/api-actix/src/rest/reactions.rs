//! `/api/rooms/{id}/messages/{messageId}/reactions/{emoji}`

use actix_web::web::Data as State;
use domain::PageRequest;
use domain::Refusal::{MessageNotFound, NotAMember, RoomNotFound, TooManyReactions};
use domain::message::AnnotationAct;

use super::MESSAGES;
use super::annotations::annotate;
use crate::http::params::{PageQuery, ReactionPath};
use crate::http::{ApiError, FromFields, Input};
use crate::json::{NoContent, Page, UserRef};
use crate::routing::{Access, CurrentUser, Endpoint, delete, get, put};
use crate::state::AppState;

const PATH: &str = "/api/rooms/{id}/messages/{messageId}/reactions/{emoji}";

pub(super) fn endpoints() -> [Endpoint; 3] {
    [
        put(PATH, react)
            .access(Access::SessionCheckedOnWrite)
            .named("addReaction", MESSAGES, "React to a message")
            .about(
                "Adds the caller's reaction; one that is there already stays as it is. A message has at most 20 different \
                 reactions.",
            )
            .refuses([RoomNotFound, NotAMember, MessageNotFound, TooManyReactions]),
        delete(PATH, unreact)
            .access(Access::SessionCheckedOnWrite)
            .named("removeReaction", MESSAGES, "Take a reaction back")
            .about("Removes the caller's reaction, if there is one.")
            .refuses([RoomNotFound, NotAMember, MessageNotFound]),
        get(PATH, list)
            .named("listReactionUsers", MESSAGES, "List the users of a reaction")
            .about("All who used it, in the order of use; an empty page for a reaction that nobody uses.")
            .refuses([RoomNotFound, NotAMember, MessageNotFound]),
    ]
}

/// A page of the users of a reaction.
#[derive(FromFields)]
struct ListUsers {
    #[field(flatten = PageQuery)]
    page: PageRequest,
}

async fn react(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<ReactionPath>,
) -> Result<NoContent, ApiError> {
    let ReactionPath { id: room, message_id: message, emoji } = input.path;
    annotate(state, caller, room, message, AnnotationAct::React(emoji.0)).await
}

async fn unreact(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<ReactionPath>,
) -> Result<NoContent, ApiError> {
    let ReactionPath { id: room, message_id: message, emoji } = input.path;
    annotate(state, caller, room, message, AnnotationAct::Unreact(emoji.0)).await
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<ReactionPath, ListUsers>,
) -> Result<Page<UserRef>, ApiError> {
    let (caller, ReactionPath { id: room, message_id: message, emoji }) = (caller.require()?, input.path);
    let request = input.query.page;
    let page =
        state.use_cases.messages.list_reactions.execute(caller, room, message, emoji.0, request).await?;
    Ok(Page::of(&page, request, UserRef::from))
}
