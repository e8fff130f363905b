//! Slugs: the names of public rooms in addresses.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::RoomName;
use crate::RoomId;

/// Lower-case ASCII letters and digits in words joined by hyphens, such as `general-chat`. Never parses as a UUID, so
/// that a path may take either in the same place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

/// The number of numbered slugs to try before the number comes from the room's own id.
const COUNTED: u32 = 9;

impl Slug {
    /// Returns the candidates for a room of that name, best first: `chat`, `chat-2`, …, and at last some with a
    /// number from the room's id, which hardly any other room can have.
    #[must_use]
    pub fn candidates(name: &RoomName, room: RoomId) -> Vec<Self> {
        let base = slugify(name.as_str());
        let counted = (2..=COUNTED).map(u64::from);
        // The low bits of a UUID are its random part.
        let (_, random) = room.0.as_u64_pair();
        let drawn = [random % 1_000_000, random % 1_000_000_000_000, random & (u64::MAX >> 2)];
        std::iter::once(base.clone())
            .chain(counted.chain(drawn).map(|number| format!("{base}-{number}")))
            .map(Self)
            .collect()
    }

    /// Returns the slug of the name, without a number.
    #[must_use]
    pub fn of(name: &RoomName) -> Self {
        Self(slugify(name.as_str()))
    }

    /// Parses a slug from a request; `None` where no slug has that form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fit = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (!text.is_empty() && text.bytes().all(fit)).then(|| Self(text.to_owned()))
    }

    /// Restores a slug from a store.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn slugify(name: &str) -> String {
    // Decomposed, an accent is a character of its own and is dropped without splitting the word.
    let letters = name.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    let mut slug = String::with_capacity(name.len());
    for c in letters.flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "room".to_owned()
    } else if Uuid::try_parse(slug).is_ok() {
        format!("room-{slug}")
    } else {
        slug.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn first(name: &str) -> String {
        let name = RoomName::parse(name).unwrap();
        Slug::candidates(&name, RoomId(Uuid::nil()))[0].to_string()
    }

    #[test]
    fn words_are_joined_by_hyphens() {
        assert_eq!(first("General Chat"), "general-chat");
        assert_eq!(first("--C++ & Rust!  "), "c-rust");
    }

    #[test]
    fn accents_are_dropped_and_other_scripts_become_room() {
        assert_eq!(first("Café Zürich"), "cafe-zurich");
        assert_eq!(first("日本語"), "room");
    }

    #[test]
    fn a_name_that_parses_as_a_uuid_does_not_become_one() {
        assert_eq!(first("0190b3c2d4e57f60a1b2c3d4e5f60718"), "room-0190b3c2d4e57f60a1b2c3d4e5f60718");
    }

    #[test]
    fn numbers_are_appended_in_order_and_the_last_come_from_the_id() {
        let name = RoomName::parse("Chat").unwrap();
        let room = RoomId(Uuid::from_u64_pair(7, 1_234_567_890_123));
        let slugs: Vec<String> = Slug::candidates(&name, room).iter().map(ToString::to_string).collect();
        assert_eq!(slugs[..3], ["chat", "chat-2", "chat-3"]);
        assert_eq!(slugs[9..], ["chat-890123", "chat-234567890123", "chat-1234567890123"]);
    }

    proptest! {
        #[test]
        fn every_name_gives_an_address_part(raw in ".{3,100}") {
            if let Ok(name) = RoomName::parse(&raw) {
                for slug in Slug::candidates(&name, RoomId(Uuid::nil())) {
                    prop_assert!(slug.as_str().bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-')));
                    prop_assert!(!slug.as_str().starts_with('-') && !slug.as_str().ends_with('-'));
                    prop_assert!(Uuid::try_parse(slug.as_str()).is_err());
                }
            }
        }
    }
}
