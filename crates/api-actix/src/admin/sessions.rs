//! `/admin/api/users/{userId}/sessions`: the sessions of a user.

use actix_web::web::Data as State;
use domain::Refusal::{ServerAdminRequired, UserNotFound};
use domain::{SessionId, UserId};

use super::ACCOUNTS;
use super::accounts::{UPON_AN_ACCOUNT, act};
use super::views::LivingSession;
use crate::http::params::UserPath;
use crate::http::{ApiError, FromFields, Input, Limit};
use crate::json::{NoContent, Part};
use crate::routing::{Access, CurrentUser, Endpoint, delete, get};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 3] {
    [
        get("/admin/api/users/{userId}/sessions", list)
            .access(Access::ServerAdmin)
            .named("listSessions", ACCOUNTS, "List the sessions of a user")
            .about("Those that have neither ended nor expired, latest first.")
            .refuses([ServerAdminRequired, UserNotFound]),
        delete("/admin/api/users/{userId}/sessions", end_all)
            .access(Access::ServerAdmin)
            .named("endSessions", ACCOUNTS, "End all sessions of a user")
            .about(
                "Their tokens are refused and their sockets are closed. Nobody ends their own sessions so.",
            )
            .refuses(UPON_AN_ACCOUNT),
        delete("/admin/api/users/{userId}/sessions/{sessionId}", end)
            .access(Access::ServerAdmin)
            .named("endSession", ACCOUNTS, "End a session of a user")
            .about("One that has ended stays so.")
            .refuses(UPON_AN_ACCOUNT),
    ]
}

/// The sessions to list.
#[derive(FromFields)]
struct ListSessions {
    /// Continue after this session: the `after` of an earlier answer.
    after: Option<SessionId>,
    /// The most sessions to list.
    #[field(default = Limit(50))]
    limit: Limit,
}

/// A session of a user.
#[derive(FromFields)]
struct SessionPath {
    /// The user's id.
    user_id: UserId,
    /// The session's id.
    session_id: SessionId,
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<UserPath, ListSessions>,
) -> Result<Part<LivingSession>, ApiError> {
    let (user, ListSessions { after, limit }) = (input.path.user_id, input.query);
    let listed = state.use_cases.admin.list_sessions.execute(caller.require()?, user, after, limit.0).await?;
    Ok(Part::of(&listed, limit.0, LivingSession::from, |last| last.id.0.to_string()))
}

async fn end_all(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<UserPath>,
) -> Result<NoContent, ApiError> {
    act(&state, caller, input.path.user_id, |app, by, whom| async move {
        app.use_cases.admin.operator.end_sessions(by, whom).await
    })
    .await
}

async fn end(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<SessionPath>,
) -> Result<NoContent, ApiError> {
    let SessionPath { user_id, session_id } = input.path;
    act(&state, caller, user_id, move |app, by, whom| async move {
        app.use_cases.admin.operator.end_session(by, whom, session_id).await
    })
    .await
}
