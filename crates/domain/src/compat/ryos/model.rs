//! Rosters as values.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::{PresenceMarks, RoomWithMembers};
use crate::account::{UserRef, Username};
use crate::presence::Presence;
use crate::room::{Room, Slug, Visibility};
use crate::{Clock, RoomId};

/// The name of a room in a path: the slug of a public room, or the id of any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomKey {
    /// A public room.
    Slug(Slug),
    /// Any room.
    Id(RoomId),
}

impl RoomKey {
    /// Parses a UUID as an id and anything else as a slug, which never reads as a UUID. `None` where the text can be
    /// neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match Uuid::try_parse(text) {
            Ok(id) => Some(Self::Id(RoomId(id))),
            Err(_) => Slug::parse(text).map(Self::Slug),
        }
    }
}

/// A room with its members and the users present in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// The room.
    pub room: Room,
    /// The members of a private room, sorted; empty for a public one.
    pub members: Vec<Username>,
    /// The users present now, by a live connection or by a mark; sorted.
    pub active: Vec<Username>,
}

impl Roster {
    /// Counts the users present in a public room, and the members of a private one.
    #[must_use]
    pub fn user_count(&self) -> usize {
        match self.room.access.visibility() {
            Visibility::Public => self.active.len(),
            Visibility::Private => self.members.len(),
        }
    }
}

impl RoomWithMembers {
    /// Returns whether the room exists for the caller it was read for: public rooms do, private ones for members.
    #[must_use]
    pub fn visible(&self) -> bool {
        self.view.mine.is_some() || self.view.room.access.visibility() == Visibility::Public
    }

    /// Adds the users present. A private room leaves out those who are not (or no longer) members.
    #[must_use]
    pub fn with(self, present: &[UserRef]) -> Roster {
        let Self { view, mut members } = self;
        members.sort_by_key(Username::key);
        let private = view.room.access.visibility() == Visibility::Private;
        let shown = |name: &Username| !private || members.iter().any(|member| member == name);
        let active: BTreeMap<String, Username> = present
            .iter()
            .filter(|user| shown(&user.username))
            .map(|user| (user.username.key(), user.username.clone()))
            .collect();
        Roster { room: view.room, members, active: active.into_values().collect() }
    }
}

/// Reads the users present, by live connections and by marks.
#[derive(Clone)]
pub(crate) struct PresenceLookup {
    pub presence: Arc<dyn Presence>,
    pub marks: Arc<dyn PresenceMarks>,
    pub clock: Arc<dyn Clock>,
}

impl PresenceLookup {
    /// Adds the users present to rooms, with one read of each kind for all of them.
    pub(crate) async fn complete(&self, found: Vec<RoomWithMembers>) -> Vec<Roster> {
        let rooms: Vec<RoomId> = found.iter().map(|room| room.view.room.id).collect();
        let mut present: BTreeMap<RoomId, Vec<UserRef>> = BTreeMap::new();
        let live = self.presence.present_in(rooms.clone()).await;
        let marked = self.marks.marked(rooms, self.clock.now()).await;
        for (room, user) in live.into_iter().chain(marked) {
            present.entry(room).or_default().push(user);
        }
        let complete = |room: RoomWithMembers| {
            let users = present.remove(&room.view.room.id).unwrap_or_default();
            room.with(&users)
        };
        found.into_iter().map(complete).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::{Access, PrivateKind, RoomName, RoomView};
    use crate::testing::{at, room_id, user};

    fn room_with(access: Access, members: &[u128]) -> RoomWithMembers {
        let name = RoomName::parse("Here").unwrap();
        let room = Room::starting(room_id(1), name, access, user(1), at(1));
        let members = members.iter().map(|n| user(*n).username).collect();
        RoomWithMembers { view: RoomView { room, mine: None, invited: true }, members }
    }

    #[test]
    fn a_key_is_a_slug_or_a_uuid_with_or_without_hyphens_or_nothing() {
        let id = RoomKey::Id(room_id(255));
        assert_eq!(RoomKey::parse("000000000000000000000000000000ff"), Some(id.clone()));
        assert_eq!(RoomKey::parse("00000000-0000-0000-0000-0000000000ff"), Some(id));
        assert!(
            matches!(RoomKey::parse("general-2"), Some(RoomKey::Slug(slug)) if slug.as_str() == "general-2")
        );
        for bad in ["", "General", "a b", "a\0b", "ä", "../x"] {
            assert_eq!(RoomKey::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_private_room_counts_its_members_and_shows_only_members_as_present() {
        let found = room_with(Access::Private(PrivateKind::Group), &[2, 1]);
        assert!(!found.visible(), "an invitation is not a membership");
        let roster = found.with(&[user(2), user(3), user(2)]);
        assert_eq!(roster.members, [user(1).username, user(2).username]);
        assert_eq!(roster.active, [user(2).username]);
        assert_eq!(roster.user_count(), 2);
    }

    #[test]
    fn a_public_room_counts_each_user_present_once() {
        let found = room_with(Access::Public { slug: Slug::stored("here".into()) }, &[]);
        assert!(found.visible());
        let roster = found.with(&[user(3), user(2), user(3)]);
        assert_eq!((roster.user_count(), &roster.active[0]), (2, &user(2).username));
    }
}
