//! The values that requests of several surfaces carry: the domain's own types, ids, and the numbers of pages.

use std::fmt::Display;
use std::str::FromStr;

use domain::account::{Email, NameStart, NewUsername, Username};
use domain::membership::Role;
use domain::message::{ClientKey, Content, Emoji, MessageKind};
use domain::room::{Description, Revision, RoomName, Search, Seq, Visibility};
use domain::search::SearchQuery;
use domain::{FileId, Invalid, MessageId, RoomId, SessionId, SortOrder, UserId};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::patterns::{ANY, INK, LINES, inked, inked_from, name, trimmed};
use super::{Fields, InvalidField, Value, choices, percent, texts};

texts! {
    Username: username();
    NewUsername: username();
    Email: json!({"type": "string", "format": "email", "maxLength": 254, "examples": ["john@example.com"]});
    RoomName: json!({"type": "string", "pattern": name(3, 100), "examples": ["General Chat"],
        "description": "3 to 100 characters, at least one of them visible; no controls of text direction."});
    Description: json!({"type": "string", "pattern": trimmed(&format!("({})?", inked(LINES, 500))),
        "examples": ["Talk about anything"], "description": "At most 500 characters."});
    Search: json!({"type": "string", "pattern": trimmed(&format!("({})?", inked(ANY, 100))),
        "examples": ["chat"], "description": "At most 100 characters."});
    NameStart: json!({"type": "string", "pattern": trimmed(&inked_from(ANY, 2, 32)), "examples": ["jo"],
        "description": "2 to 32 characters."});
    // That there is a word in it is more than a pattern can say.
    SearchQuery: json!({"type": "string", "pattern": trimmed(&inked(ANY, 200)), "examples": ["quick fox*"],
        "description": "2 to 200 characters with a word in them; one is enough if it is an emoji, or a letter of Chinese, \
            Japanese or Korean. `*` ends the beginning of a word."});
    Content: json!({"type": "string", "pattern": trimmed(&inked(LINES, 1_000)), "examples": ["Hello"],
        "description": "1 to 1000 characters."});
    ClientKey: json!({"type": "string", "pattern": "^[!-~]([ -~]{0,62}[!-~])?$", "examples": ["6fe1"]});
    Emoji: emoji();
    EmojiSegment: emoji();
    String: json!({"type": "string"});
    Id: id("0193b089-3a00-7000-8000-000000000002");
}

fn username() -> Json {
    json!({"type": "string", "pattern": "^[A-Za-z0-9_.-]{3,32}$", "examples": ["john_doe"]})
}

fn emoji() -> Json {
    json!({"type": "string", "pattern": format!("^{INK}{{1,32}}$"), "examples": ["👍"],
        "description": "1 to 32 characters without white space."})
}

/// An emoji in a path. The router has decoded all but the characters that divide a path or encode others.
pub(crate) struct EmojiSegment(pub Emoji);

impl FromStr for EmojiSegment {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        // The router puts the replacement character in the place of bytes that are not UTF-8.
        let decoded = percent::decode(text).filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
        let decoded = decoded.ok_or_else(|| Invalid::new("must be percent-encoded UTF-8"))?;
        Emoji::parse(&decoded).map(Self)
    }
}

choices! {
    Visibility { "public" => Self::Public, "private" => Self::Private }
    Role { "admin" => Self::Admin, "member" => Self::Member }
    MessageKind { "text" => Self::Text, "image" => Self::Image, "file" => Self::File }
    SortOrder { "desc" => Self::Descending, "asc" => Self::Ascending }
}

/// A UUID as text.
pub(crate) struct Id(pub Uuid);

impl std::str::FromStr for Id {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Uuid::try_parse(text).map(Self).map_err(|_| Invalid::new("must be a UUID"))
    }
}

fn id(example: &str) -> Json {
    json!({"type": "string", "format": "uuid", "examples": [example]})
}

macro_rules! ids {
    ($($of:ident: $example:literal;)*) => {$(
        impl Value for $of {
            fn optional(fields: &mut Fields, name: &str) -> Result<Option<Self>, InvalidField> {
                Ok(fields.optional::<Id>(name)?.map(|id| Self(id.0)))
            }

            fn schema() -> Json {
                id($example)
            }
        }
    )*};
}

ids! {
    UserId: "0193b089-3a00-7000-8000-000000000005";
    RoomId: "0193b089-3a00-7000-8000-000000000002";
    MessageId: "0193b089-3a00-7000-8000-000000000003";
    FileId: "0193b089-3a00-7000-8000-000000000004";
    SessionId: "0193b089-3a00-7000-8000-000000000006";
}

/// A list of a body, whose items are texts.
pub(crate) struct ListOf<T>(pub Vec<T>);

impl<T: Value + FromStr<Err: Display>> Value for ListOf<T> {
    fn optional(fields: &mut Fields, name: &str) -> Result<Option<Self>, InvalidField> {
        let Some(json) = fields.as_written(name) else { return Ok(None) };
        let Ok(texts) = serde_json::from_str::<Vec<String>>(json.get()) else {
            return Err(fields.problem(name, "must be a list of strings of valid Unicode"));
        };
        let items: Result<Vec<T>, String> = texts
            .into_iter()
            .enumerate()
            .map(|(at, text)| text.parse::<T>().map_err(|error| format!("item {}: {error}", at + 1)))
            .collect();
        match items {
            Ok(items) => Ok(Some(Self(items))),
            Err(problem) => Err(fields.problem(name, problem)),
        }
    }

    fn schema() -> Json {
        let item = T::schema();
        let example = &item["examples"][0];
        json!({"type": "array", "minItems": 1, "items": item, "examples": [[example]]})
    }
}

/// A truth value of the query.
impl Value for bool {
    fn optional(fields: &mut Fields, name: &str) -> Result<Option<Self>, InvalidField> {
        fields.one_of(name, &[("true", true), ("false", false)])
    }

    fn schema() -> Json {
        json!({"type": "boolean", "examples": [true]})
    }

    fn to_json(&self) -> Json {
        json!(self)
    }
}

/// The number of a message in its room, from 1.
#[derive(Clone, Copy)]
pub(crate) struct MessageNumber(pub i64);

/// A number of a page, from 1.
#[derive(Clone, Copy)]
pub(crate) struct PageNumber(pub u64);

/// The most items of a page: 1 to 100.
#[derive(Clone, Copy)]
pub(crate) struct Limit(pub u32);

/// The most rooms of a sync: 1 to 200.
#[derive(Clone, Copy)]
pub(crate) struct SyncLimit(pub u32);

/// The most messages that a search lists: 1 to 50.
#[derive(Clone, Copy)]
pub(crate) struct SearchLimit(pub u32);

/// The seconds to wait for a change: 0 to 30.
#[derive(Clone, Copy)]
pub(crate) struct Wait(pub u32);

/// Makes types whole numbers between two bounds.
macro_rules! integers {
    ($($of:ident($least:literal, $most:expr): $example:literal, $make:expr;)*) => {$(
        impl Value for $of {
            fn optional(fields: &mut Fields, name: &str) -> Result<Option<Self>, InvalidField> {
                Ok(fields.integer(name, $least, $most)?.map($make))
            }

            fn schema() -> Json {
                let most: i64 = $most;
                json!({"type": "integer", "minimum": $least, "maximum": most,
                    "examples": [$example]})
            }

            fn to_json(&self) -> Json {
                json!(self.0)
            }
        }
    )*};
}

integers! {
    Seq(0, i64::MAX): 1, Seq;
    Revision(0, i64::MAX): 42, Revision;
    MessageNumber(1, i64::MAX): 7, MessageNumber;
    PageNumber(1, i64::MAX): 1, |page| PageNumber(page.unsigned_abs());
    Limit(1, 100): 20, |limit| Limit(u32::try_from(limit).unwrap_or(100));
    SyncLimit(1, 200): 100, |limit| SyncLimit(u32::try_from(limit).unwrap_or(200));
    SearchLimit(1, 50): 20, |limit| SearchLimit(u32::try_from(limit).unwrap_or(50));
    Wait(0, 30): 0, |wait| Wait(u32::try_from(wait).unwrap_or(0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_what_parsers_take() {
        type Takes = fn(&str) -> bool;
        let held: [(Json, Takes); 6] = [
            (Emoji::schema(), |text| Emoji::parse(text).is_ok()),
            (NameStart::schema(), |text| NameStart::parse(text).is_ok()),
            (RoomName::schema(), |text| RoomName::parse(text).is_ok()),
            (Content::schema(), |text| Content::parse(text).is_ok()),
            (Description::schema(), |text| Description::parse(text).is_ok()),
            (Search::schema(), |text| Search::parse(text).is_ok()),
        ];
        let odd = (0..0x100).chain([0x1680, 0x180e]).chain(0x2000..0x2070).chain([0x3000, 0xfeff]);
        let odd: Vec<String> =
            odd.filter_map(char::from_u32).map(String::from).chain(["\r\n".into()]).collect();
        let long = [1, 2, 3, 32, 33, 100, 101, 500, 501, 1000, 1001]
            .map(|length| format!("\u{3000}{} ", "x".repeat(length)));
        for (schema, takes) in held {
            let pattern = regex::Regex::new(schema["pattern"].as_str().unwrap()).unwrap();
            for text in &long {
                assert_eq!(pattern.is_match(text), takes(text), "{} characters by {pattern}", text.len());
            }
            for c in &odd {
                for text in [c.clone(), format!("{c}{c}abc{c}{c}"), format!("a{c}b{c}c")] {
                    assert_eq!(pattern.is_match(&text), takes(&text), "{text:?} by {pattern}");
                }
            }
        }
    }

    #[test]
    fn examples_are_values_of_their_types() {
        fn check<T: Value>() {
            let example = &T::schema()["examples"][0];
            let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
            let mut fields = Fields::default();
            fields.insert("value".into(), super::super::Raw::Text(text));
            assert!(matches!(T::optional(&mut fields, "value"), Ok(Some(_))), "{example}");
        }
        check::<Username>();
        check::<Email>();
        check::<RoomName>();
        check::<Description>();
        check::<Search>();
        check::<NameStart>();
        check::<Content>();
        check::<SearchQuery>();
        check::<Emoji>();
        check::<EmojiSegment>();
        check::<ClientKey>();
        check::<RoomId>();
        check::<Visibility>();
        check::<bool>();
        check::<Revision>();
        check::<MessageNumber>();
        check::<PageNumber>();
        check::<Limit>();
    }
}
