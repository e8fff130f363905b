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
use crate::wiring::use_cases;

use_cases! {
    /// The use cases of messages: one field each.
    MessageUseCases(ports) {
        send: SendMessage = SendMessage::new(ports),
        read_history: ReadHistory {
            messages; ; members: ports.recent_members.clone(), marks: PublishedMarks::new(ports)
        },
        show: ShowMessage { messages; ; members: ports.recent_members.clone() },
        annotate: AnnotateMessage { log; clock, events },
        edit: EditMessage { store; clock, events },
        read_versions: ReadVersions { members, messages; },
        list_reactions: ListReactions { messages; ; members: ports.recent_members.clone() },
        list_pins: ListPins { messages; ; members: ports.recent_members.clone() },
        read_mentions: ReadMentions { messages; },
        delete: DeleteMessage { store; clock, events; audit: ports.audit_trail() },
        mark_read: MarkRead { sessions, members; clock; marks: PublishedMarks::new(ports) },
        mark_unread: MarkUnread { sessions, members; clock; marks: PublishedMarks::new(ports) },
        list_readers: ListReaders { messages; ; members: ports.recent_members.clone() },
    }
}

impl PublishedMarks {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { marks: ports.stored.marks.clone(), events: ports.events.clone() }
    }
}
