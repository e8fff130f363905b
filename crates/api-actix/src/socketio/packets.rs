//! Packets of Engine.IO and Socket.IO, as far as their first bytes say what they are.

/// The longest name of a namespace, in bytes: the server sends it back.
const NAMESPACE: usize = 100;

/// The kind of a packet, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packet {
    /// Heartbeats, upgrades, ends: what belongs to no event.
    Control,
    /// Asks for a namespace, and brings the token.
    Connect,
    /// An event or an acknowledgement; so many attachments follow it.
    Message { attachments: usize },
    /// An attachment.
    Attachment,
    /// Anything else, which no client sends.
    Unknown,
}

impl Packet {
    /// Returns the kind of a text.
    pub(super) fn of_text(text: &[u8]) -> Self {
        Self::known(text).unwrap_or(Self::Unknown)
    }

    fn known(text: &[u8]) -> Option<Self> {
        match text {
            [b'1' | b'2' | b'3' | b'5' | b'6', ..] | [b'4', b'1', ..] => Some(Self::Control),
            [b'4', b'0', rest @ ..] => has_short_namespace(rest).then_some(Self::Connect),
            [b'4', b'2' | b'3', ..] => Some(Self::Message { attachments: 0 }),
            [b'4', b'5' | b'6', rest @ ..] => {
                let digits = rest.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
                let attachments = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
                Some(Self::Message { attachments })
            }
            // Engine.IO's own parser knows the rest: an attachment by long polling, in base64.
            [b'b', ..] => Some(Self::Attachment),
            _ => None,
        }
    }
}

fn has_short_namespace(rest: &[u8]) -> bool {
    match rest {
        [b'/', name @ ..] => name.len() < NAMESPACE || name[..NAMESPACE].contains(&b','),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_known_by_their_first_bytes() {
        for (text, packet) in [
            ("2probe", Packet::Control),
            ("3", Packet::Control),
            ("5", Packet::Control),
            ("41", Packet::Control),
            ("40", Packet::Connect),
            ("40{\"token\":\"…\"}", Packet::Connect),
            ("40/admin,{}", Packet::Connect),
            ("40/admin", Packet::Connect),
            ("420[\"message\",{}]", Packet::Message { attachments: 0 }),
            ("430[]", Packet::Message { attachments: 0 }),
            ("451-0[\"fileUpload\",{}]", Packet::Message { attachments: 1 }),
            ("4512-[]", Packet::Message { attachments: 12 }),
            ("bAQID", Packet::Attachment),
        ] {
            assert_eq!(Packet::of_text(text.as_bytes()), packet, "{text}");
        }
        for text in ["", "4", "0{}", "7", "47", "45-[]", "x", &format!("40/{}", "x".repeat(1_000))] {
            assert_eq!(Packet::of_text(text.as_bytes()), Packet::Unknown, "{text}");
        }
    }
}
