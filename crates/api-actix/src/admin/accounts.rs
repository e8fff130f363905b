//! `/admin/api/users`: accounts, their rights and passwords.

use actix_web::web::Data as State;
use domain::Refusal::{NotAllowed, ServerAdminRequired, UserNotFound};
use domain::UserId;
use domain::account::{Identity, Password, Username};
use domain::admin::{AccountSearch, Authority};
use domain::invitation::Invitee;
use serde_json::json;

use super::ACCOUNTS;
use super::views::ManagedAccount;
use crate::http::params::UserPath;
use crate::http::{ApiError, FromFields, Input, Limit, texts};
use crate::json::{NoContent, Part};
use crate::rest::auth::NewPassword;
use crate::routing::{Access, CurrentUser, Endpoint, delete, get, put};
use crate::state::AppState;

/// The refusals of acts upon an account.
pub(super) const UPON_AN_ACCOUNT: [domain::Refusal; 3] = [ServerAdminRequired, NotAllowed, UserNotFound];

pub(super) fn endpoints() -> [Endpoint; 6] {
    let upon = |endpoint: Endpoint| endpoint.access(Access::ServerAdmin).refuses(UPON_AN_ACCOUNT);
    [
        get("/admin/api/users", list)
            .access(Access::ServerAdmin)
            .named("listAccounts", ACCOUNTS, "List accounts")
            .about("In the order of the usernames in lower case.")
            .refuses([ServerAdminRequired]),
        upon(put("/admin/api/users/{userId}/password", reset_password))
            .named("resetPassword", ACCOUNTS, "Set the password of an account")
            .about("All sessions of the user end. Nobody sets their own password so."),
        upon(put("/admin/api/users/{userId}/disabled", disable))
            .named("disableAccount", ACCOUNTS, "Disable an account")
            .about(
                "Its sessions end, and logins fail as with a wrong password. What the user wrote stays. Nobody disables \
                 their own account.",
            ),
        upon(delete("/admin/api/users/{userId}/disabled", enable)).named(
            "enableAccount",
            ACCOUNTS,
            "Enable a disabled account",
        ),
        upon(put("/admin/api/users/{userId}/admin", grant)).named(
            "grantServerAdmin",
            ACCOUNTS,
            "Make a user a server admin",
        ),
        upon(delete("/admin/api/users/{userId}/admin", withdraw))
            .named("withdrawServerAdmin", ACCOUNTS, "Make a user no server admin any more")
            .about("Usernames in the configuration stay server admins. Nobody withdraws their own rights."),
    ]
}

texts! {
    AccountSearch: json!({"type": "string", "maxLength": 254, "examples": ["jo"],
        "description": "The beginning of a username, or a whole email address."});
}

/// The accounts to list.
#[derive(FromFields)]
struct ListAccounts {
    /// Only these.
    search: Option<AccountSearch>,
    /// Continue after this username: the `after` of an earlier answer.
    after: Option<Username>,
    /// The most accounts to list.
    #[field(default = Limit(50))]
    limit: Limit,
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), ListAccounts>,
) -> Result<Part<ManagedAccount>, ApiError> {
    let ListAccounts { search, after, limit } = input.query;
    let search = search.unwrap_or_else(AccountSearch::all);
    let listed =
        state.use_cases.admin.list_accounts.execute(caller.require()?, search, after, limit.0).await?;
    Ok(Part::of(&listed, limit.0, ManagedAccount::from, |last| last.user.username.to_string()))
}

/// A password for another user.
#[derive(FromFields)]
struct ResetPassword {
    /// The new password.
    password: NewPassword,
}

async fn reset_password(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<UserPath, (), ResetPassword>,
) -> Result<NoContent, ApiError> {
    let password: Password = input.body.password.0;
    act(&state, caller, input.path.user_id, |app, by, whom| async move {
        app.use_cases.admin.operator.reset_password(by, whom, password).await
    })
    .await
}

async fn disable(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<UserPath>,
) -> Result<NoContent, ApiError> {
    set_disabled(&state, caller, input.path.user_id, true).await
}

async fn enable(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<UserPath>,
) -> Result<NoContent, ApiError> {
    set_disabled(&state, caller, input.path.user_id, false).await
}

async fn set_disabled(
    state: &State<AppState>,
    caller: CurrentUser,
    user: UserId,
    disabled: bool,
) -> Result<NoContent, ApiError> {
    act(state, caller, user, move |app, by, whom| async move {
        app.use_cases.admin.operator.set_disabled(by, whom, disabled).await.map(drop)
    })
    .await
}

async fn grant(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<UserPath>,
) -> Result<NoContent, ApiError> {
    set_admin(&state, caller, input.path.user_id, true).await
}

async fn withdraw(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<UserPath>,
) -> Result<NoContent, ApiError> {
    set_admin(&state, caller, input.path.user_id, false).await
}

async fn set_admin(
    state: &State<AppState>,
    caller: CurrentUser,
    user: UserId,
    admin: bool,
) -> Result<NoContent, ApiError> {
    act(state, caller, user, move |app, by, whom| async move {
        app.use_cases.admin.operator.set_server_admin(by, whom, admin).await.map(drop)
    })
    .await
}

/// Runs an act of the caller upon that user to its end.
pub(super) async fn act<F>(
    state: &State<AppState>,
    caller: CurrentUser,
    user: UserId,
    act: impl FnOnce(std::sync::Arc<AppState>, Authority, Invitee) -> F,
) -> Result<NoContent, ApiError>
where
    F: Future<Output = domain::Result<()>> + Send + 'static,
{
    let caller: Identity = caller.require()?;
    state.write(|app| act(app, Authority::Caller(caller), Invitee::Id(user))).await?;
    Ok(NoContent)
}
