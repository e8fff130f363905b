//! `/api/auth`

use actix_web::{HttpRequest, HttpResponse, web};
use domain::Invalid;
use domain::account::{
    Email, LogInCommand, LoggedIn, LoginName, Password, PasswordAttempt, SignUpCommand, User, Username,
};
use domain::limit::{LimitClass, LimitKey, LimitSet};

use crate::http::{ApiError, Fields, Flaw, FromFields, Input, Nothing};
use crate::json::{Account, Data, Token};
use crate::routing::Signed;
use crate::routing::rate_limit as limits;
use crate::state::AppState;

/// The body of a signup.
pub(crate) struct SignUpBody(SignUpCommand);

impl FromFields for SignUpBody {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let username = fields.required::<Username>("username");
        let email = fields.required::<Email>("email");
        let password = fields.required::<NewPassword>("password");
        Ok(Self(SignUpCommand { username: username?, email: email?, password: password?.0 }))
    }
}

/// A password that is to be one.
pub(super) struct NewPassword(pub Password);

impl std::str::FromStr for NewPassword {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Password::parse(text).map(Self)
    }
}

/// The body of a login.
pub(crate) struct LogInBody(LogInCommand);

impl FromFields for LogInBody {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let (username, email) = (fields.optional::<Name>("username"), fields.optional::<Name>("email"));
        let password = fields.required::<String>("password");
        let login = match (username?, email?) {
            (Some(name), None) => Ok(LoginName::Username(name.0)),
            (None, Some(address)) => Ok(LoginName::Email(address.0)),
            (None, None) => Err(fields.problem("username", "is missing; send a username or an email")),
            (Some(_), Some(_)) => {
                Err(fields.problem("email", "must not stand beside a username; send one of them"))
            }
        };
        Ok(Self(LogInCommand { login: login?, password: PasswordAttempt::new(&password?) }))
    }
}

impl LogInBody {
    /// Of clients that know usernames only.
    pub(crate) fn by_username(fields: &mut Fields) -> Result<Self, Flaw> {
        let (name, password) = (fields.required::<Name>("username"), fields.required::<String>("password"));
        let login = LoginName::Username(name?.0);
        Ok(Self(LogInCommand { login, password: PasswordAttempt::new(&password?) }))
    }

    /// Of clients that know addresses first. A name, where one stands alone, will do.
    pub(crate) fn by_email(fields: &mut Fields) -> Result<Self, Flaw> {
        let (email, username) = (fields.nullable::<Name>("email"), fields.nullable::<Name>("username"));
        let password = fields.required::<String>("password");
        let login = match (email?.flatten(), username?.flatten()) {
            (Some(address), _) => LoginName::Email(address.0),
            (None, Some(name)) => LoginName::Username(name.0),
            (None, None) => return Err(fields.problem("email", "is missing")),
        };
        Ok(Self(LogInCommand { login, password: PasswordAttempt::new(&password?) }))
    }
}

/// What somebody calls themself; whether anybody does is not for the form to say.
struct Name(String);

impl std::str::FromStr for Name {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.is_empty() || text.len() > 1_024 || text.contains(char::is_control) {
            return Err(Invalid::new("must be a name or an address"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Counts a signup against the account's name and, where that may go on, makes the account.
pub(crate) async fn make_account(
    api: &web::Data<AppState>,
    request: &HttpRequest,
    set: LimitSet,
    body: SignUpBody,
) -> Result<User, ApiError> {
    let command = body.0;
    let key = LimitKey::Account(command.username.key());
    limits::take_besides(api, request, set, LimitClass::Auth, key).await?;
    let worker = api.clone().into_inner();
    api.clone().into_inner().finish(async move { worker.use_cases.sign_up.execute(command).await }).await
}

pub(super) async fn sign_up(
    api: web::Data<AppState>,
    request: HttpRequest,
    input: Input<Nothing, Nothing, SignUpBody>,
) -> Result<HttpResponse, ApiError> {
    let user = make_account(&api, &request, LimitSet::API, input.body).await?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", "/api/users/me"))
        .json(Data { data: Account::from(&user) }))
}

/// Counts a login against the account's name and, where that may go on, begins a session.
pub(crate) async fn begin_session(
    api: &web::Data<AppState>,
    request: &HttpRequest,
    set: LimitSet,
    body: LogInBody,
) -> Result<LoggedIn, ApiError> {
    let command = body.0;
    let key = LimitKey::Account(command.login.key());
    limits::take_besides(api, request, set, LimitClass::Auth, key).await?;
    let worker = api.clone().into_inner();
    api.clone().into_inner().finish(async move { worker.use_cases.log_in.execute(command).await }).await
}

pub(super) async fn log_in(
    api: web::Data<AppState>,
    request: HttpRequest,
    input: Input<Nothing, Nothing, LogInBody>,
) -> Result<HttpResponse, ApiError> {
    let done = begin_session(&api, &request, LimitSet::API, input.body).await?;
    Ok(HttpResponse::Ok().json(Data { data: Token::new(done.token, Some(&done.user)) }))
}

pub(super) async fn refresh(api: web::Data<AppState>, caller: Signed) -> Result<HttpResponse, ApiError> {
    let caller = caller.in_()?;
    let worker = api.clone().into_inner();
    let token =
        api.into_inner().finish(async move { worker.use_cases.refresh_token.execute(caller).await }).await?;
    Ok(HttpResponse::Ok().json(Data { data: Token::new(token, None) }))
}

pub(super) async fn log_out(api: web::Data<AppState>, caller: Signed) -> Result<HttpResponse, ApiError> {
    let caller = caller.in_()?;
    let worker = api.clone().into_inner();
    api.into_inner().finish(async move { worker.use_cases.log_out.execute(caller).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}
