//! The packets that the server writes: the answers to sends, the events, and the rest.

use bytes::{Bytes, BytesMut};
use serde_json::Value;

/// Separates the packets of an answer to long polling.
pub(super) const SEPARATOR: char = '\x1e';

/// The kind of a packet, as far as faults care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packet {
    /// The answer to a send, with the stored message.
    Answer,
    /// A lasting event of a room.
    Event,
    /// Anything else.
    Other,
}

impl Packet {
    /// Reads the text of a frame of `/chat`, or a packet of Socket.IO.
    pub(super) fn of(text: &str) -> Self {
        if text.starts_with('{') {
            return parsed(text).map_or(Self::Other, |frame| Self::of_frame(&frame));
        }
        // Engine.IO's `4` (message) and Socket.IO's `2` (event) or `3` (ack), perhaps with a number.
        let body = |rest: &str| parsed(rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        if let Some(ack) = text.strip_prefix("43").and_then(body) {
            return if ack[0]["data"]["seq"].is_i64() { Self::Answer } else { Self::Other };
        }
        match text.strip_prefix("42").and_then(body) {
            Some(event) if event[1]["revision"].is_i64() && event[0] != "caught-up" => Self::Event,
            _ => Self::Other,
        }
    }

    /// Reads a server-sent event as it is written.
    pub(super) fn of_server_sent(event: &[u8]) -> Self {
        let text = String::from_utf8_lossy(event);
        let data = text.lines().find_map(|line| line.strip_prefix("data: ")).and_then(parsed);
        data.map_or(Self::Other, |frame| Self::of_frame(&frame))
    }

    fn of_frame(frame: &Value) -> Self {
        match frame["action"].as_str() {
            Some("ack") if frame["data"]["seq"].is_i64() => Self::Answer,
            None | Some("ack" | "error" | "joined" | "caught-up") => Self::Other,
            Some(_) if frame["revision"].is_i64() => Self::Event,
            Some(_) => Self::Other,
        }
    }
}

fn parsed(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// Splits the first complete server-sent event off, with the blank line that ends it.
pub(super) fn split_event(buffer: &mut BytesMut) -> Option<Bytes> {
    let end = buffer.windows(2).position(|pair| pair == b"\n\n")? + 2;
    Some(buffer.split_to(end).freeze())
}

/// A frame of a WebSocket.
pub(super) struct Frame {
    /// The whole frame, as it is written.
    pub(super) bytes: Bytes,
    payload: usize,
    is_text: bool,
}

impl Frame {
    /// Splits the first complete frame off that a server has written; a server's frames are not masked.
    pub(super) fn split(buffer: &mut BytesMut) -> Option<Self> {
        let (first, second) = (*buffer.first()?, *buffer.get(1)?);
        let (payload, length) = match second & 0x7f {
            126 => (4, u64::from(u16::from_be_bytes(buffer.get(2..4)?.try_into().ok()?))),
            127 => (10, u64::from_be_bytes(buffer.get(2..10)?.try_into().ok()?)),
            short => (2, u64::from(short)),
        };
        let end = usize::try_from(length).ok()?.checked_add(payload)?;
        if buffer.len() < end {
            return None;
        }
        // A text in one piece; others are not looked into.
        Some(Self { bytes: buffer.split_to(end).freeze(), payload, is_text: first == 0x81 })
    }

    /// Reads the kind of its packet.
    pub(super) fn packet(&self) -> Packet {
        let text = std::str::from_utf8(&self.bytes[self.payload..]).ok().filter(|_| self.is_text);
        text.map_or(Packet::Other, Packet::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_sends_and_lasting_events_are_recognised() {
        for (text, packet) in [
            (r#"{"action":"ack","ref":1,"data":{"id":"x","seq":4,"revision":9}}"#, Packet::Answer),
            (r#"{"action":"ack","ref":1,"data":{"roomId":"x","revision":9}}"#, Packet::Other),
            (r#"{"action":"new-message","roomId":"x","revision":9,"seq":4}"#, Packet::Event),
            (r#"{"action":"caught-up","roomId":"x","revision":9}"#, Packet::Other),
            (r#"{"action":"typing","roomId":"x"}"#, Packet::Other),
            (r#"{"action":"error","ref":1,"code":"NOT_A_MEMBER"}"#, Packet::Other),
            (r#"4312[{"success":true,"data":{"_id":"x","seq":4}}]"#, Packet::Answer),
            (r#"430[{"success":true,"data":{"revision":4}}]"#, Packet::Other),
            (r#"42["message",{"_id":"x","revision":9}]"#, Packet::Event),
            (r#"42["caught-up",{"revision":9}]"#, Packet::Other),
            (r#"42["typing",{}]"#, Packet::Other),
            ("2", Packet::Other),
            (r#"0{"sid":"x"}"#, Packet::Other),
        ] {
            assert_eq!(Packet::of(text), packet, "{text}");
        }
        let event = b"id: 9\nevent: new-message\ndata: {\"action\":\"new-message\",\"revision\":9}\n\n";
        assert_eq!(Packet::of_server_sent(event), Packet::Event);
        assert_eq!(Packet::of_server_sent(b": comment\n\n"), Packet::Other);
    }

    #[test]
    fn events_and_frames_are_split_off_once_they_are_complete() {
        let mut buffer = BytesMut::from(&b"data: 1\n\ndata: 2\n"[..]);
        assert_eq!(split_event(&mut buffer).unwrap(), "data: 1\n\n");
        assert!(split_event(&mut buffer).is_none());

        for length in [0_usize, 125, 126, 65_535, 65_536] {
            let mut frame = vec![0x81];
            match length {
                0..126 => frame.push(u8::try_from(length).unwrap()),
                126..65_536 => {
                    frame.push(126);
                    frame.extend(u16::try_from(length).unwrap().to_be_bytes());
                }
                _ => {
                    frame.push(127);
                    frame.extend((length as u64).to_be_bytes());
                }
            }
            frame.extend(vec![b'x'; length]);
            let mut buffer = BytesMut::from(&frame[..frame.len() - 1]);
            assert!(Frame::split(&mut buffer).is_none(), "{length}");
            let mut buffer = BytesMut::from(&frame[..]);
            buffer.extend_from_slice(b"\x89");
            let split = Frame::split(&mut buffer).unwrap();
            assert_eq!((&split.bytes[..], &buffer[..]), (&frame[..], &b"\x89"[..]), "{length}");
        }
    }
}
