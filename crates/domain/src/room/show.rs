//! Showing a room.

use std::sync::Arc;

use super::{RoomReader, RoomView};
use crate::{Refusal, Result, RoomId, UserId};

/// Shows a room to the callers for whom it exists.
pub struct ShowRoom {
    pub(crate) rooms: Arc<dyn RoomReader>,
}

impl ShowRoom {
    /// Returns the room as the caller sees it; [`Refusal::RoomNotFound`] where it does not exist for them.
    pub async fn execute(&self, caller: Option<UserId>, room: RoomId) -> Result<RoomView> {
        let view = self.rooms.room(room, caller).await?.ok_or(Refusal::RoomNotFound)?;
        if view.room.visible_to(view.standing()) { Ok(view) } else { Err(Refusal::RoomNotFound.into()) }
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::membership::{MyMembership, Role};
    use crate::room::MockRoomReader;
    use crate::testing::{membership, private_room, refusal, room, room_id, user_id, view};

    async fn show(caller: Option<UserId>, found: Option<RoomView>) -> Result<RoomView> {
        let mut rooms = MockRoomReader::new();
        rooms.expect_room().with(eq(room_id(1)), eq(caller)).times(1).return_once(|_, _| Ok(found));
        ShowRoom { rooms: Arc::new(rooms) }.execute(caller, room_id(1)).await
    }

    #[tokio::test]
    async fn any_caller_sees_a_public_room() {
        for caller in [None, Some(user_id(1))] {
            assert_eq!(show(caller, Some(view(room(1)))).await.unwrap(), view(room(1)));
        }
    }

    #[tokio::test]
    async fn members_and_the_invited_see_a_private_room() {
        let mine = Some(MyMembership::read_up(&membership(1, 1, Role::Member)));
        for seen in
            [RoomView { mine, ..view(private_room(1)) }, RoomView { invited: true, ..view(private_room(1)) }]
        {
            assert_eq!(show(Some(user_id(1)), Some(seen.clone())).await.unwrap(), seen);
        }
    }

    #[tokio::test]
    async fn a_private_room_is_not_found_for_strangers_and_anonymous_callers() {
        for caller in [None, Some(user_id(1))] {
            for found in [None, Some(view(private_room(1)))] {
                assert_eq!(refusal(show(caller, found).await), Refusal::RoomNotFound);
            }
        }
    }
}
