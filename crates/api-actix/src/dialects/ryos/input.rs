//! The parameters and bodies of the dialect.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use domain::Refusal;
use domain::account::{Identity, Username};
use domain::compat::ryos::{GroupMembers, RoomKey};
use domain::room::RoomName;
use serde_json::{Value as Json, json};

use crate::http::{
    ApiError, Argument, Field, Fields, FromFields, InvalidField, Operation, Place, Property, Value, Variant,
    one_of, texts, trimmed,
};
use crate::routing::CurrentUser;

/// A user who is signed in, and whose `X-Username`, if they sent one, is their own name.
pub(super) struct NamedUser(pub Identity);

impl FromRequest for NamedUser {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = CurrentUser::from_request(request, payload).into_inner().and_then(CurrentUser::require);
        std::future::ready(caller.and_then(|caller| match request.headers().get("x-username") {
            Some(name) if !name.as_bytes().eq_ignore_ascii_case(caller.user.username.as_str().as_bytes()) => {
                Err(Refusal::Unauthenticated.into())
            }
            _ => Ok(Self(caller)),
        }))
    }
}

impl Argument for NamedUser {
    fn describe(operation: &mut Operation) {
        let about = "The name of the token's owner, or nothing.";
        let schema = json!({"type": "string", "description": about, "examples": ["john_doe"]});
        let header = Property { name: "X-Username", required: false, schema };
        operation.parameters(Place::Header, vec![header]);
    }
}

/// A room, by its slug or by its UUID without hyphens.
#[derive(FromFields)]
pub(super) struct RoomPath {
    /// The room's slug, or its UUID without hyphens.
    id: RoomText,
}

/// The key of a room, if the text can be one.
struct RoomText(Option<RoomKey>);

impl std::str::FromStr for RoomText {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(RoomKey::parse(text)))
    }
}

texts! {
    RoomText: json!({"type": "string", "pattern": "^[a-z0-9-]+$", "examples": ["general-discussion"]});
}

impl RoomPath {
    /// The key; a text that can't be one names no room.
    pub(super) fn key(self) -> Result<RoomKey, ApiError> {
        self.id.0.ok_or_else(|| Refusal::RoomNotFound.into())
    }
}

/// The user whose rooms to list.
#[derive(FromFields)]
pub(super) struct ListRooms {
    /// The user whose private rooms to list too; they are listed to that user alone.
    pub username: MaybeUsername,
}

/// A username, or nothing; an empty one is what a client sends that knows no name yet.
pub(super) struct MaybeUsername(pub Option<Username>);

impl Field for MaybeUsername {
    const REQUIRED: bool = false;

    fn read(fields: &mut Fields, name: &str) -> Result<Self, InvalidField> {
        let text = fields.optional::<String>(name)?.filter(|text| !text.trim().is_empty());
        let username = text.map(|text| text.parse()).transpose();
        username.map(Self).map_err(|error: domain::Invalid| fields.problem(name, error.to_string()))
    }

    fn schema() -> Json {
        json!({"type": "string", "pattern": trimmed("([A-Za-z0-9_.-]{3,32})?"), "examples": ["john_doe"]})
    }
}

/// A public room with a name, or a private one with members.
pub(super) struct CreateRoom;

/// A room to create.
pub(super) enum NewRoom {
    Public(RoomName),
    Private(GroupMembers),
}

/// Written by hand: the type decides which of the other fields is read at all.
impl FromFields for CreateRoom {
    type Output = NewRoom;
    const NAME: &'static str = "CreateRoom";
    const ABOUT: &'static str = "A public room with a name, or a private one with members.";

    fn names() -> Vec<&'static str> {
        vec!["type", "name", "members"]
    }

    fn read(fields: &mut Fields) -> Result<NewRoom, InvalidField> {
        let private = fields.one_of("type", &[("public", false), ("private", true)])?.unwrap_or(false);
        if private {
            members(fields).map(NewRoom::Private)
        } else {
            fields.required::<RoomName>("name").map(NewRoom::Public)
        }
    }

    fn properties() -> Vec<Property> {
        let members = json!({"type": "array", "minItems": 1, "maxItems": 100, "items": <Username as Value>::schema(),
            "examples": [["jane_doe"]]});
        vec![
            Property::of::<RoomName>("name", ""),
            Property { name: "members", required: true, schema: members },
        ]
    }

    fn schema() -> Json {
        let public = Variant {
            title: "CreatePublicRoom",
            required: &["name"],
            optional: &[],
            kind: Some(("public", true)),
        };
        let private = Variant {
            title: "CreatePrivateRoom",
            required: &["members"],
            optional: &[],
            kind: Some(("private", false)),
        };
        one_of(&Self::properties(), &[private, public])
    }
}

fn members(fields: &mut Fields) -> Result<GroupMembers, InvalidField> {
    let Some(Json::Array(items)) = fields.json("members") else {
        return Err(fields.problem("members", "must be a list of usernames"));
    };
    let names: Option<Vec<Username>> = items.iter().map(|item| item.as_str()?.parse().ok()).collect();
    let names = names.ok_or_else(|| fields.problem("members", "must be a list of usernames"))?;
    GroupMembers::new(names).map_err(|error| fields.problem("members", error.to_string()))
}

/// The user to mark.
#[derive(FromFields)]
pub(super) struct Presence {
    pub username: Username,
}
