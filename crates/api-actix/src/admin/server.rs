//! `/admin/api/files` and `/admin/api/health`: what files take, and the state of the server.

use actix_web::web::Data as State;
use domain::Refusal::ServerAdminRequired;
use domain::admin::UsagePosition;
use serde_json::json;

use super::SERVER;
use super::views::{Health, UserFiles};
use crate::http::{ApiError, FromFields, Input, Limit, texts};
use crate::json::{Data, Part};
use crate::routing::{Access, CurrentUser, Endpoint, get};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 2] {
    [
        get("/admin/api/files", usage)
            .access(Access::ServerAdmin)
            .named("listFileUsage", SERVER, "List what users' files take")
            .about(
                "The users who have files, those whose files take most first. The files themselves show to their \
                 uploaders and to members of rooms only, not to server admins.",
            )
            .refuses([ServerAdminRequired]),
        get("/admin/api/health", health)
            .access(Access::ServerAdmin)
            .named("examineServer", SERVER, "Examine the server")
            .about("The checks of `parlor doctor`, run now by the replica that answers. They may take seconds.")
            .refuses([ServerAdminRequired]),
    ]
}

texts! {
    UsagePosition: json!({"type": "string", "pattern": "^[0-9]{1,19}-[0-9a-fA-F-]{36}$",
        "examples": ["1048576-0193b089-3a00-7000-8000-000000000005"]});
}

/// The users to list.
#[derive(FromFields)]
struct ListUsage {
    /// Continue after this place: the `after` of an earlier answer.
    after: Option<UsagePosition>,
    /// The most users to list.
    #[field(default = Limit(50))]
    limit: Limit,
}

async fn usage(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), ListUsage>,
) -> Result<Part<UserFiles>, ApiError> {
    let ListUsage { after, limit } = input.query;
    let listed = state.use_cases.admin.list_file_usage.execute(caller.require()?, after, limit.0).await?;
    Ok(Part::of(&listed, limit.0, UserFiles::from, |last| last.position().to_string()))
}

async fn health(state: State<AppState>, caller: CurrentUser, _: Input) -> Result<Data<Health>, ApiError> {
    let checks = state.use_cases.admin.examine_server.execute(caller.require()?).await?;
    Ok(Data(Health::of(&checks)))
}
