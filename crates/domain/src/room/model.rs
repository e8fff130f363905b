//! Rooms as values. The limits are those of the wire contract, sections 3 and 10.

use time::Duration;

use super::Slug;
use crate::account::{UserRef, Username};
use crate::membership::{MyMembership, Standing};
use crate::metadata::Metadata;
use crate::text::{self, text_value};
use crate::{Refusal, RoomId, Timestamp, fold};

text_value! {
    /// A room's name: 3 to 100 characters on one line, one of them visible. Names need not be unique; slugs are.
    RoomName, text::name, custom(text::chars(3, 100))
}

text_value! {
    /// A room's description: at most 500 characters on any number of lines.
    Description, text::lines, custom(text::chars(0, 500))
}

text_value! {
    /// A search text for names and descriptions, which are compared [folded](fold()): at most 100 characters.
    Search, text::line, custom(text::chars(0, 100))
}

impl RoomName {
    /// Returns the form by which rooms are ordered by name.
    #[must_use]
    pub fn key(&self) -> String {
        self.as_str().to_lowercase()
    }

    /// Returns the name of a room that is named after its members, in that order; it may be of any length.
    #[must_use]
    pub fn of_members(members: &[Username]) -> Self {
        Self(members.iter().map(|name| format!("@{name}")).collect::<Vec<_>>().join(", "))
    }
}

impl Search {
    /// Returns the form that is searched for in [`Room::folded_text`]; `None` where nothing is left of it, and every room has it.
    #[must_use]
    pub fn folded(&self) -> Option<String> {
        Some(fold(self.as_str())).filter(|text| !text.is_empty())
    }
}

/// The number of a message in its room: 1, 2, 3, … without a gap; 0 is before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub i64);

/// The number of a change in its room, without a gap; 0 is before the room's creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub i64);

impl Revision {
    /// Returns the revision of the next change.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// The visibility of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Visibility {
    /// Any user sees the room and may join.
    #[default]
    Public,
    /// The room exists only for its members and the invited.
    Private,
}

/// The visibility of a room, with the data that only such a room has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Access {
    /// Any user sees the room and may join.
    Public {
        /// The slug, unique among existing public rooms; renaming the room does not change it.
        slug: Slug,
    },
    /// The room exists only for its members and the invited.
    Private(PrivateKind),
}

/// The kinds of private rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrivateKind {
    /// Its admins invite members and remove them, and may make the room public.
    ByInvitation,
    /// Created with its members by the dialect `ryos`; it stays private.
    Group,
    /// The one direct room of its participants; it and its members stay as they were created.
    Direct,
}

impl Access {
    /// Returns the visibility alone.
    #[must_use]
    pub fn visibility(&self) -> Visibility {
        match self {
            Self::Public { .. } => Visibility::Public,
            Self::Private(_) => Visibility::Private,
        }
    }
}

/// The end of a room's log. Read and written under the room's row lock only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoomLog {
    /// The `seq` of the newest message, or 0.
    pub last_seq: Seq,
    /// The revision of the latest change.
    pub revision: Revision,
    /// The time of the newest message.
    pub last_message_at: Option<Timestamp>,
}

/// The position that a message gets in its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogEntry {
    pub seq: Seq,
    pub revision: Revision,
    pub created_at: Timestamp,
}

impl RoomLog {
    /// Allocates the position of the next message. Times rise strictly with `seq`, even where the clocks of replicas
    /// differ.
    pub(crate) fn append(&mut self, now: Timestamp) -> LogEntry {
        let earliest = self.last_message_at.map(|last| last.plus(Duration::MICROSECOND));
        let created_at = earliest.map_or(now, |earliest| earliest.max(now));
        self.last_seq = Seq(self.last_seq.0 + 1);
        self.revision = self.revision.next();
        self.last_message_at = Some(created_at);
        LogEntry { seq: self.last_seq, revision: self.revision, created_at }
    }
}

/// A room as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The room's id.
    pub id: RoomId,
    /// The name.
    pub name: RoomName,
    /// The description.
    pub description: Option<Description>,
    /// The JSON that clients keep at it.
    pub metadata: Metadata,
    /// The visibility.
    pub access: Access,
    /// The creator.
    pub created_by: UserRef,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time at which the name, description, visibility or metadata last changed.
    pub updated_at: Timestamp,
    /// The number of members.
    pub member_count: i64,
    /// The end of its log.
    pub log: RoomLog,
    /// The revision at which its name, description, visibility or metadata last changed.
    pub changed_revision: Revision,
}

impl Room {
    /// A room without members.
    #[must_use]
    pub fn starting(
        id: RoomId,
        name: RoomName,
        access: Access,
        created_by: UserRef,
        created_at: Timestamp,
    ) -> Self {
        Self {
            id,
            name,
            description: None,
            metadata: Metadata::EMPTY,
            access,
            created_by,
            created_at,
            updated_at: created_at,
            member_count: 0,
            log: RoomLog::default(),
            changed_revision: Revision::default(),
        }
    }

    /// Returns the text that searches look through: name and description, folded.
    #[must_use]
    pub fn folded_text(&self) -> String {
        folded_text(&self.name, self.description.as_ref())
    }

    /// Returns the same text in lower case, in which the former release searches.
    #[must_use]
    pub fn search_text(&self) -> String {
        searchable(&self.name, self.description.as_ref()).to_lowercase()
    }

    /// Returns whether this is a direct room.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        self.access == Access::Private(PrivateKind::Direct)
    }

    /// Rejects a direct room, which stays as it was created, with its members, as [`Refusal::NotAllowed`].
    pub fn require_changeable(&self) -> Result<(), Refusal> {
        if self.is_direct() { Err(Refusal::NotAllowed) } else { Ok(()) }
    }

    /// Returns whether the room exists for a user of that standing.
    #[must_use]
    pub fn visible_to(&self, standing: Standing) -> bool {
        standing.sees(self.access.visibility())
    }
}

/// Returns the text that searches look through, of a room of that name and description.
#[must_use]
pub fn folded_text(name: &RoomName, description: Option<&Description>) -> String {
    fold(&searchable(name, description))
}

fn searchable(name: &RoomName, description: Option<&Description>) -> String {
    format!("{name}\n{}", description.map_or("", Description::as_str))
}

/// A room as one caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomView {
    /// The room.
    pub room: Room,
    /// The caller's membership; `None` for non-members and anonymous callers.
    pub mine: Option<MyMembership>,
    /// `true` where the caller has an open invitation.
    pub invited: bool,
}

impl RoomView {
    /// Returns the caller's standing.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing::of(self.mine.map(|mine| mine.role), self.invited)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_3_to_100_characters_on_one_line() {
        assert_eq!(RoomName::parse("  Über \u{1F408} ").unwrap().as_str(), "Über \u{1F408}");
        assert!(RoomName::parse(&"ü".repeat(100)).is_ok());
        for bad in ["", "  ab  ", "a\nbc", &"a".repeat(101)] {
            assert!(RoomName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_description_may_have_lines_but_at_most_500_characters() {
        assert_eq!(Description::parse("a\r\n\tb").unwrap().as_str(), "a\n\tb");
        assert!(Description::parse(&"a".repeat(501)).is_err());
    }

    #[test]
    fn a_search_text_is_found_in_name_and_description_whatever_their_case_and_accents() {
        let mut room = crate::testing::room(1);
        room.name = RoomName::parse("ΟΔΥΣΣΕΥΣ club").unwrap();
        room.description = Some(Description::parse("Café\nat night").unwrap());
        for part in ["ΟΔΥΣ", "οδυς", "cafe", "CAFÉ", "e\u{301}\nat"] {
            let part = Search(part.to_owned()).folded().unwrap();
            assert!(room.folded_text().contains(&part), "{part:?}");
        }
    }

    #[test]
    fn nothing_is_left_of_a_search_for_a_mark_alone() {
        assert_eq!(Search::parse("\u{301}").unwrap().folded(), None);
        assert_eq!(Search::parse("").unwrap().folded(), None);
    }

    #[test]
    fn a_message_takes_the_next_seq_and_revision() {
        let mut log = RoomLog { last_seq: Seq(4), revision: Revision(9), last_message_at: Some(at(10)) };
        let entry = log.append(at(20));
        assert_eq!(entry, LogEntry { seq: Seq(5), revision: Revision(10), created_at: at(20) });
        assert_eq!(log, RoomLog { last_seq: Seq(5), revision: Revision(10), last_message_at: Some(at(20)) });
    }

    proptest! {
        #[test]
        fn times_rise_strictly_with_seq_regardless_of_the_clock(ticks in prop::collection::vec(0i64..50, 1..40)) {
            let mut log = RoomLog::default();
            let entries: Vec<LogEntry> = ticks.into_iter().map(|tick| log.append(at(tick))).collect();
            for pair in entries.windows(2) {
                prop_assert!(pair[0].created_at < pair[1].created_at);
                prop_assert_eq!(pair[0].seq.0 + 1, pair[1].seq.0);
                prop_assert_eq!(pair[0].revision.next(), pair[1].revision);
            }
        }
    }
}
