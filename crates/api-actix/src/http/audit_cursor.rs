//! Cursors of audit events: opaque to clients, an event's time and id to the server. A timestamp can stand in their place.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::audit::{AuditEvent, AuditPosition};
use domain::{AuditEventId, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::{cursor, texts};

/// The first byte: another than those of messages, so that a cursor of another list is not taken for one of this.
const VERSION: u8 = 2;

/// Makes the cursor of an event.
pub(crate) fn encode(event: &AuditEvent) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(event.created_at.unix_micros().to_be_bytes());
    bytes.extend(event.id.0.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Parses a cursor or a timestamp; `None` if it is neither. A timestamp finer than a microsecond is rounded `up` or down, so
/// that no event falls on its wrong side.
pub(crate) fn decode(text: &str, up: bool) -> Option<AuditPosition> {
    if let Some(moment) = cursor::moment(text, up) {
        return Some(AuditPosition::Time(moment));
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (&VERSION, rest) = bytes.split_first()? else { return None };
    let (micros, id) = rest.split_first_chunk::<8>()?;
    let at = Timestamp::from_unix_micros(i64::from_be_bytes(*micros))?;
    Some(AuditPosition::Event(at, AuditEventId(Uuid::from_slice(id).ok()?)))
}

/// The text of a cursor or a timestamp, not yet parsed.
pub(crate) struct AuditCursor(pub String);

impl std::str::FromStr for AuditCursor {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

texts! {
    AuditCursor: json!({"type": "string", "format": "cursor", "examples": ["2024-12-10T12:00:00.000000Z"],
        "description": "A cursor of an earlier answer, or an RFC 3339 timestamp."});
}

#[cfg(test)]
mod tests {
    use domain::audit::AuditKind;
    use domain::room::Seq;

    use super::*;

    fn event() -> AuditEvent {
        AuditEvent {
            id: AuditEventId(Uuid::from_u128(7)),
            kind: AuditKind::MemberJoined,
            detail: None,
            room: None,
            actor: None,
            target: None,
            message: None,
            address: None,
            created_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn a_cursor_leads_back_to_its_event_and_a_timestamp_to_its_time() {
        let event = event();
        let position = AuditPosition::Event(event.created_at, event.id);
        assert_eq!(decode(&encode(&event), true), Some(position));
        let second = Timestamp::from_unix_micros(1_000_000).map(AuditPosition::Time);
        assert_eq!(decode("1970-01-01T01:00:01 01:00", true), second);
    }

    #[test]
    fn anything_else_is_no_cursor() {
        let cut = encode(&event())[..20].to_owned();
        for bad in ["", "abc", "AQ", "2026-13-01T00:00:00Z", &cut, &cursor::encode(Seq(1))] {
            assert_eq!(decode(bad, true), None, "{bad}");
        }
    }
}
