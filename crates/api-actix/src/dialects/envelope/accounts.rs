//! Signing up, logging in and out.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Data as State;
use domain::Refusal::{EmailTaken, InvalidCredentials, UsernameTaken};
use domain::account::{LogInCommand, LoginName, PasswordAttempt};
use domain::limit::LimitClass;

use super::TAG;
use super::answers::{Done, LogInResponse, LogOutResponse, SignUpResponse, Success};
use super::views::{LoggedIn, SignedUp};
use crate::http::{
    ApiError, ErrorCode, Fields, FromFields, Input, InvalidField, Nullable, Property, Variant, any_of,
};
use crate::rest::auth::{self, PresentEmail, PresentPassword, PresentUsername, SignUp};
use crate::routing::{Access, CurrentUser, Endpoint, get, post};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 3] {
    [
        post("/dialects/envelope/api/auth/signup", sign_up)
            .access(Access::NoToken)
            .limit(LimitClass::Auth)
            .named("signUp", TAG, "Sign up")
            .refuses([EmailTaken, UsernameTaken].map(|refusal| without_409(refusal.into()))),
        post("/dialects/envelope/api/auth/login", log_in)
            .access(Access::NoToken)
            .limit(LimitClass::Auth)
            .named("logIn", TAG, "Log in")
            .refuses([InvalidCredentials]),
        get("/dialects/envelope/api/auth/logout", log_out).head(stay).named("logOut", TAG, "Log out"),
    ]
}

/// An email or a username, and the password. Of both, the email counts.
#[derive(FromFields)]
#[fields(output = LogInCommand, then = command, schema = log_in_schema)]
struct LogIn {
    email: Nullable<PresentEmail>,
    username: Nullable<PresentUsername>,
    password: PresentPassword,
}

fn command(
    fields: &mut Fields,
    email: Result<Nullable<PresentEmail>, InvalidField>,
    username: Result<Nullable<PresentUsername>, InvalidField>,
    password: Result<PresentPassword, InvalidField>,
) -> Result<LogInCommand, InvalidField> {
    let login = match (email?.0, username?.0) {
        (Some(address), _) => LoginName::Email(address.0),
        (None, Some(name)) => LoginName::Username(name.0),
        (None, None) => return Err(fields.problem("email", "is missing")),
    };
    Ok(LogInCommand { login, password: PasswordAttempt::new(&password?.0) })
}

fn log_in_schema(properties: &[Property]) -> serde_json::Value {
    let by = |title, required| Variant { title, required, optional: &[], kind: None };
    any_of(
        properties,
        &[by("LogInByEmail", &["email", "password"]), by("LogInByUsername", &["username", "password"])],
    )
}

async fn sign_up(
    state: State<AppState>,
    request: HttpRequest,
    input: Input<(), (), SignUp>,
) -> Result<Success<SignUpResponse, SignedUp>, ApiError> {
    let made = auth::make_account(&state, &request, input.body).await;
    Ok(Success::new(SignedUp { user_id: made.map_err(without_409)?.id.0 }))
}

/// Turns a taken name into a 400: S4 has no 409.
fn without_409(error: ApiError) -> ApiError {
    match error.code() {
        ErrorCode::EmailTaken | ErrorCode::UsernameTaken => error.with_status(StatusCode::BAD_REQUEST),
        _ => error,
    }
}

async fn log_in(
    state: State<AppState>,
    request: HttpRequest,
    input: Input<(), (), LogIn>,
) -> Result<Success<LogInResponse, LoggedIn>, ApiError> {
    let begun = auth::begin_session(&state, &request, input.body).await?;
    Ok(Success::new(LoggedIn::new(&begun.user, begun.token.text)))
}

async fn log_out(state: State<AppState>, caller: CurrentUser) -> Result<Done<LogOutResponse>, ApiError> {
    let caller = caller.require()?;
    state.write(|app| async move { app.use_cases.accounts.log_out.execute(caller).await }).await?;
    Ok(Done::new())
}

/// `HEAD` of logging out ends nothing.
async fn stay(caller: CurrentUser) -> Result<Done<LogOutResponse>, ApiError> {
    caller.require()?;
    Ok(Done::new())
}
