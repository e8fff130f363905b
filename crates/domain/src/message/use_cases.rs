//! The use cases of messages, built from the ports.

use super::{
    AnnotateMessage, DeleteMessage, EditMessage, ListPins, ListReactions, ListReaders, MarkRead, MarkUnread,
    PublishedMarks, ReadHistory, ReadMentions, ReadVersions, SendMessage, ShowMessage,
};
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

impl SendMessage {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports { stored, clock, ids, events, .. } = ports;
        Self { log: stored.log.clone(), clock: clock.clone(), ids: ids.clone(), events: events.clone() }
    }
}

impl PublishedMarks {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { marks: ports.stored.marks.clone(), events: ports.events.clone() }
    }
}
