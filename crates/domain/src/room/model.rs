//! Rooms as values. The limits are those of the wire contract, sections 3 and 10.

use time::Duration;

use super::Slug;
use crate::account::{UserRef, Username};
use crate::membership::{MyMembership, Standing};
use crate::text::{self, text_value};
use crate::{RoomId, Timestamp};

text_value! {
    /// A room's name: 3 to 100 characters on one line. Names need not be unique; slugs are.
    RoomName, text::line, custom(text::chars(3, 100))
}

text_value! {
    /// What a room is about: at most 500 characters on any number of lines.
    Description, text::lines, custom(text::chars(0, 500))
}

text_value! {
    /// What to look for in names and descriptions, without regard to case: at most 100 characters.
    Search, text::line, custom(text::chars(0, 100))
}

impl RoomName {
    /// The form by which rooms are put in the order of their names.
    #[must_use]
    pub fn key(&self) -> String {
        self.as_str().to_lowercase()
    }

    /// The name of a group, after those in it; as long as their names make it.
    #[must_use]
    pub fn of_group(members: &[Username]) -> Self {
        Self(members.iter().map(|name| format!("@{name}")).collect::<Vec<_>>().join(", "))
    }
}

impl Search {
    /// The form that is looked for in [`Room::search_text`].
    #[must_use]
    pub fn key(&self) -> String {
        self.as_str().to_lowercase()
    }
}

/// Counts a room's messages: 1, 2, 3, … without a gap; 0 is before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub i64);

/// Counts a room's lasting changes, without a gap; 0 is before its creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub i64);

impl Revision {
    /// The revision of the next change.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Who may see a room, as people say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Visibility {
    /// Everybody sees it and may join.
    #[default]
    Public,
    /// It exists only for its members and those invited.
    Private,
}

/// Who may see a room, with what only such a room has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Access {
    /// Everybody sees it and may join; it has a slug, which renaming does not change.
    Public {
        /// Unique among the living public rooms.
        slug: Slug,
    },
    /// It exists only for its members and those invited.
    Private {
        /// Whether it was made as a group of named people (by the `ryos` dialect). Groups stay private.
        group: bool,
    },
}

impl Access {
    /// Which of the two it is.
    #[must_use]
    pub fn visibility(&self) -> Visibility {
        match self {
            Self::Public { .. } => Visibility::Public,
            Self::Private { .. } => Visibility::Private,
        }
    }
}

/// The end of a room's log: where the next change goes. Read and written under the room's row lock only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoomLog {
    /// The newest message's, or 0.
    pub last_seq: Seq,
    /// The latest change's.
    pub revision: Revision,
    /// When the newest message was sent.
    pub last_message_at: Option<Timestamp>,
}

/// Where a message comes to stand in its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogEntry {
    pub seq: Seq,
    pub revision: Revision,
    pub created_at: Timestamp,
}

impl RoomLog {
    /// Takes the next place for a message. Times rise strictly with `seq`, however the clocks of replicas differ.
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
    /// What it is called.
    pub name: RoomName,
    /// What it is about.
    pub description: Option<Description>,
    /// Who sees it.
    pub access: Access,
    /// Who made it.
    pub created_by: UserRef,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its name, description or visibility last changed.
    pub updated_at: Timestamp,
    /// How many are in it.
    pub member_count: i64,
    /// The end of its log.
    pub log: RoomLog,
    /// The revision at which its name, description or visibility last changed.
    pub changed_revision: Revision,
}

impl Room {
    /// A room that nobody is in yet.
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
            access,
            created_by,
            created_at,
            updated_at: created_at,
            member_count: 0,
            log: RoomLog::default(),
            changed_revision: Revision::default(),
        }
    }

    /// What a search looks through: name and description in lower case, a line each.
    #[must_use]
    pub fn search_text(&self) -> String {
        let description = self.description.as_ref().map_or("", Description::as_str);
        format!("{}\n{}", self.name, description).to_lowercase()
    }

    /// Whether the room exists for somebody of that standing.
    #[must_use]
    pub fn visible_to(&self, standing: Standing) -> bool {
        standing.sees(self.access.visibility())
    }
}

/// A room as one caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomView {
    /// The room.
    pub room: Room,
    /// The caller's place in it; `None` for those who are not in it, and for the anonymous.
    pub mine: Option<MyMembership>,
    /// Whether the caller has an open invitation.
    pub invited: bool,
}

impl RoomView {
    /// How the caller stands to the room.
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
    fn a_message_takes_the_next_seq_and_revision() {
        let mut log = RoomLog { last_seq: Seq(4), revision: Revision(9), last_message_at: Some(at(10)) };
        let place = log.append(at(20));
        assert_eq!(place, LogEntry { seq: Seq(5), revision: Revision(10), created_at: at(20) });
        assert_eq!(log, RoomLog { last_seq: Seq(5), revision: Revision(10), last_message_at: Some(at(20)) });
    }

    proptest! {
        #[test]
        fn whatever_the_clock_does_times_rise_strictly_with_seq(ticks in prop::collection::vec(0i64..50, 1..40)) {
            let mut log = RoomLog::default();
            let places: Vec<LogEntry> = ticks.into_iter().map(|tick| log.append(at(tick))).collect();
            for pair in places.windows(2) {
                prop_assert!(pair[0].created_at < pair[1].created_at);
                prop_assert_eq!(pair[0].seq.0 + 1, pair[1].seq.0);
                prop_assert_eq!(pair[0].revision.next(), pair[1].revision);
            }
        }
    }
}
