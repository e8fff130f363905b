//! `/api/users`: people as others see them.

use actix_web::web::Data as State;
use domain::PageRequest;
use domain::Refusal::UserNotFound;
use domain::account::NameStart;

use super::ACCOUNTS;
use crate::http::params::{PageQuery, UserPath};
use crate::http::{ApiError, FromFields, Input};
use crate::json::{Data, Page, Profile};
use crate::routing::{CurrentUser, Endpoint, get};
use crate::state::AppState;

/// The endpoints of the directory; not served where it is off.
pub(super) fn endpoints() -> [Endpoint; 2] {
    [
        get("/api/users", find).named("findPeople", ACCOUNTS, "Find people").about(
            "The people whose username begins with the text, in any case, in the order of their names in lower case. By \
             configuration only those with whom the caller shares a room are found, or the path does not exist.",
        ),
        get("/api/users/{userId}", show)
            .named("getPerson", ACCOUNTS, "Get a person")
            .about("A person as others see them. By configuration only those with whom the caller shares a room are found, or \
                the path does not exist.")
            .refuses([UserNotFound]),
    ]
}

/// The people to find.
#[derive(FromFields)]
struct ListPeople {
    /// The beginning of a username; `_`, `.` and `-` stand for themselves.
    search: NameStart,
    #[field(flatten = PageQuery)]
    page: PageRequest,
}

async fn find(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), ListPeople>,
) -> Result<Page<Profile>, ApiError> {
    let ListPeople { search, page: request } = input.query;
    let page = state.use_cases.accounts.find_people.execute(caller.require()?, search, request).await?;
    Ok(Page::of(&page, request, Profile::from))
}

async fn show(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<UserPath>,
) -> Result<Data<Profile>, ApiError> {
    let profile = state.use_cases.accounts.show_person.execute(caller.require()?, input.path.user_id).await?;
    Ok(Data(Profile::from(&profile)))
}
