//! Messages as values. The limits are those of the wire contract, section 4.

use super::{Extras, Mentions};
use crate::account::UserRef;
use crate::file::File;
use crate::metadata::Metadata;
use crate::room::{Revision, Seq};
use crate::text::{self, text_value};
use crate::{FileId, MessageId, RoomId, Timestamp, UserId};

text_value! {
    /// The text of a message or the caption of a file: 1 to 1000 characters on any number of lines.
    Content, text::lines, custom(text::chars(1, 1000))
}

text_value! {
    /// An idempotency key chosen by the client: 1 to 64 printable ASCII characters. It identifies one message per
    /// sender and room, for ever.
    ClientKey, text::line, custom(text::ascii), custom(text::chars(1, 64))
}

/// The kind of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// A text.
    Text,
    /// A raster image with an optional caption.
    Image,
    /// Another file with an optional caption.
    File,
}

impl MessageKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Text, Self::Image, Self::File];
}

/// The kinds of message that show a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttachmentKind {
    /// A raster image.
    Image,
    /// Another file.
    File,
}

/// The content of a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Body {
    /// A text.
    Text(Content),
    /// A file with an optional caption.
    Attachment {
        /// The kind under which the file is shown.
        kind: AttachmentKind,
        /// The uploaded file.
        file: FileId,
        /// The caption.
        caption: Option<Content>,
    },
}

impl Body {
    /// Returns the kind of message with this body.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Text(_) => MessageKind::Text,
            Self::Attachment { kind: AttachmentKind::Image, .. } => MessageKind::Image,
            Self::Attachment { kind: AttachmentKind::File, .. } => MessageKind::File,
        }
    }

    /// Returns the text of a message or the caption of a file.
    #[must_use]
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::Text(content) => Some(content),
            Self::Attachment { caption, .. } => caption.as_ref(),
        }
    }

    /// Returns the file, if any.
    #[must_use]
    pub fn file(&self) -> Option<FileId> {
        match self {
            Self::Text(_) => None,
            Self::Attachment { file, .. } => Some(*file),
        }
    }

    /// Restores a body from the columns of a store; `None` where they form no body.
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
}

/// The state of a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MessageState {
    /// The message has a body.
    Live(Body),
    /// A tombstone: the body is kept for audit and not shown.
    Deleted {
        /// The kind that the message had.
        kind: MessageKind,
        /// The time of deletion.
        at: Timestamp,
    },
}

/// A message as members see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The message's id.
    pub id: MessageId,
    /// The room.
    pub room: RoomId,
    /// The number in the order of the room.
    pub seq: Seq,
    /// The revision of its latest change.
    pub revision: Revision,
    /// The sender.
    pub sender: UserRef,
    /// The idempotency key of its send.
    pub client_key: Option<ClientKey>,
    /// The time of sending; rises strictly with `seq` within the room.
    pub created_at: Timestamp,
    /// The time of the last edit.
    pub edited_at: Option<Timestamp>,
    /// The body, or the tombstone.
    pub state: MessageState,
    /// The file; `None` for a tombstone.
    pub file: Option<Box<File>>,
    /// The extras that it shows, as [`Extras::kept`] returns them; `None` for a tombstone.
    pub extras: Option<Box<Extras>>,
}

impl Message {
    /// Returns the kind; of a tombstone the kind that it had.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match &self.state {
            MessageState::Live(body) => body.kind(),
            MessageState::Deleted { kind, .. } => *kind,
        }
    }

    /// Returns the body; `None` for a tombstone.
    #[must_use]
    pub fn body(&self) -> Option<&Body> {
        match &self.state {
            MessageState::Live(body) => Some(body),
            MessageState::Deleted { .. } => None,
        }
    }

    /// Returns the message with another text or other metadata; a file keeps its file.
    #[must_use]
    pub fn edited(self, edit: &Edit) -> Self {
        let state = match (self.state, &edit.content) {
            (MessageState::Live(Body::Text(_)), Some(content)) => {
                MessageState::Live(Body::Text(content.clone()))
            }
            (MessageState::Live(Body::Attachment { kind, file, .. }), Some(content)) => {
                MessageState::Live(Body::Attachment { kind, file, caption: Some(content.clone()) })
            }
            (unchanged, _) => unchanged,
        };
        let mut extras = self.extras.map_or(Extras::NONE, |extras| *extras);
        if let Some(metadata) = &edit.metadata {
            extras.metadata = metadata.clone();
        }
        Self { revision: edit.revision, edited_at: Some(edit.at), state, extras: extras.kept(), ..self }
    }

    /// Returns whom it mentions.
    #[must_use]
    pub fn mentions(&self) -> Mentions {
        let Extras { mentions, mentions_room, .. } = self.extras();
        Mentions { people: mentions.clone(), room: *mentions_room }
    }

    /// Returns the message with other mentions.
    #[must_use]
    pub fn mentioning(self, mentions: Mentions) -> Self {
        let extras = self.extras.map_or(Extras::NONE, |extras| *extras);
        let Mentions { people: mentions, room: mentions_room } = mentions;
        Self { extras: Extras { mentions, mentions_room, ..extras }.kept(), ..self }
    }

    /// Returns the message as a tombstone.
    #[must_use]
    pub fn deleted(self, deletion: Deletion) -> Self {
        let state = MessageState::Deleted { kind: self.kind(), at: deletion.at };
        Self { revision: deletion.revision, state, file: None, extras: None, ..self }
    }

    /// Returns the extras that it shows beside its content.
    #[must_use]
    pub fn extras(&self) -> &Extras {
        static NONE: Extras = Extras::NONE;
        self.extras.as_deref().unwrap_or(&NONE)
    }

    /// The time of deletion.
    #[must_use]
    pub fn deleted_at(&self) -> Option<Timestamp> {
        match &self.state {
            MessageState::Live(_) => None,
            MessageState::Deleted { at, .. } => Some(*at),
        }
    }
}

/// An edit to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The message.
    pub message: MessageId,
    /// The room.
    pub room: RoomId,
    /// The new text; `None` where it stays.
    pub content: Option<Content>,
    /// The new metadata; `None` where they stay.
    pub metadata: Option<Metadata>,
    /// The revision of this change.
    pub revision: Revision,
    /// The editing user.
    pub by: UserId,
    /// The time of the change.
    pub at: Timestamp,
}

/// A content that a message has had, or has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The text or caption.
    pub content: Option<Content>,
    /// The time from which the message had it.
    pub changed_at: Timestamp,
    /// The user who wrote it.
    pub changed_by: UserRef,
}

/// A deletion to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deletion {
    /// The message.
    pub message: MessageId,
    /// The room.
    pub room: RoomId,
    /// The revision of this change.
    pub revision: Revision,
    /// The deleting user.
    pub by: UserId,
    /// The time of the change.
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
        assert_eq!(ClientKey::parse("é").unwrap_err().to_string(), "must be printable ASCII");
    }

    #[test]
    fn a_body_is_restored_from_its_columns_and_from_no_others() {
        for body in [text("a"), attachment(AttachmentKind::Image, 1, Some("a"))] {
            assert_eq!(Body::stored(body.kind(), body.content().cloned(), body.file()), Some(body));
        }
        assert_eq!(Body::stored(MessageKind::Text, None, None), None);
        assert_eq!(Body::stored(MessageKind::Image, None, None), None);
    }
}
