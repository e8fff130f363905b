//! The use cases of messages, built from the ports.

use super::{
    AnnotateMessage, DeleteMessage, EditMessage, ListPins, ListReactions, ListReaders, MarkRead, MarkUnread,
    PublishedMarks, ReadHistory, ReadMentions, ReadVersions, SendMessage, ShowMessage,
};
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
