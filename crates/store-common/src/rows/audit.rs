//! Audit events.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};
use domain::account::UserRef;
use domain::audit::{AuditAnchor, AuditDetail, AuditEvent, AuditKind, AuditWindow, RoomFields};
use domain::membership::Role;
use domain::{AuditEventId, MessageId, RoomId, StoreError, Timestamp, UserId};

use super::{Row, user_ref};
use crate::sql_types::{Code, Id, Moment};

/// An audit event and the names in it.
#[derive(QueryableByName)]
pub struct AuditEventRow {
    #[diesel(sql_type = Id)]
    id: AuditEventId,
    #[diesel(sql_type = Moment)]
    created_at: Timestamp,
    #[diesel(sql_type = Code)]
    kind: AuditKind,
    #[diesel(sql_type = Nullable<BigInt>)]
    detail: Option<i64>,
    #[diesel(sql_type = Nullable<Id>)]
    room_id: Option<RoomId>,
    #[diesel(sql_type = Nullable<Id>)]
    actor_id: Option<UserId>,
    #[diesel(sql_type = Nullable<Text>)]
    actor: Option<String>,
    #[diesel(sql_type = Nullable<Id>)]
    target_id: Option<UserId>,
    #[diesel(sql_type = Nullable<Text>)]
    target: Option<String>,
    #[diesel(sql_type = Nullable<Id>)]
    message_id: Option<MessageId>,
    #[diesel(sql_type = Nullable<Text>)]
    address: Option<String>,
}

impl AuditEventRow {
    /// Returns the query of the events that `head` selects from `audit_events`, oldest first. The names are looked up one by
    /// one, for these events only.
    #[must_use]
    pub fn select(head: &str) -> String {
        format!(
            "SELECT head.*,
                (SELECT username FROM users WHERE id = head.actor_id) AS actor,
                (SELECT username FROM users WHERE id = head.target_id) AS target
             FROM ({head}) AS head ORDER BY head.created_at, head.id"
        )
    }
}

impl Row for AuditEventRow {
    type Value = AuditEvent;

    fn value(self) -> Result<AuditEvent, StoreError> {
        let address = self
            .address
            .map(|text| text.parse().map_err(|_| StoreError::Corrupt(format!("{text} is no address"))));
        Ok(AuditEvent {
            id: self.id,
            kind: self.kind,
            detail: self.detail.map(detail).transpose()?,
            room: self.room_id,
            actor: named(self.actor_id, self.actor),
            target: named(self.target_id, self.target),
            message: self.message_id,
            address: address.transpose()?,
            created_at: self.created_at,
        })
    }
}

fn named(id: Option<UserId>, name: Option<String>) -> Option<UserRef> {
    Some(user_ref(id?, name?))
}

/// A role.
const ADMIN: i64 = 0;
const MEMBER: i64 = 1;
/// By a server admin.
const BY_SERVER_ADMIN: i64 = 2;
/// Changed fields: this, and a bit for each of them.
const FIELDS: i64 = 1 << 8;
const NAME: i64 = 1;
const DESCRIPTION: i64 = 2;
const VISIBILITY: i64 = 4;
const METADATA: i64 = 8;

/// Returns the number that stands for a detail.
#[must_use]
pub fn detail_code(detail: AuditDetail) -> i64 {
    let bit = |set: bool, bit| if set { bit } else { 0 };
    match detail {
        AuditDetail::Role(Role::Admin) => ADMIN,
        AuditDetail::Role(Role::Member) => MEMBER,
        AuditDetail::ByServerAdmin => BY_SERVER_ADMIN,
        AuditDetail::Fields(RoomFields { name, description, visibility, metadata }) => {
            let first = FIELDS | bit(name, NAME) | bit(description, DESCRIPTION);
            first | bit(visibility, VISIBILITY) | bit(metadata, METADATA)
        }
    }
}

fn detail(code: i64) -> Result<AuditDetail, StoreError> {
    let set = |bit| code & bit != 0;
    match code {
        ADMIN => Ok(AuditDetail::Role(Role::Admin)),
        MEMBER => Ok(AuditDetail::Role(Role::Member)),
        BY_SERVER_ADMIN => Ok(AuditDetail::ByServerAdmin),
        _ if code & !(NAME | DESCRIPTION | VISIBILITY | METADATA) == FIELDS => {
            Ok(AuditDetail::Fields(RoomFields {
                name: set(NAME),
                description: set(DESCRIPTION),
                visibility: set(VISIBILITY),
                metadata: set(METADATA),
            }))
        }
        _ => Err(StoreError::Corrupt(format!("unknown detail {code} of an audit event"))),
    }
}

/// Returns the window of events that were read oldest first, with one event more than its limit where there are more.
#[must_use]
pub fn audit_window(mut events: Vec<AuditEvent>, anchor: AuditAnchor, limit: u32) -> AuditWindow {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = events.len() > limit;
    if has_more {
        match anchor {
            AuditAnchor::After(_) => events.truncate(limit),
            AuditAnchor::Newest | AuditAnchor::Before(_) => drop(events.remove(0)),
        }
    }
    AuditWindow { events, has_more }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_detail_survives_its_code_and_other_codes_are_corrupt() {
        let mut details =
            vec![AuditDetail::Role(Role::Admin), AuditDetail::Role(Role::Member), AuditDetail::ByServerAdmin];
        for bits in 0..16 {
            let [name, description, visibility, metadata] = [1, 2, 4, 8].map(|bit| bits & bit != 0);
            details.push(AuditDetail::Fields(RoomFields { name, description, visibility, metadata }));
        }
        for one in details {
            assert_eq!(detail(detail_code(one)).unwrap(), one);
        }
        for code in [-1, 3, FIELDS | 16, i64::MAX] {
            assert!(detail(code).is_err(), "{code}");
        }
    }
}
