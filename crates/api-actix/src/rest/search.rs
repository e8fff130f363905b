//! `/api/search/messages`

use actix_web::web::Data as State;
use domain::Refusal::{MessageNotFound, NotAMember, RoomNotFound};
use domain::message::{Place, TimelinePosition};
use domain::search::{SearchCommand, SearchQuery};
use domain::{RoomId, UserId};

use super::MESSAGES;
use super::history::page;
use crate::http::timeline_cursor::{self, TimelineCursor};
use crate::http::{ApiError, Fields, FromFields, Input, InvalidField, SearchLimit};
use crate::json::{CursorInfo, MessagePage};
use crate::routing::{CurrentUser, Endpoint, get};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 1] {
    [get("/api/search/messages", search)
        .named("searchMessages", MESSAGES, "Search messages")
        .about(
            "The messages that have each word of `q`, newest first: of the rooms that the caller is a member of now, without \
             deleted ones, in their present words. Case, accents and width make no difference. A word that ends in `*` is the \
             beginning of one; Chinese, Japanese and Korean text is found in any place. Names of files are not searched.",
        )
        .refuses([RoomNotFound, NotAMember, MessageNotFound])]
}

/// A search.
#[derive(FromFields)]
struct Search {
    /// The words that a message must have.
    q: SearchQuery,
    /// Only messages of this room.
    room_id: Option<RoomId>,
    /// Only messages of this sender.
    sender_id: Option<UserId>,
    /// The most messages to list.
    #[field(default = SearchLimit(20))]
    limit: SearchLimit,
    #[field(flatten = FoundBefore)]
    before: Option<Place<TimelinePosition>>,
}

/// The end of a page.
#[derive(FromFields)]
#[fields(output = Option<Place<TimelinePosition>>, then = place)]
struct FoundBefore {
    /// List the messages next older than this cursor, which may be one of another search.
    before: Option<TimelineCursor>,
}

fn place(
    fields: &mut Fields,
    before: Result<Option<TimelineCursor>, InvalidField>,
) -> Result<Option<Place<TimelinePosition>>, InvalidField> {
    let Some(TimelineCursor(text)) = before? else { return Ok(None) };
    timeline_cursor::place(&text, true).map(Some).ok_or_else(|| fields.bad_cursor("before"))
}

async fn search(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), Search>,
) -> Result<MessagePage, ApiError> {
    let Search { q: query, room_id: room, sender_id: sender, limit: SearchLimit(limit), before } =
        input.query;
    let command = SearchCommand { query, room, sender, before, limit };
    let window = state.use_cases.search.run.execute(caller.require()?, command).await?;
    Ok(MessagePage(page(&window.messages, &CursorInfo::of_timeline(limit, &window))?.into()))
}
