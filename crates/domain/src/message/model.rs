//! Messages as values. The limits are those of the wire contract, section 4.

use sha2::{Digest, Sha256};

use crate::account::UserRef;
use crate::file::File;
use crate::room::{Revision, Seq};
use crate::text::{self, text_value};
use crate::{FileId, MessageId, RoomId, Timestamp, UserId};

text_value! {
    /// What a message says, or a file's caption: 1 to 1000 characters on any number of lines.
    Content, text::lines, custom(text::chars(1, 1000))
}

text_value! {
    /// What a client calls a message before it has an id, so that sending again is safe: 1 to 64 printable ASCII
    /// characters. It names one message per sender and room, for ever.
    ClientKey, text::line, ascii, custom(text::chars(1, 64))
}

/// What kind of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// Words.
    Text,
    /// A picture, perhaps with words.
    Image,
    /// Any other file, perhaps with words.
    File,
}

/// The kinds of message that show a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttachmentKind {
    /// A picture.
    Image,
    /// Any other file.
    File,
}

/// What a message holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Body {
    /// Words.
    Text(Content),
    /// A file, perhaps with words.
    Attachment {
        /// How it is shown.
        kind: AttachmentKind,
        /// The uploaded file.
        file: FileId,
        /// The words.
        caption: Option<Content>,
    },
}

impl Body {
    /// What kind of message this makes.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Text(_) => MessageKind::Text,
            Self::Attachment { kind: AttachmentKind::Image, .. } => MessageKind::Image,
            Self::Attachment { kind: AttachmentKind::File, .. } => MessageKind::File,
        }
    }

    /// The words: a text's content, or a file's caption.
    #[must_use]
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::Text(content) => Some(content),
            Self::Attachment { caption, .. } => caption.as_ref(),
        }
    }

    /// The file it shows.
    #[must_use]
    pub fn file(&self) -> Option<FileId> {
        match self {
            Self::Text(_) => None,
            Self::Attachment { file, .. } => Some(*file),
        }
    }

    /// Puts a body together from what a store keeps; `None` where that is no body.
    #[must_use]
    pub fn stored(kind: MessageKind, content: Option<Content>, file: Option<FileId>) -> Option<Self> {
        match (kind, content, file) {
            (MessageKind::Text, Some(content), None) => Some(Self::Text(content)),
            (MessageKind::Image, caption, Some(file)) => {
                Some(Self::Attachment { kind: AttachmentKind::Image, file, caption })
            }
            (MessageKind::File, caption, Some(file)) => {
                Some(Self::Attachment { kind: AttachmentKind::File, file, caption })
            }
            _ => None,
        }
    }

    /// What tells a retry from another message under the same key. Kept as it was first sent, so that a retry is
    /// known as one when the message has been edited or deleted since.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hash = Sha256::new();
        let kind = match self.kind() {
            MessageKind::Text => 0u8,
            MessageKind::Image => 1,
            MessageKind::File => 2,
        };
        // Fixed-width parts first and the text last: no two bodies run together into the same bytes.
        hash.update([kind, u8::from(self.file().is_some()), u8::from(self.content().is_some())]);
        hash.update(self.file().map_or([0; 16], |file| file.0.into_bytes()));
        hash.update(self.content().map_or("", Content::as_str));
        Fingerprint(hash.finalize().into())
    }
}

/// SHA-256 of what was first sent under a client key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// What has become of a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MessageState {
    /// It says what it says.
    Live(Body),
    /// A tombstone: what it said is kept for audit, and shown to nobody.
    Deleted {
        /// What kind it was.
        kind: MessageKind,
        /// When it was deleted.
        at: Timestamp,
    },
}

/// A message as the room shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The message's id.
    pub id: MessageId,
    /// Where it was said.
    pub room: RoomId,
    /// Its place in the room's order.
    pub seq: Seq,
    /// The revision of its latest change.
    pub revision: Revision,
    /// Who said it.
    pub sender: UserRef,
    /// What its sender's client calls it.
    pub client_key: Option<ClientKey>,
    /// When it was sent; rises strictly with `seq` within the room.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// What it says, or that it was deleted.
    pub state: MessageState,
    /// The file it shows; a tombstone shows none.
    pub file: Option<Box<File>>,
}

impl Message {
    /// What kind of message it is, or was.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match &self.state {
            MessageState::Live(body) => body.kind(),
            MessageState::Deleted { kind, .. } => *kind,
        }
    }

    /// What it holds; `None` for a tombstone.
    #[must_use]
    pub fn body(&self) -> Option<&Body> {
        match &self.state {
            MessageState::Live(body) => Some(body),
            MessageState::Deleted { .. } => None,
        }
    }

    /// The message with other words; a file keeps its file.
    #[must_use]
    pub fn edited(self, edit: &Edit) -> Self {
        let state = match self.state {
            MessageState::Live(Body::Text(_)) => MessageState::Live(Body::Text(edit.content.clone())),
            MessageState::Live(Body::Attachment { kind, file, .. }) => {
                MessageState::Live(Body::Attachment { kind, file, caption: Some(edit.content.clone()) })
            }
            deleted @ MessageState::Deleted { .. } => deleted,
        };
        Self { revision: edit.revision, edited_at: Some(edit.at), state, ..self }
    }

    /// The message as a tombstone.
    #[must_use]
    pub fn deleted(self, deletion: Deletion) -> Self {
        let state = MessageState::Deleted { kind: self.kind(), at: deletion.at };
        Self { revision: deletion.revision, state, file: None, ..self }
    }

    /// When it was deleted.
    #[must_use]
    pub fn deleted_at(&self) -> Option<Timestamp> {
        match &self.state {
            MessageState::Live(_) => None,
            MessageState::Deleted { at, .. } => Some(*at),
        }
    }
}

/// A message gets other words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Which.
    pub message: MessageId,
    /// Where.
    pub room: RoomId,
    /// The new words.
    pub content: Content,
    /// The revision of this change.
    pub revision: Revision,
    /// Who changes it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// A message becomes a tombstone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deletion {
    /// Which.
    pub message: MessageId,
    /// Where.
    pub room: RoomId,
    /// The revision of this change.
    pub revision: Revision,
    /// Who deletes it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn text(words: &str) -> Body {
        Body::Text(Content::parse(words).unwrap())
    }

    fn attachment(kind: AttachmentKind, file: u128, caption: Option<&str>) -> Body {
        let caption = caption.map(|words| Content::parse(words).unwrap());
        Body::Attachment { kind, file: FileId(Uuid::from_u128(file)), caption }
    }

    #[test]
    fn content_is_1_to_1000_characters() {
        assert!(Content::parse(&"\u{1F408}".repeat(1000)).is_ok());
        for bad in [" \n ", &"a".repeat(1001), "a\0"] {
            assert!(Content::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_client_key_is_1_to_64_printable_ascii_characters() {
        assert!(ClientKey::parse("retry #1 ~").is_ok());
        for bad in ["", "é", "a\tb", &"k".repeat(65)] {
            assert!(ClientKey::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn fingerprints_tell_every_two_bodies_apart() {
        use AttachmentKind::{File, Image};
        let bodies = [
            text("a"),
            text("b"),
            attachment(Image, 1, None),
            attachment(File, 1, None),
            attachment(File, 2, None),
            attachment(File, 1, Some("a")),
        ];
        for (i, one) in bodies.iter().enumerate() {
            for (j, other) in bodies.iter().enumerate() {
                assert_eq!(one.fingerprint() == other.fingerprint(), i == j, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_store_can_put_back_together_what_it_kept_and_nothing_else() {
        for body in [text("a"), attachment(AttachmentKind::Image, 1, Some("a"))] {
            assert_eq!(Body::stored(body.kind(), body.content().cloned(), body.file()), Some(body));
        }
        assert_eq!(Body::stored(MessageKind::Text, None, None), None);
        assert_eq!(Body::stored(MessageKind::Image, None, None), None);
    }
}
