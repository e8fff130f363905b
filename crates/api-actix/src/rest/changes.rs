//! `/api/rooms/{id}/changes` and `/presence`

use actix_web::web::Data as State;
use domain::Refusal::{NotAMember, RoomNotFound};
use domain::room::Revision;
use live::ChangeBody;

use super::EVENTS;
use crate::http::params::RoomPath;
use crate::http::{ApiError, FromFields, Input, Limit};
use crate::json::{ChangePage, List, PresentUser, RevisionInfo};
use crate::routing::{CurrentUser, Endpoint, get};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 2] {
    [
        get("/api/rooms/{id}/changes", list)
            .named("listRoomChanges", EVENTS, "List changes after a revision")
            .about("The lasting events after a revision, oldest first, as the live transports deliver them.")
            .refuses([RoomNotFound, NotAMember]),
        get("/api/rooms/{id}/presence", presence)
            .named("listPresentUsers", EVENTS, "List the users who are connected to a room")
            .refuses([RoomNotFound, NotAMember]),
    ]
}

/// The changes to list.
#[derive(FromFields)]
struct ListChanges {
    /// The last revision that the client knows.
    #[field(missing = "is missing; 0 is the beginning")]
    since: Revision,
    /// The most changes to list.
    #[field(default = Limit(50))]
    limit: Limit,
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, ListChanges>,
) -> Result<ChangePage, ApiError> {
    let (room, ListChanges { since, limit }) = (input.path.id, input.query);
    let read = state.use_cases.read_changes.execute(caller.require()?, room, since, since, limit.0).await?;
    let last = read.items.last().map_or(since, |change| change.revision);
    let pagination = RevisionInfo::new(limit.0, read.has_more, last);
    Ok(ChangePage { changes: read.items.iter().map(ChangeBody::from).collect(), pagination })
}

async fn presence(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath>,
) -> Result<List<PresentUser>, ApiError> {
    let present = state.use_cases.presence.list.execute(caller.require()?, input.path.id).await?;
    Ok(List(present.iter().map(PresentUser::from).collect()))
}
