//! Cursors of messages of several rooms: opaque to clients, a message's time and id to the server. A timestamp or a message's
//! id can stand in their place.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::message::{Place, TimelinePosition};
use domain::{MessageId, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::{Id, cursor, texts};

/// The first byte: another than those of other lists, so that a cursor of theirs is not taken for one of this.
const VERSION: u8 = 3;

/// Makes the cursor of a message that was sent at that time.
pub(crate) fn encode(at: Timestamp, id: MessageId) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(at.unix_micros().to_be_bytes());
    bytes.extend(id.0.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Parses a cursor, a timestamp or a message's id; `None` if it is none of them. A timestamp finer than a microsecond is
/// rounded `up` or down, so that no message falls on its wrong side.
pub(crate) fn place(text: &str, up: bool) -> Option<Place<TimelinePosition>> {
    if let Ok(id) = text.parse::<Id>() {
        return Some(Place::Message(MessageId(id.0)));
    }
    if let Some(moment) = cursor::moment(text, up) {
        return Some(Place::At(TimelinePosition::Time(moment)));
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (&VERSION, rest) = bytes.split_first()? else { return None };
    let (micros, id) = rest.split_first_chunk::<8>()?;
    let at = Timestamp::from_unix_micros(i64::from_be_bytes(*micros))?;
    Some(Place::At(TimelinePosition::Message(at, MessageId(Uuid::from_slice(id).ok()?))))
}

/// The text of a cursor, a timestamp or an id, not yet parsed.
pub(crate) struct TimelineCursor(pub String);

impl std::str::FromStr for TimelineCursor {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

texts! {
    TimelineCursor: json!({"type": "string", "format": "cursor", "examples": ["2024-12-10T12:00:00.000000Z"],
        "description": "A cursor of an earlier answer, an RFC 3339 timestamp, or the id of a message."});
}

#[cfg(test)]
mod tests {
    use domain::room::Seq;

    use super::*;

    fn message() -> (Timestamp, MessageId) {
        (Timestamp::EPOCH, MessageId(Uuid::from_u128(7)))
    }

    #[test]
    fn a_cursor_leads_back_to_its_message_a_timestamp_to_its_time_and_an_id_to_the_message() {
        let (at, id) = message();
        let position = TimelinePosition::Message(at, id);
        assert_eq!(place(&encode(at, id), true), Some(Place::At(position)));
        let second = Timestamp::from_unix_micros(1_000_000).map(TimelinePosition::Time).map(Place::At);
        assert_eq!(place("1970-01-01T01:00:01 01:00", true), second);
        assert_eq!(place(&id.to_string(), true), Some(Place::Message(id)));
    }

    #[test]
    fn anything_else_is_no_cursor() {
        let (at, id) = message();
        let cut = encode(at, id)[..20].to_owned();
        for bad in ["", "abc", "AQ", "2026-13-01T00:00:00Z", &cut, &cursor::encode(Seq(1))] {
            assert_eq!(place(bad, true), None, "{bad}");
        }
    }
}
