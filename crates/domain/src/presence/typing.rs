//! Publishing that a user types.

use std::sync::Arc;

use crate::account::{Identity, SessionReader};
use crate::event::{EphemeralEvent, EphemeralKind, Event, EventBus};
use crate::membership::CheckMember;
use crate::{Clock, Result, RoomId};

/// Publishes to a room's other members that the caller types; for members.
pub struct PublishTyping {
    /// Cached for a short time.
    pub(crate) sessions: Arc<dyn SessionReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) check: CheckMember,
    pub(crate) events: Arc<dyn EventBus>,
}

impl PublishTyping {
    /// Publishes `typing`, which reaches none of the caller's own connections.
    pub async fn execute(&self, caller: Identity, room: RoomId) -> Result<()> {
        self.sessions.require(&caller, self.clock.now()).await?;
        let user = caller.user.clone();
        self.check.execute(caller, room).await?;
        self.events.publish(Event::Ephemeral(EphemeralEvent { room, user, kind: EphemeralKind::Typing }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;
    use crate::event::MockEventBus;
    use crate::membership::{MockMemberReader, Role, Standing};
    use crate::room::Visibility::{Private, Public};
    use crate::testing::{
        caller, clock, members, members_of_invisible_rooms, publishing, refusal, room_id, sessions, user,
    };

    async fn publish(members: MockMemberReader, events: MockEventBus) -> Result<()> {
        publish_in(true, members, events).await
    }

    async fn publish_in(stands: bool, members: MockMemberReader, events: MockEventBus) -> Result<()> {
        let (check, events) = (CheckMember { members: Arc::new(members) }, Arc::new(events));
        let publish = PublishTyping { sessions: sessions(stands), clock: clock(5), check, events };
        publish.execute(caller(1), room_id(1)).await
    }

    #[tokio::test]
    async fn nothing_is_published_in_an_ended_session() {
        let result = publish_in(false, MockMemberReader::new(), MockEventBus::new()).await;
        assert_eq!(refusal(result), Refusal::Unauthenticated);
    }

    #[tokio::test]
    async fn that_a_member_types_is_published() {
        for role in [Role::Admin, Role::Member] {
            let kind = EphemeralKind::Typing;
            let event = Event::Ephemeral(EphemeralEvent { room: room_id(1), user: user(1), kind });
            publish(members(Private, Standing::Member(role)), publishing(event)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn nothing_is_published_for_one_who_is_no_member() {
        for (visibility, standing) in [(Public, Standing::Stranger), (Private, Standing::Invited)] {
            let result = publish(members(visibility, standing), MockEventBus::new()).await;
            assert_eq!(refusal(result), Refusal::NotAMember);
        }
        for members in members_of_invisible_rooms() {
            assert_eq!(refusal(publish(members, MockEventBus::new()).await), Refusal::RoomNotFound);
        }
    }
}
