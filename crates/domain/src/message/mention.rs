//! Mentions: who is named in the words of a message. Pure; the store knows which of the names are members'.

use std::collections::BTreeSet;

use crate::account::UserRef;
use crate::membership::Role;

/// The most people that a message mentions; later ones do not count.
const MOST: usize = 50;
/// The lengths of usernames.
const SHORTEST: usize = 3;
const LONGEST: usize = 32;
/// The name that stands for everybody in the room.
const ROOM: &str = "room";

/// The mentions of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mentions {
    /// The mentioned people, each once, in the order in which they first appear.
    pub people: Vec<UserRef>,
    /// `true` where the room is mentioned.
    pub room: bool,
}

impl Mentions {
    /// Returns the names that a text may mention, in lower case: of each of them the store says whether it is a member's.
    #[must_use]
    pub fn names(text: &str) -> BTreeSet<String> {
        places(text).flat_map(|place| ends(place).map(move |end| place[..end].to_ascii_lowercase())).collect()
    }

    /// Returns the mentions in a text by a member of that role. `member` returns the member of a name in lower case. The
    /// longest name at a place counts.
    #[must_use]
    pub fn of(text: &str, by: Role, member: impl Fn(&str) -> Option<UserRef>) -> Self {
        let mut mentions = Self::default();
        for place in places(text) {
            for end in ends(place) {
                let name = place[..end].to_ascii_lowercase();
                if let Some(user) = member(&name) {
                    mentions.add(user);
                    break;
                }
                if name == ROOM {
                    mentions.room |= by == Role::Admin;
                    break;
                }
            }
        }
        mentions
    }

    fn add(&mut self, user: UserRef) {
        if self.people.len() < MOST && self.people.iter().all(|known| known.id != user.id) {
            self.people.push(user);
        }
    }
}

/// Returns the text after each `@` that may begin a mention.
fn places(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices('@').map(|(at, _)| at);
    starts
        .filter(move |&at| !text[..at].bytes().next_back().is_some_and(joins))
        .map(move |at| &text[at + 1..])
}

/// Returns where a name at the beginning of a text may end, the longest first.
fn ends(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let run = bytes.iter().take(LONGEST).take_while(|byte| in_name(**byte)).count();
    (SHORTEST..=run).rev().filter(move |&end| !bytes.get(end).copied().is_some_and(joins))
}

/// Returns whether a byte belongs to the word next to it, so that no name begins after it or ends before it.
fn joins(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn in_name(byte: u8) -> bool {
    joins(byte) || matches!(byte, b'.' | b'-')
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::UserId;
    use crate::account::Username;

    /// The mentions in a text by a member of that role, in a room with these members.
    fn mentions(text: &str, by: Role, members: &[&str]) -> Mentions {
        Mentions::of(text, by, |name| {
            assert!(Mentions::names(text).contains(name), "{name} is not among the names of {text}");
            let place = members.iter().position(|member| member.to_ascii_lowercase() == name)?;
            let id = UserId(Uuid::from_u128(u128::try_from(place).unwrap()));
            Some(UserRef { id, username: Username::stored(members[place].to_owned()) })
        })
    }

    /// The usernames of the mentioned people.
    fn people(text: &str, members: &[&str]) -> Vec<String> {
        mentions(text, Role::Member, members).people.iter().map(|user| user.username.to_string()).collect()
    }

    #[test]
    fn a_name_after_an_at_sign_is_a_mention_in_any_case() {
        assert_eq!(people("hello @BOB and @alice", &["alice", "Bob"]), ["Bob", "alice"]);
        assert_eq!(people("@bob", &["bob"]), ["bob"]);
        assert!(people("bob @bo @bobby @ bob", &["bob"]).is_empty());
    }

    #[test]
    fn no_ascii_letter_digit_or_underscore_stands_before_the_sign_or_after_the_name() {
        for counts in [
            "你好@bob",
            ".@bob",
            "@@bob",
            "-@bob",
            "é@bob",
            "@bob你好",
            "@bob!",
            "@bob@bob",
            "(@bob)",
            "@bobé",
        ] {
            assert_eq!(people(counts, &["bob"]), ["bob"], "{counts}");
        }
        for not in ["a@bob", "7@bob", "_@bob", "@bob_", "@bob7", "@bobs", "mail@bob.example"] {
            assert!(people(not, &["bob"]).is_empty(), "{not}");
        }
    }

    #[test]
    fn punctuation_after_a_name_may_belong_to_it_and_the_longest_member_wins() {
        assert_eq!(people("@bob. @bob-", &["bob"]), ["bob"]);
        assert_eq!(people("@bob.jones", &["bob"]), ["bob"]);
        assert_eq!(people("@bob.jones", &["bob", "bob.jones"]), ["bob.jones"]);
        assert_eq!(people("@bob.jones.", &["bob", "bob.jones", "bob.jones."]), ["bob.jones."]);
        assert_eq!(people("@bob.jones-x", &["bob", "bob.jones"]), ["bob.jones"]);
    }

    #[test]
    fn a_name_has_at_most_32_characters() {
        let name = "n".repeat(32);
        assert_eq!(people(&format!("@{name}"), &[name.as_str()]), [name.as_str()]);
        assert_eq!(people(&format!("@{name}.x"), &[name.as_str()]), [name.as_str()]);
        assert!(people(&format!("@{name}n"), &[name.as_str()]).is_empty());
    }

    #[test]
    fn each_person_counts_once_in_the_order_of_first_appearance_and_the_first_50_count() {
        assert_eq!(people("@bob @eve @bob", &["eve", "bob"]), ["bob", "eve"]);
        let names: Vec<String> = (0..51).map(|n| format!("user{n}")).collect();
        let text: String = names.iter().flat_map(|name| ["@", name.as_str(), " "]).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(people(&text, &names), names[..50]);
    }

    #[test]
    fn the_room_is_mentioned_by_an_admin_only_and_in_any_case() {
        for text in ["@room", "hey @Room!", "@ROOM.", "@room.com"] {
            assert!(mentions(text, Role::Admin, &[]).room, "{text}");
            assert!(!mentions(text, Role::Member, &[]).room, "{text}");
        }
        assert!(!mentions("@rooms a@room @room_", Role::Admin, &[]).room);
    }

    #[test]
    fn a_longer_member_name_wins_over_the_room() {
        let both = mentions("@room.one @room", Role::Admin, &["room.one"]);
        assert!(both.room && both.people.len() == 1);
        let person = mentions("@room.one", Role::Admin, &["room.one"]);
        assert!(!person.room && person.people.len() == 1);
    }

    #[test]
    fn a_text_without_the_sign_names_nobody() {
        assert!(Mentions::names("bob, alice and room").is_empty());
        let names = Mentions::names("@Bob.J x@eve");
        assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), ["bob", "bob.j"]);
    }
}
