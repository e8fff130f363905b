//! Cursors: opaque to clients, a message's position in its room to the server. A timestamp or a message's id can stand in
//! their place.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::message::{Place, Position};
use domain::room::Seq;
use domain::{MessageId, Timestamp};
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::{Id, texts};

/// The first byte, so that the format can change while clients still have old cursors.
const VERSION: u8 = 1;

/// Makes the cursor of a message.
#[must_use]
pub fn encode(seq: Seq) -> String {
    let mut bytes = [VERSION; 9];
    bytes[1..].copy_from_slice(&seq.0.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Parses a cursor or a timestamp; `None` if it is neither. A timestamp finer than a microsecond is rounded `up` or down, so
/// that no message falls on its wrong side.
#[must_use]
pub fn decode(text: &str, up: bool) -> Option<Position> {
    if let Some(moment) = moment(text, up) {
        return Some(Position::Time(moment));
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (version, seq) = bytes.split_first()?;
    let seq = i64::from_be_bytes(seq.try_into().ok()?);
    (*version == VERSION && seq >= 0).then_some(Position::Seq(Seq(seq)))
}

/// Parses a timestamp; `None` if it is none. One that is finer than a microsecond is rounded `up` or down.
pub(crate) fn moment(text: &str, up: bool) -> Option<Timestamp> {
    // An unescaped plus sign arrives as a blank.
    let moment = OffsetDateTime::parse(&text.replace(' ', "+"), &Rfc3339).ok()?;
    let fine = moment.nanosecond() % 1_000 != 0;
    let whole = Timestamp::new(moment)?;
    Some(if fine && up { whole.plus(Duration::MICROSECOND) } else { whole })
}

/// Parses a cursor, a timestamp or a message's id; `None` if it is none of them.
pub(crate) fn place(text: &str, up: bool) -> Option<Place> {
    match text.parse::<Id>() {
        Ok(id) => Some(Place::Message(MessageId(id.0))),
        Err(_) => decode(text, up).map(Place::At),
    }
}

/// The text of a cursor, a timestamp or an id, not yet parsed.
pub(crate) struct Cursor(pub String);

impl std::str::FromStr for Cursor {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

texts! {
    Cursor: json!({"type": "string", "format": "cursor", "examples": [encode(Seq(1))],
        "description": "A cursor of an earlier answer, an RFC 3339 timestamp, or the id of a message."});
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(micros: i64) -> Option<Position> {
        Timestamp::from_unix_micros(micros).map(Position::Time)
    }

    #[test]
    fn a_cursor_leads_back_to_its_message() {
        for seq in [0, 1, i64::MAX] {
            assert_eq!(decode(&encode(Seq(seq)), true), Some(Position::Seq(Seq(seq))));
        }
    }

    #[test]
    fn a_timestamp_is_a_place_too_whatever_its_offset() {
        assert_eq!(decode("1970-01-01T00:00:01Z", true), time(1_000_000));
        assert_eq!(decode("1970-01-01T01:00:01 01:00", true), time(1_000_000));
        assert_eq!(decode("1970-01-01T00:00:00.0000005Z", true), time(1));
        assert_eq!(decode("1970-01-01T00:00:00.0000005Z", false), time(0));
    }

    #[test]
    fn the_id_of_a_message_is_a_place() {
        let id = "0193b089-3a00-7000-8000-000000000003";
        assert_eq!(place(id, true), Some(Place::Message(MessageId(id.parse::<Id>().unwrap().0))));
        assert_eq!(place(&encode(Seq(7)), true), Some(Place::At(Position::Seq(Seq(7)))));
        assert_eq!(place("0193b089-3a00-7000-8000", true), None);
    }

    #[test]
    fn anything_else_is_no_cursor() {
        for bad in [
            "",
            "abc",
            "AQ",
            "9999-12-31T23:59:59-23:59",
            "2026-13-01T00:00:00Z",
            "AgAAAAAAAAAB",
            "Af__________8",
        ] {
            assert_eq!(decode(bad, true), None, "{bad}");
        }
    }
}
