//! Listing a room's audit events.

use std::sync::Arc;

use super::{AuditAnchor, AuditQuery, AuditReader, AuditWindow};
use crate::account::Identity;
use crate::membership::MemberReader;
use crate::{Refusal, Result, RoomId, SortOrder};

/// The selection of a window of a room's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomAuditQuery {
    /// The position of the window.
    pub anchor: AuditAnchor,
    /// The most events to return: 1 to 100.
    pub limit: u32,
    /// The order of the returned events.
    pub order: SortOrder,
}

/// Lists what happened in a room; for its admins.
pub struct ListRoomAudit {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) audit: Arc<dyn AuditReader>,
}

impl ListRoomAudit {
    /// Returns the window.
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        query: RoomAuditQuery,
    ) -> Result<AuditWindow> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        found.require_admin()?;
        let RoomAuditQuery { anchor, limit, order } = query;
        let query = AuditQuery { room: Some(room), user: None, kind: None, since: None, anchor, limit };
        let mut window = self.audit.events(query).await?;
        if order == SortOrder::Descending {
            window.events.reverse();
        }
        Ok(window)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::audit::{AuditEvent, AuditKind, AuditPosition, MockAuditReader};
    use crate::membership::{MockMemberReader, Role, Standing};
    use crate::room::Visibility::{Private, Public};
    use crate::testing::{
        at, audit_event_id, caller, members, members_of_invisible_rooms, refusal, room_id, user,
    };

    fn event(n: u128) -> AuditEvent {
        AuditEvent {
            id: audit_event_id(n),
            kind: AuditKind::MemberJoined,
            detail: None,
            room: Some(room_id(1)),
            actor: Some(user(1)),
            target: None,
            message: None,
            address: None,
            created_at: at(2),
        }
    }

    async fn list(
        members: MockMemberReader,
        audit: MockAuditReader,
        order: SortOrder,
    ) -> Result<AuditWindow> {
        let list = ListRoomAudit { members: Arc::new(members), audit: Arc::new(audit) };
        let anchor = AuditAnchor::Before(AuditPosition::Time(at(9)));
        list.execute(caller(1), room_id(1), RoomAuditQuery { anchor, limit: 7, order }).await
    }

    #[tokio::test]
    async fn an_admin_sees_the_rooms_events_in_the_order_asked_for() {
        let query = AuditQuery {
            room: Some(room_id(1)),
            user: None,
            kind: None,
            since: None,
            anchor: AuditAnchor::Before(AuditPosition::Time(at(9))),
            limit: 7,
        };
        for (order, ids) in [(SortOrder::Ascending, [1, 2]), (SortOrder::Descending, [2, 1])] {
            let mut audit = MockAuditReader::new();
            let window = AuditWindow { events: vec![event(1), event(2)], has_more: true };
            audit.expect_events().with(eq(query)).times(1).return_once(|_| Ok(window));
            let read = list(members(Private, Standing::Member(Role::Admin)), audit, order).await.unwrap();
            assert_eq!(read.events.iter().map(|event| event.id).collect::<Vec<_>>(), ids.map(audit_event_id));
            assert!(read.has_more);
        }
    }

    /// Reads no event.
    async fn refused(members: MockMemberReader) -> Refusal {
        refusal(list(members, MockAuditReader::new(), SortOrder::Descending).await)
    }

    #[tokio::test]
    async fn everybody_else_is_rejected() {
        for (visibility, standing, expected) in [
            (Public, Standing::Member(Role::Member), Refusal::AdminRequired),
            (Private, Standing::Member(Role::Member), Refusal::AdminRequired),
            (Private, Standing::Invited, Refusal::NotAMember),
            (Public, Standing::Stranger, Refusal::NotAMember),
        ] {
            assert_eq!(refused(members(visibility, standing)).await, expected);
        }
        for members in members_of_invisible_rooms() {
            assert_eq!(refused(members).await, Refusal::RoomNotFound);
        }
    }
}
