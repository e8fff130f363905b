//! `/api/users`

use actix_web::{HttpResponse, web};
use domain::account::{ChangePasswordCommand, PasswordAttempt};

use super::auth::NewPassword;
use crate::http::{ApiError, Fields, Flaw, FromFields, Input, Nothing};
use crate::json::{Account, Data};
use crate::routing::Signed;
use crate::state::AppState;

pub(super) struct PasswordBody(ChangePasswordCommand);

impl FromFields for PasswordBody {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let new = fields.required::<NewPassword>("password");
        let current = fields.required::<String>("currentPassword");
        Ok(Self(ChangePasswordCommand { new: new?.0, current: PasswordAttempt::new(&current?) }))
    }
}

pub(super) async fn show(api: web::Data<AppState>, caller: Signed) -> Result<HttpResponse, ApiError> {
    let user = api.use_cases.show_account.execute(caller.in_()?).await?;
    Ok(HttpResponse::Ok().json(Data { data: Account::from(&user) }))
}

pub(super) async fn change_password(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<Nothing, Nothing, PasswordBody>,
) -> Result<HttpResponse, ApiError> {
    let (caller, command) = (caller.in_()?, input.body.0);
    let worker = api.clone().into_inner();
    let user = api
        .into_inner()
        .finish(async move { worker.use_cases.change_password.execute(caller, command).await })
        .await?;
    Ok(HttpResponse::Ok().json(Data { data: Account::from(&user) }))
}
