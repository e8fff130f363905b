//! `/api/rooms/{id}/audit`

use actix_web::web::Data as State;
use domain::Refusal::{AdminRequired, NotAMember, RoomNotFound};
use domain::SortOrder;
use domain::audit::{AuditAnchor, RoomAuditQuery};

use super::{ROOMS, anchor};
use crate::http::audit_cursor::{self, AuditCursor};
use crate::http::params::RoomPath;
use crate::http::{ApiError, Fields, FromFields, Input, InvalidField, Limit};
use crate::json::{AuditPage, CursorInfo};
use crate::routing::{CurrentUser, Endpoint, get};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 1] {
    [get("/api/rooms/{id}/audit", list)
        .named("listRoomAudit", ROOMS, "List what was done in a room")
        .about(
            "The room's audit events, newest first: who joined, left, was invited, removed or given another role, who \
             changed the room, and who deleted which message, without its words. The server keeps them for a time \
             (`PARLOR_AUDIT_TTL`). Sending and reading are no audit events.",
        )
        .refuses([RoomNotFound, NotAMember, AdminRequired])]
}

/// The position and the order of a list of audit events.
#[derive(FromFields)]
struct ListAudit {
    /// The most events to list.
    #[field(default = Limit(50))]
    limit: Limit,
    /// `desc`: newest first.
    #[field(default = SortOrder::Descending)]
    order: SortOrder,
    #[field(flatten = AuditBetween)]
    anchor: AuditAnchor,
}

/// The cursor that a page lies next to.
#[derive(FromFields)]
#[fields(output = AuditAnchor, then = read)]
struct AuditBetween {
    /// List the events next older than this cursor.
    before: Option<AuditCursor>,
    /// List the events next newer than this cursor.
    after: Option<AuditCursor>,
}

fn read(
    fields: &mut Fields,
    before: Result<Option<AuditCursor>, InvalidField>,
    after: Result<Option<AuditCursor>, InvalidField>,
) -> Result<AuditAnchor, InvalidField> {
    let (before, after) = (before?.map(|cursor| cursor.0), after?.map(|cursor| cursor.0));
    anchor::between(fields, before, after, audit_cursor::decode)
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, ListAudit>,
) -> Result<AuditPage, ApiError> {
    let (caller, room, ListAudit { limit, order, anchor }) = (caller.require()?, input.path.id, input.query);
    let query = RoomAuditQuery { anchor, limit: limit.0, order };
    let window = state.use_cases.list_room_audit.execute(caller, room, query).await?;
    Ok(AuditPage::of(&window.events, CursorInfo::of_audit(limit.0, &window)))
}
