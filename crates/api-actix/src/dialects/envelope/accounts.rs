//! Signing up, logging in and out.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::compat::envelope::LIMITS;

use super::views::{LoggedIn, SignedUp};
use super::{done, success, words};
use crate::http::{ApiError, Fields, Flaw, FromFields, Input, Nothing};
use crate::rest::auth;
use crate::routing::Signed;
use crate::state::AppState;

pub(super) struct SignUpBody(auth::SignUpBody);

impl FromFields for SignUpBody {
    const LENIENT: bool = true;

    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        auth::SignUpBody::read(fields).map(Self)
    }
}

pub(super) struct LogInBody(auth::LogInBody);

impl FromFields for LogInBody {
    const LENIENT: bool = true;

    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        auth::LogInBody::by_email(fields).map(Self)
    }
}

pub(super) async fn sign_up(
    api: web::Data<AppState>,
    request: HttpRequest,
    input: Input<Nothing, Nothing, SignUpBody>,
) -> Result<HttpResponse, ApiError> {
    let made = auth::make_account(&api, &request, LIMITS, input.body.0).await;
    let data = SignedUp { user_id: made.map_err(taken)?.id.0 };
    Ok(success(StatusCode::CREATED, words::SIGNED_UP, data))
}

/// S4 knows no 409.
pub(super) fn taken(error: ApiError) -> ApiError {
    match error.code() {
        code @ ("EMAIL_TAKEN" | "USERNAME_TAKEN") => {
            ApiError::new(StatusCode::BAD_REQUEST, code, error.message())
        }
        _ => error,
    }
}

pub(super) async fn log_in(
    api: web::Data<AppState>,
    request: HttpRequest,
    input: Input<Nothing, Nothing, LogInBody>,
) -> Result<HttpResponse, ApiError> {
    let begun = auth::begin_session(&api, &request, LIMITS, input.body.0).await?;
    let data = LoggedIn::new(&begun.user, begun.token.text);
    Ok(success(StatusCode::OK, words::LOGGED_IN, data))
}

pub(super) async fn log_out(api: web::Data<AppState>, caller: Signed) -> Result<HttpResponse, ApiError> {
    let caller = caller.in_()?;
    let worker = api.clone().into_inner();
    api.into_inner().finish(async move { worker.use_cases.log_out.execute(caller).await }).await?;
    Ok(done(words::LOGGED_OUT))
}
