//! Path ids and page parameters, which many endpoints share.

use domain::membership::Role;
use domain::message::MessageKind;
use domain::room::Visibility;
use domain::{FileId, Invalid, MessageId, PageRequest, RoomId, SortOrder, UserId};
use uuid::Uuid;

use super::{Fields, Flaw, FromFields};

/// A UUID as text, in words for whoever sent something else.
pub(crate) struct Id(pub Uuid);

impl std::str::FromStr for Id {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Uuid::try_parse(text).map(Self).map_err(|_| Invalid::new("must be a UUID"))
    }
}

/// Reads a UUID that may be absent.
pub(crate) fn uuid(fields: &mut Fields, name: &str) -> Result<Option<Uuid>, Flaw> {
    Ok(fields.optional::<Id>(name)?.map(|id| id.0))
}

pub(crate) struct RoomPath(pub RoomId);

impl FromFields for RoomPath {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        Ok(Self(RoomId(fields.required::<Id>("id")?.0)))
    }
}

pub(crate) struct FilePath(pub FileId);

impl FromFields for FilePath {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        Ok(Self(FileId(fields.required::<Id>("id")?.0)))
    }
}

pub(crate) struct MemberPath(pub RoomId, pub UserId);

impl FromFields for MemberPath {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let (room, user) = (RoomPath::read(fields), fields.required::<Id>("userId"));
        Ok(Self(room?.0, UserId(user?.0)))
    }
}

pub(crate) struct MessagePath(pub RoomId, pub MessageId);

impl FromFields for MessagePath {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let (room, message) = (RoomPath::read(fields), fields.required::<Id>("messageId"));
        Ok(Self(room?.0, MessageId(message?.0)))
    }
}

impl FromFields for PageRequest {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let page = fields.integer("page", 1, i64::MAX);
        let limit = limit(fields, 20);
        Ok(Self { page: page?.unwrap_or(1).unsigned_abs(), limit: limit? })
    }
}

/// Which end of a list comes first.
pub(crate) const ORDERS: &[(&str, SortOrder)] =
    &[("desc", SortOrder::Descending), ("asc", SortOrder::Ascending)];

/// How many items; 1 to 100.
pub(crate) fn limit(fields: &mut Fields, default: u32) -> Result<u32, Flaw> {
    Ok(fields.integer("limit", 1, 100)?.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(default))
}

pub(crate) const ROLES: &[(&str, Role)] = &[("admin", Role::Admin), ("member", Role::Member)];
pub(crate) const VISIBILITIES: &[(&str, Visibility)] =
    &[("public", Visibility::Public), ("private", Visibility::Private)];
pub(crate) const KINDS: &[(&str, MessageKind)] =
    &[("text", MessageKind::Text), ("image", MessageKind::Image), ("file", MessageKind::File)];
