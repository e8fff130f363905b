//! `/api/mentions`

use actix_web::web::Data as State;
use domain::Refusal::MessageNotFound;
use domain::SortOrder;
use domain::message::{Anchor, Place, TimelinePosition};

use super::history::page;
use super::{MESSAGES, anchor};
use crate::http::timeline_cursor::{self, TimelineCursor};
use crate::http::{ApiError, Fields, FromFields, Input, InvalidField, Limit};
use crate::json::{CursorInfo, MessagePage};
use crate::routing::{CurrentUser, Endpoint, get};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 1] {
    [get("/api/mentions", list)
        .named("listMentions", MESSAGES, "List the caller's mentions")
        .about(
            "The messages that mention the caller, or everybody in a room, newest first: of the rooms that the caller is a \
             member of now, without deleted ones. Edits leave them in their place.",
        )
        .refuses([MessageNotFound])]
}

/// The position and the order of a list of mentions.
#[derive(FromFields)]
struct ListMentions {
    /// The most messages to list.
    #[field(default = Limit(50))]
    limit: Limit,
    /// `desc`: newest first.
    #[field(default = SortOrder::Descending)]
    order: SortOrder,
    #[field(flatten = MentionsBetween)]
    anchor: Anchor<Place<TimelinePosition>>,
}

/// The cursor that a page lies next to.
#[derive(FromFields)]
#[fields(output = Anchor<Place<TimelinePosition>>, then = read)]
struct MentionsBetween {
    /// List the messages next older than this cursor.
    before: Option<TimelineCursor>,
    /// List the messages next newer than this cursor.
    after: Option<TimelineCursor>,
}

fn read(
    fields: &mut Fields,
    before: Result<Option<TimelineCursor>, InvalidField>,
    after: Result<Option<TimelineCursor>, InvalidField>,
) -> Result<Anchor<Place<TimelinePosition>>, InvalidField> {
    let (before, after) = (before?.map(|cursor| cursor.0), after?.map(|cursor| cursor.0));
    anchor::between(fields, before, after, timeline_cursor::place)
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), ListMentions>,
) -> Result<MessagePage, ApiError> {
    let ListMentions { limit: Limit(limit), order, anchor } = input.query;
    let window =
        state.use_cases.messages.read_mentions.execute(caller.require()?, anchor, limit, order).await?;
    Ok(MessagePage(page(&window.messages, &CursorInfo::of_timeline(limit, &window))?.into()))
}
