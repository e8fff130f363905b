//! `/admin/api/first`: using the link that makes the first server admin.

use actix_web::HttpRequest;
use actix_web::web::Data as State;
use domain::Invalid;
use domain::Refusal::{EmailTaken, LinkSpent, UsernameTaken};
use domain::account::SignUpCommand;
use domain::limit::LimitClass;
use serde_json::json;

use super::FIRST;
use crate::http::{ApiError, FromFields, Input, texts};
use crate::json::{Account, Created, NoContent};
use crate::rest::auth::SignUp;
use crate::routing::{Access, CurrentUser, Endpoint, post};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 2] {
    [
        post("/admin/api/first/account", create)
            .access(Access::NoToken)
            .limit(LimitClass::Auth)
            .named("createFirstAdmin", FIRST, "Sign up as the first server admin")
            .about("Uses the link up. A refused account leaves it as good as it was.")
            .refuses([LinkSpent, UsernameTaken, EmailTaken]),
        post("/admin/api/first/claim", claim)
            .limit(LimitClass::Auth)
            .named("becomeFirstAdmin", FIRST, "Become the first server admin")
            .about("Uses the link up, for the account of the caller.")
            .refuses([LinkSpent]),
    ]
}

/// The secret of a link.
struct LinkSecret(String);

impl std::str::FromStr for LinkSecret {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let known = !text.is_empty() && text.len() <= 256 && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if known { Ok(Self(text.to_owned())) } else { Err(Invalid::new("must be the secret of the link")) }
    }
}

texts! {
    LinkSecret: json!({"type": "string", "pattern": "^[A-Za-z0-9]{1,256}$", "examples": ["6fe1a9"],
        "description": "The secret of the link, which stands after `#first=`."});
}

/// A link, and the account to make.
#[derive(FromFields)]
struct CreateFirstAdmin {
    secret: LinkSecret,
    #[field(flatten = SignUp)]
    account: SignUpCommand,
}

/// A link.
#[derive(FromFields)]
struct BecomeFirstAdmin {
    secret: LinkSecret,
}

async fn create(
    state: State<AppState>,
    request: HttpRequest,
    input: Input<(), (), CreateFirstAdmin>,
) -> Result<Created<Account>, ApiError> {
    let CreateFirstAdmin { secret, account } = input.body;
    let from = state.client_address(&request);
    let user = state
        .write(|app| async move { app.use_cases.admin.first_admin.create(from, &secret.0, account).await })
        .await?;
    Ok(Created(Account::from(&user), "/api/users/me".to_owned()))
}

async fn claim(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), (), BecomeFirstAdmin>,
) -> Result<NoContent, ApiError> {
    let (caller, secret) = (caller.require()?, input.body.secret);
    state.write(|app| async move { app.use_cases.admin.first_admin.claim(caller, &secret.0).await }).await?;
    Ok(NoContent)
}
