//! `/api/directs`

use actix_web::web::Data as State;
use domain::Refusal::{IdempotencyConflict, QuotaExceeded, UserNotFound};
use domain::account::Username;
use domain::direct::{NamedPeople, Opened, OtherPeople};
use domain::idempotency::{Idempotent, Outcome};
use domain::quota::QuotaKind;
use domain::room::RoomView;
use domain::{StoreError, UserId};

use super::ROOMS;
use crate::http::idempotency::IdempotencyKey;
use crate::http::{
    ApiError, Detail, Fields, FromFields, Id, Input, InvalidField, ListOf, Property, Variant, one_of,
};
use crate::json::{CreatedOrExisting, KeptAnswer, Repeatable, Room};
use crate::routing::{CurrentUser, Endpoint, post};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 1] {
    [post("/api/directs", open)
        .named("openDirectRoom", ROOMS, "Open a direct room")
        .about(
            "Answers with the one direct room of exactly these people and the caller, and creates it where they have none. The \
             caller and repeats are passed over. All of them are its members, and stay: nobody leaves it, is invited or \
             removed, and nobody changes or deletes it. A repeat with the same `Idempotency-Key` within 24 hours gets the first \
             answer.",
        )
        .refuses([UserNotFound, QuotaExceeded(QuotaKind::Rooms), IdempotencyConflict])]
}

/// The other people of the room: 1 to 9, all by their ids or all by their names.
#[derive(FromFields)]
#[fields(output = NamedPeople, then = people, schema = people_schema)]
struct OpenDirectRoom {
    user_ids: Option<ListOf<Id>>,
    usernames: Option<ListOf<Username>>,
}

const IDS: &str = "userIds";
const NAMES: &str = "usernames";

fn people(
    fields: &mut Fields,
    user_ids: Result<Option<ListOf<Id>>, InvalidField>,
    usernames: Result<Option<ListOf<Username>>, InvalidField>,
) -> Result<NamedPeople, InvalidField> {
    match (user_ids?, usernames?) {
        (Some(ids), None) => Ok(NamedPeople::Ids(ids.0.into_iter().map(|id| UserId(id.0)).collect())),
        (None, Some(names)) => Ok(NamedPeople::Names(names.0)),
        (None, None) => Err(fields.problem(IDS, "is missing; send userIds or usernames")),
        (Some(_), Some(_)) => {
            fields.problem(IDS, "must not stand beside `usernames`; send one of them");
            Err(fields.problem(NAMES, "must not stand beside `userIds`; send one of them"))
        }
    }
}

fn people_schema(properties: &[Property]) -> serde_json::Value {
    one_of(
        properties,
        &[
            Variant { title: "OpenDirectByIds", required: &[IDS], optional: &[], kind: None },
            Variant { title: "OpenDirectByUsernames", required: &[NAMES], optional: &[], kind: None },
        ],
    )
}

async fn open(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), (), OpenDirectRoom, IdempotencyKey>,
) -> Result<Repeatable<CreatedOrExisting<Room>>, ApiError> {
    let caller = caller.require()?;
    let field = if matches!(input.body, NamedPeople::Ids(_)) { IDS } else { NAMES };
    let others = OtherPeople::new(input.body, &caller.user).map_err(|error| {
        ApiError::invalid(vec![Detail { field: field.to_owned(), message: error.to_string() }])
    })?;
    let idempotent = input.headers.key().map(|key| Idempotent { key, encode: kept_room });
    let outcome = state
        .write(|app| async move { app.use_cases.open_direct.execute(caller, others, idempotent).await })
        .await?;
    Ok(match outcome {
        Outcome::Done(Opened::New(view)) => {
            Repeatable::First(CreatedOrExisting::Created(Room::from(&view), room_path(&view)))
        }
        Outcome::Done(Opened::Existing(view)) => {
            Repeatable::First(CreatedOrExisting::Existing(Room::from(&view)))
        }
        Outcome::Repeated(answer) => Repeatable::Repeated(KeptAnswer::decode(&answer)?),
    })
}

fn kept_room(opened: &Opened) -> Result<Vec<u8>, StoreError> {
    let (view, path) = match opened {
        Opened::New(view) => (view, Some(room_path(view))),
        Opened::Existing(view) => (view, None),
    };
    KeptAnswer::encode(Room::from(view), path)
}

fn room_path(view: &RoomView) -> String {
    format!("/api/rooms/{}", view.room.id)
}
