//! What answers look like: the JSON of the wire contract, sections 2 to 4.

mod account;
mod message;
mod pagination;
mod room;
pub(crate) mod samples;
mod socket;
mod socketio;

use domain::Timestamp;
use domain::account::UserRef;
use domain::membership::Role;
use domain::message::MessageKind;
use domain::room::Visibility;
use serde::Serialize;
use time::format_description::FormatItem;
use time::macros::format_description;
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use account::{Account, Token};
pub(crate) use message::{RoomMessage, SharedFile};
pub(crate) use pagination::{CursorInfo, PageInfo, StretchInfo};
pub(crate) use room::{Mine, OpenInvitation, PresentUser, Room, RoomMember};
pub(crate) use socket::{Ack, AckData, AcknowledgedData, Acknowledgement, RoomJoined, SocketAnswer};
pub(crate) use socketio::SocketIoMessage;

const MICROSECONDS: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// RFC 3339 in UTC, always with microseconds.
pub(crate) fn time(moment: Timestamp) -> String {
    moment.as_datetime().format(MICROSECONDS).unwrap_or_default()
}

/// Every success.
#[derive(Serialize)]
pub(crate) struct Data<T> {
    pub data: T,
}

/// Every list.
#[derive(Serialize)]
pub(crate) struct List<T, P> {
    pub data: Vec<T>,
    pub pagination: P,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Person {
    id: Uuid,
    username: String,
}

impl From<&UserRef> for Person {
    fn from(user: &UserRef) -> Self {
        Self { id: user.id.0, username: user.username.to_string() }
    }
}

/// A domain enumeration as the wire spells it.
macro_rules! name {
    ($name:ident of $of:ident { $($word:ident),* }) => {
        #[derive(Serialize, ToSchema)]
        #[serde(rename_all = "lowercase")]
        pub(crate) enum $name { $($word),* }

        impl From<$of> for $name {
            fn from(value: $of) -> Self {
                match value { $($of::$word => Self::$word),* }
            }
        }
    };
}

name!(RoleName of Role { Admin, Member });
name!(VisibilityName of Visibility { Public, Private });
name!(KindName of MessageKind { Text, Image, File });
