//! Messages: sending, history, editing, deleting, and read marks.

mod annotate;
mod annotation;
mod batch;
mod delete;
mod edit;
mod extras;
mod fingerprint;
mod history;
mod list_pins;
mod list_reactions;
mod list_readers;
mod mark_read;
mod mention;
mod model;
mod pin;
mod ports;
mod reaction;
mod read_marks;
mod read_mentions;
mod read_versions;
mod send;
mod show;
mod window;

pub use annotate::AnnotateMessage;
pub use annotation::{Annotation, AnnotationAct};
pub use batch::{
    Annotated, AnnotationChanges, Annotations, AppendDecision, Batch, EarlierSend, Pin, RoomTail, Sender,
};
pub use delete::DeleteMessage;
pub use edit::{EditMessage, MessageChange};
pub use extras::{Extras, Named, Quote, Reaction, Replies, SentExtras};
pub use fingerprint::Fingerprint;
pub use history::{Around, ReadHistory, Surroundings};
pub use list_pins::ListPins;
pub use list_reactions::ListReactions;
pub use list_readers::ListReaders;
pub use mark_read::{MarkRead, MarkUnread};
pub use mention::Mentions;
pub use model::{
    AttachmentKind, Body, ClientKey, Content, Deletion, Edit, Message, MessageKind, MessageState, Version,
};
pub use pin::{MOST_PINS, PinChange};
pub use ports::{Appended, LogOutcome, LogWrite, MessageLog, MessageReader, MessageWrites, NewMessage};
pub use reaction::{Emoji, MOST_REACTIONS, ReactionChange, SHOWN_USERS};
pub(crate) use read_marks::PublishedMarks;
pub use read_marks::{MarkMove, ReadMarks};
pub use read_mentions::ReadMentions;
pub use read_versions::ReadVersions;
pub use send::{SendCommand, SendMessage};
pub use show::ShowMessage;
pub use window::{
    Anchor, HistoryQuery, KnownNewest, MentionQuery, NewestMessages, Place, Position, Threads,
    TimelinePosition, Window,
};

#[cfg(any(test, feature = "mocks"))]
pub use ports::{MockMessageLog, MockMessageReader};
#[cfg(any(test, feature = "mocks"))]
pub use read_marks::MockReadMarks;

use crate::Ports;
use crate::store::SharedStore;
use crate::wiring::use_case;

/// The use cases of messages: one field each.
#[expect(missing_docs, reason = "each field is named after its type, which is documented")]
pub struct MessageUseCases {
    pub send: SendMessage,
    pub read_history: ReadHistory,
    pub show: ShowMessage,
    pub annotate: AnnotateMessage,
    pub edit: EditMessage,
    pub read_versions: ReadVersions,
    pub list_reactions: ListReactions,
    pub list_pins: ListPins,
    pub read_mentions: ReadMentions,
    pub delete: DeleteMessage,
    pub mark_read: MarkRead,
    pub mark_unread: MarkUnread,
    pub list_readers: ListReaders,
}

impl MessageUseCases {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports {
            stored: SharedStore { store, sessions, members, log, messages, marks, .. },
            events,
            clock,
            ids,
            ..
        } = ports;
        let recent = || ports.recent_members.clone();
        let audit = &ports.audit_trail();
        let marks = &use_case!(PublishedMarks { marks, events });
        Self {
            send: use_case!(SendMessage { log, clock, ids, events }),
            read_history: use_case!(ReadHistory { messages, marks; members: recent() }),
            show: use_case!(ShowMessage { messages; members: recent() }),
            annotate: use_case!(AnnotateMessage { log, clock, events }),
            edit: use_case!(EditMessage { store, clock, events }),
            read_versions: use_case!(ReadVersions { members, messages }),
            list_reactions: use_case!(ListReactions { messages; members: recent() }),
            list_pins: use_case!(ListPins { messages; members: recent() }),
            read_mentions: use_case!(ReadMentions { messages }),
            delete: use_case!(DeleteMessage { store, clock, events, audit }),
            mark_read: use_case!(MarkRead { sessions, clock, members, marks }),
            mark_unread: use_case!(MarkUnread { sessions, clock, members, marks }),
            list_readers: use_case!(ListReaders { messages; members: recent() }),
        }
    }
}
