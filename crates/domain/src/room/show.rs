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

    /// Returns the room for a member; [`Refusal::NotAMember`] for others who see it.
    pub async fn for_member(&self, caller: UserId, room: RoomId) -> Result<RoomView> {
        let view = self.rooms.room(room, Some(caller)).await?.ok_or(Refusal::RoomNotFound)?;
        view.standing().require_member(view.room.access.visibility())?;
        Ok(view)
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

    #[tokio::test]
    async fn a_room_is_shown_as_to_a_member_to_members_alone() {
        let for_member = async |found: Option<RoomView>| {
            let mut rooms = MockRoomReader::new();
            let caller = Some(user_id(1));
            rooms.expect_room().with(eq(room_id(1)), eq(caller)).times(1).return_once(|_, _| Ok(found));
            ShowRoom { rooms: Arc::new(rooms) }.for_member(user_id(1), room_id(1)).await
        };
        let mine = Some(MyMembership::read_up(&membership(1, 1, Role::Member)));
        let seen = RoomView { mine, ..view(private_room(1)) };
        assert_eq!(for_member(Some(seen.clone())).await.unwrap(), seen);
        let invited = RoomView { invited: true, ..view(private_room(1)) };
        for (found, expected) in [
            (Some(view(room(1))), Refusal::NotAMember),
            (Some(invited), Refusal::NotAMember),
            (Some(view(private_room(1))), Refusal::RoomNotFound),
            (None, Refusal::RoomNotFound),
        ] {
            assert_eq!(refusal(for_member(found).await), expected);
        }
    }
}
