//! `/api/auth`

use actix_web::HttpRequest;
use actix_web::web::Data as State;
use domain::Invalid;
use domain::Refusal::{EmailTaken, InvalidCredentials, UsernameTaken};
use domain::account::{
    Email, LogInCommand, LoggedIn, LoginName, NewUsername, Password, PasswordAttempt, SignUpCommand, User,
};
use domain::limit::LimitClass;
use serde_json::json;

use super::ACCOUNTS;
use crate::http::{ApiError, Fields, FromFields, Input, InvalidField, Property, Variant, one_of, texts};
use crate::json::{Account, Created, CreatedHere, Data, NoContent, Ticket, Token};
use crate::routing::rate_limit;
use crate::routing::{Access, CurrentUser, Endpoint, Expiry, post};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 5] {
    [
        post("/api/auth/signup", sign_up)
            .access(Access::NoToken)
            .limit(LimitClass::Auth)
            .named("signUp", ACCOUNTS, "Sign up")
            .refuses([UsernameTaken, EmailTaken]),
        post("/api/auth/login", log_in)
            .access(Access::NoToken)
            .limit(LimitClass::Auth)
            .named("logIn", ACCOUNTS, "Log in")
            .refuses([InvalidCredentials]),
        post("/api/auth/refresh", refresh)
            .named("refreshToken", ACCOUNTS, "Refresh the token")
            .about("The new token is for the same session; the old one stays valid until it expires."),
        post("/api/auth/tickets", issue_ticket).named("issueTicket", ACCOUNTS, "Issue a ticket").about(
            "A ticket stands for the session of the token, once and within 30 seconds: as `?ticket=` of `/chat` and of \
             event streams, for clients that can't send headers there. What it opens ends when the token expires.",
        ),
        post("/api/auth/logout", log_out)
            .named("logOut", ACCOUNTS, "Log out")
            .about("The session ends: its tokens are rejected and its sockets are closed."),
    ]
}

texts! {
    NewPassword: json!({"type": "string", "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]{8,128}$", "format": "password",
        "examples": ["correct horse battery"], "description": "8 to 128 characters; the most common passwords are refused."});
    PresentPassword: json!({"type": "string", "format": "password", "examples": ["correct horse battery"],
        "description": "The present password."});
    PresentUsername: json!({"type": "string", "pattern": "^[A-Za-z0-9_.-]{3,32}$", "examples": ["john_doe"]});
    PresentEmail: json!({"type": "string", "format": "email", "maxLength": 254, "examples": ["john@example.com"]});
}

/// A password that an account is to have.
pub(crate) struct NewPassword(pub Password);

impl std::str::FromStr for NewPassword {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Password::parse(text).map(Self)
    }
}

/// A password to be compared with that of an account.
pub(crate) struct PresentPassword(pub String);

impl std::str::FromStr for PresentPassword {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// The name of an account, which may not exist.
pub(crate) struct PresentUsername(pub String);

impl std::str::FromStr for PresentUsername {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        login_name(text).map(Self)
    }
}

/// The address of an account, which may not exist.
pub(crate) struct PresentEmail(pub String);

impl std::str::FromStr for PresentEmail {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        login_name(text).map(Self)
    }
}

fn login_name(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() || text.len() > 1_024 || text.contains(char::is_control) {
        return Err(Invalid::new("must be a name or an address"));
    }
    Ok(text.to_owned())
}

/// A new account.
#[derive(FromFields)]
#[fields(into = SignUpCommand)]
pub(crate) struct SignUp {
    /// Unique without regard to case; `room` is reserved.
    username: NewUsername,
    /// Unique without regard to case.
    email: Email,
    password: NewPassword,
}

impl From<SignUp> for SignUpCommand {
    fn from(body: SignUp) -> Self {
        Self { username: body.username.0, email: body.email, password: body.password.0 }
    }
}

/// A username or an email, and the password.
#[derive(FromFields)]
#[fields(output = LogInCommand, then = command, schema = log_in_schema)]
struct LogIn {
    username: Option<PresentUsername>,
    email: Option<PresentEmail>,
    password: PresentPassword,
}

fn command(
    fields: &mut Fields,
    username: Result<Option<PresentUsername>, InvalidField>,
    email: Result<Option<PresentEmail>, InvalidField>,
    password: Result<PresentPassword, InvalidField>,
) -> Result<LogInCommand, InvalidField> {
    let login = match (username?, email?) {
        (Some(name), None) => LoginName::Username(name.0),
        (None, Some(address)) => LoginName::Email(address.0),
        (None, None) => return Err(fields.problem("username", "is missing; send a username or an email")),
        (Some(_), Some(_)) => {
            return Err(fields.problem("email", "must not stand beside a username; send one of them"));
        }
    };
    Ok(LogInCommand { login, password: PasswordAttempt::new(&password?.0) })
}

fn log_in_schema(properties: &[Property]) -> serde_json::Value {
    let by = |title, required| Variant { title, required, optional: &[], kind: None };
    one_of(
        properties,
        &[by("LogInByUsername", &["username", "password"]), by("LogInByEmail", &["email", "password"])],
    )
}

/// Makes an account.
pub(crate) async fn make_account(
    state: &State<AppState>,
    request: &HttpRequest,
    command: SignUpCommand,
) -> Result<User, ApiError> {
    let from = state.client_address(request);
    state.write(|app| async move { app.use_cases.accounts.sign_up.execute(from, command).await }).await
}

async fn sign_up(
    state: State<AppState>,
    request: HttpRequest,
    input: Input<(), (), SignUp>,
) -> Result<Created<Account>, ApiError> {
    let user = make_account(&state, &request, input.body).await?;
    Ok(Created(Account::from(&user), "/api/users/me".to_owned()))
}

/// Begins a session.
pub(crate) async fn begin_session(
    state: &State<AppState>,
    request: &HttpRequest,
    command: LogInCommand,
) -> Result<LoggedIn, ApiError> {
    let from = state.client_address(request);
    let attempt =
        state.write(|app| async move { app.use_cases.accounts.log_in.execute(from, command).await }).await?;
    rate_limit::attempted(request, attempt)
}

async fn log_in(
    state: State<AppState>,
    request: HttpRequest,
    input: Input<(), (), LogIn>,
) -> Result<Data<Token>, ApiError> {
    let done = begin_session(&state, &request, input.body).await?;
    Ok(Data(Token::new(done.token, Some(&done.user))))
}

async fn refresh(state: State<AppState>, caller: CurrentUser, _: Input) -> Result<Data<Token>, ApiError> {
    let caller = caller.require()?;
    let token =
        state.write(|app| async move { app.use_cases.accounts.refresh_token.execute(caller).await }).await?;
    Ok(Data(Token::new(token, None)))
}

async fn issue_ticket(
    state: State<AppState>,
    caller: CurrentUser,
    expiry: Expiry,
    _: Input,
) -> Result<CreatedHere<Ticket>, ApiError> {
    let caller = caller.require()?;
    let issued = state
        .write(|app| async move { app.use_cases.accounts.issue_ticket.execute(caller, expiry.0).await })
        .await?;
    Ok(CreatedHere(Ticket::from(issued)))
}

async fn log_out(state: State<AppState>, caller: CurrentUser, _: Input) -> Result<NoContent, ApiError> {
    let caller = caller.require()?;
    state.write(|app| async move { app.use_cases.accounts.log_out.execute(caller).await }).await?;
    Ok(NoContent)
}
