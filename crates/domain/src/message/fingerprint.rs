//! The fingerprint that distinguishes a retry from another message under the same key.

use sha2::{Digest, Sha256};

use super::{Body, Content, MessageKind, SentExtras};

/// The SHA-256 of what was first sent under a client key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Returns the fingerprint that distinguishes a retry from another message under the same key. Stores keep the first one,
    /// so that a retry is recognised after an edit or a deletion. Without extras it is that of the body alone, as it was before
    /// there were any.
    #[must_use]
    pub fn of(body: &Body, extras: &SentExtras) -> Self {
        let plain = of_body(body);
        if *extras == SentExtras::default() {
            return Self(plain);
        }
        let mut hash = Sha256::new();
        // No plain one is of bytes that begin like this.
        hash.update([u8::MAX]);
        hash.update(plain);
        for named in [extras.reply_to, extras.thread] {
            hash.update([u8::from(named.is_some())]);
            hash.update(named.map_or([0; 16], |message| message.0.into_bytes()));
        }
        hash.update(extras.metadata.canonical().unwrap_or_default());
        Self(hash.finalize().into())
    }
}

fn of_body(body: &Body) -> [u8; 32] {
    let mut hash = Sha256::new();
    let kind = match body.kind() {
        MessageKind::Text => 0u8,
        MessageKind::Image => 1,
        MessageKind::File => 2,
    };
    // Fixed-width parts first and the text last: different bodies never produce the same bytes.
    hash.update([kind, u8::from(body.file().is_some()), u8::from(body.content().is_some())]);
    hash.update(body.file().map_or([0; 16], |file| file.0.into_bytes()));
    hash.update(body.content().map_or("", Content::as_str));
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::message::AttachmentKind;
    use crate::metadata::{Json, SentMetadata};
    use crate::{FileId, MessageId};

    fn text(words: &str) -> Body {
        Body::Text(Content::parse(words).unwrap())
    }

    fn attachment(kind: AttachmentKind, file: u128, caption: Option<&str>) -> Body {
        let caption = caption.map(|words| Content::parse(words).unwrap());
        Body::Attachment { kind, file: FileId(Uuid::from_u128(file)), caption }
    }

    fn metadata(key: &str) -> SentMetadata {
        SentMetadata::check(&Json::Object(vec![(key.to_owned(), Json::Null)])).unwrap()
    }

    #[test]
    fn different_messages_have_different_fingerprints() {
        use AttachmentKind::{File, Image};
        let (one, other) = (Some(MessageId(Uuid::from_u128(1))), Some(MessageId(Uuid::from_u128(2))));
        let extras = [
            SentExtras { reply_to: one, ..SentExtras::default() },
            SentExtras { reply_to: other, ..SentExtras::default() },
            SentExtras { thread: one, ..SentExtras::default() },
            SentExtras { reply_to: one, thread: one, ..SentExtras::default() },
            SentExtras { metadata: metadata("a"), ..SentExtras::default() },
            SentExtras { metadata: metadata("b"), ..SentExtras::default() },
        ];
        let bodies = [
            text("a"),
            text("b"),
            attachment(Image, 1, None),
            attachment(File, 1, None),
            attachment(File, 2, None),
            attachment(File, 1, Some("a")),
        ];
        let plain = bodies.into_iter().map(|body| (body, SentExtras::default()));
        let all: Vec<_> = plain.chain(extras.map(|extras| (text("a"), extras))).collect();
        for (i, one) in all.iter().enumerate() {
            for (j, other) in all.iter().enumerate() {
                let same = Fingerprint::of(&one.0, &one.1) == Fingerprint::of(&other.0, &other.1);
                assert_eq!(same, i == j, "{one:?} {other:?}");
            }
        }
    }

    /// It is kept for ever.
    #[test]
    fn a_message_without_extras_keeps_the_fingerprint_of_earlier_releases() {
        let mut hash = Sha256::new();
        hash.update([0, 0, 1]);
        hash.update([0; 16]);
        hash.update("a");
        let before: [u8; 32] = hash.finalize().into();
        assert_eq!(Fingerprint::of(&text("a"), &SentExtras::default()).0, before);
    }
}
