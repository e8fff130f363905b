//! `/api/users`

use actix_web::HttpRequest;
use actix_web::web::Data as State;
use domain::Refusal::InvalidCredentials;
use domain::account::{ChangePasswordCommand, PasswordAttempt};
use domain::limit::LimitClass;

use super::ACCOUNTS;
use super::auth::{NewPassword, PresentPassword};
use crate::http::{ApiError, FromFields, Input};
use crate::json::{Account, Data};
use crate::routing::rate_limit;
use crate::routing::{CurrentUser, Endpoint, get, patch};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 2] {
    [
        get("/api/users/me", show).named("getCurrentUser", ACCOUNTS, "Get the current user"),
        patch("/api/users/me", change_password)
            .named("updateCurrentUser", ACCOUNTS, "Change the current user's password")
            .limit(LimitClass::Auth)
            .about("Every other session of the user ends. The call counts as a login does, a wrong `currentPassword` as a \
                failed one.")
            .refuses([InvalidCredentials]),
    ]
}

/// A new password.
#[derive(FromFields)]
#[fields(into = ChangePasswordCommand)]
struct UpdateCurrentUser {
    #[field(example = "another battery")]
    password: NewPassword,
    current_password: PresentPassword,
}

impl From<UpdateCurrentUser> for ChangePasswordCommand {
    fn from(body: UpdateCurrentUser) -> Self {
        Self { new: body.password.0, current: PasswordAttempt::new(&body.current_password.0) }
    }
}

async fn show(state: State<AppState>, caller: CurrentUser, _: Input) -> Result<Data<Account>, ApiError> {
    let user = state.use_cases.accounts.show.execute(caller.require()?).await?;
    Ok(Data(Account::from(&user)))
}

async fn change_password(
    state: State<AppState>,
    request: HttpRequest,
    caller: CurrentUser,
    input: Input<(), (), UpdateCurrentUser>,
) -> Result<Data<Account>, ApiError> {
    let (caller, command) = (caller.require()?, input.body);
    let attempt = state
        .write(|app| async move { app.use_cases.accounts.change_password.execute(caller, command).await })
        .await?;
    Ok(Data(Account::from(&rate_limit::attempted(&request, attempt)?)))
}
