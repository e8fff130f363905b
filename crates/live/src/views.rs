//! The JSON of things that both events and REST answers show: wire contract, sections 2 to 4.

use domain::Timestamp;
use domain::membership::{MyMembership, Role};
use domain::message::MessageKind;
use domain::room::{Access, RoomView, Visibility};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::links;
use crate::metadata::MetadataJson;

/// Formats a time as RFC 3339 in UTC, always with microseconds.
#[must_use]
pub fn time(moment: Timestamp) -> String {
    String::from_utf8_lossy(&time_text(moment)).into_owned()
}

/// Returns the text of [`time`]. A page has many, and the formatter of `time` takes ten times as long for each.
pub(crate) fn time_text(moment: Timestamp) -> [u8; 27] {
    let at = moment.as_datetime();
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second, micro) = at.to_hms_micro();
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    write_digits(&mut text[..4], u32::try_from(year).unwrap_or_default());
    write_digits(&mut text[5..7], u8::from(month).into());
    write_digits(&mut text[8..10], day.into());
    write_digits(&mut text[11..13], hour.into());
    write_digits(&mut text[14..16], minute.into());
    write_digits(&mut text[17..19], second.into());
    write_digits(&mut text[20..26], micro);
    text
}

fn write_digits(places: &mut [u8], mut number: u32) {
    for place in places.iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

/// A user, named.
#[derive(Serialize, ToSchema)]
pub struct UserRef {
    id: Uuid,
    username: String,
}

impl From<&domain::account::UserRef> for UserRef {
    fn from(user: &domain::account::UserRef) -> Self {
        Self { id: user.id.0, username: user.username.to_string() }
    }
}

/// The caller's own membership of a room.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    role: RoleName,
    #[schema(format = DateTime)]
    joined_at: String,
    last_read_seq: i64,
    unread_count: i64,
    /// The number of those that mention the caller, or everybody in the room.
    mention_count: i64,
}

impl From<&MyMembership> for Membership {
    fn from(mine: &MyMembership) -> Self {
        Self {
            role: mine.role.into(),
            joined_at: time(mine.joined_at),
            last_read_seq: mine.last_read_seq.0,
            unread_count: mine.unread_count,
            mention_count: mine.mention_count,
        }
    }
}

/// A room.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    id: Uuid,
    name: String,
    #[schema(required = true)]
    slug: Option<String>,
    #[schema(required = true)]
    description: Option<String>,
    visibility: VisibilityName,
    created_by: UserRef,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    member_count: i64,
    #[schema(format = DateTime, required = true)]
    last_message_at: Option<String>,
    revision: i64,
    #[schema(required = true)]
    membership: Option<Membership>,
    /// `true` for the direct room of a fixed set of people.
    direct: bool,
    /// JSON for the client's own use.
    #[schema(value_type = Object)]
    metadata: MetadataJson,
}

impl Room {
    /// A room as one user sees it; `mine` is their membership, if they have one.
    #[must_use]
    pub fn new(room: &domain::room::Room, mine: Option<&MyMembership>) -> Self {
        let slug = match &room.access {
            Access::Public { slug } => Some(slug.to_string()),
            Access::Private(_) => None,
        };
        Self {
            id: room.id.0,
            name: room.name.to_string(),
            slug,
            description: room.description.as_ref().map(ToString::to_string),
            visibility: room.access.visibility().into(),
            created_by: (&room.created_by).into(),
            created_at: time(room.created_at),
            updated_at: time(room.updated_at),
            member_count: room.member_count,
            last_message_at: room.log.last_message_at.map(time),
            revision: room.log.revision.0,
            membership: mine.map(Into::into),
            direct: room.is_direct(),
            metadata: (&room.metadata).into(),
        }
    }
}

impl From<&RoomView> for Room {
    fn from(view: &RoomView) -> Self {
        Self::new(&view.room, view.mine.as_ref())
    }
}

/// A file that was uploaded.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct File {
    id: Uuid,
    name: String,
    /// Detected from the bytes.
    content_type: String,
    size: u64,
    sha256: String,
    /// The path of its bytes, or the whole URL where the server knows its own.
    url: String,
    uploaded_by: UserRef,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&domain::file::File> for File {
    fn from(file: &domain::file::File) -> Self {
        Self {
            id: file.id.0,
            name: file.name.to_string(),
            content_type: file.content_type.0.clone(),
            size: file.size,
            sha256: file.sha256.hex(),
            url: links::to_file(file.id),
            uploaded_by: (&file.uploaded_by).into(),
            created_at: time(file.created_at),
        }
    }
}

/// Defines a domain enumeration as the wire spells it.
macro_rules! name {
    ($(#[$about:meta])* $name:ident as $schema:ident of $of:ident { $($word:ident),* }) => {
        $(#[$about])*
        #[derive(Serialize, ToSchema)]
        #[schema(as = $schema)]
        #[serde(rename_all = "lowercase")]
        #[expect(missing_docs, reason = "the variants are those of the domain")]
        pub enum $name { $($word),* }

        impl From<$of> for $name {
            fn from(value: $of) -> Self {
                match value { $($of::$word => Self::$word),* }
            }
        }
    };
}

name!(
    /// A member's role.
    RoleName as Role of Role { Admin, Member }
);
name!(
    /// A room's visibility.
    VisibilityName as Visibility of Visibility { Public, Private }
);
name!(
    /// A message's kind.
    KindName as MessageType of MessageKind { Text, Image, File }
);

#[cfg(test)]
mod tests {
    use ::time::macros::datetime;

    use super::*;

    #[test]
    fn times_are_of_utc_and_have_all_their_digits() {
        for (at, text) in [
            (datetime!(2026-01-02 03:04:05.000006 +01:00), "2026-01-02T02:04:05.000006Z"),
            (datetime!(1999-12-31 23:59:59.999999 UTC), "1999-12-31T23:59:59.999999Z"),
            (datetime!(0000-01-01 00:00:00 UTC), "0000-01-01T00:00:00.000000Z"),
            (datetime!(9999-10-20 10:20:30 UTC), "9999-10-20T10:20:30.000000Z"),
        ] {
            assert_eq!(time(Timestamp::new(at).unwrap()), text);
        }
    }
}
