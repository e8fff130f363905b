//! What is counted of live transports. The handles are kept, because a macro of `metrics` looks its metric up by name
//! each time it is used, and in a busy room every event would pay for that.

use std::sync::LazyLock;

use domain::Timestamp;
use domain::event::{Change, ChangeKind};
use metrics::{Counter, Gauge, Histogram};

/// How somebody listens.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Transport {
    WebSocket,
    Sse,
    SocketIo,
}

/// The handles.
pub(super) struct Figures {
    websockets: Gauge,
    streams: Gauge,
    socket_io: Gauge,
    /// Sockets, each once for every room that it listens to.
    pub(super) subscriptions: Gauge,
    rooms: Gauge,
    /// For each event, how many outboxes it went into; so the sum is that of deliveries.
    pub(super) receivers: Histogram,
    lag: Histogram,
    /// Subscribers that came and named what they had.
    pub(super) resumes: Counter,
    /// What was read from the store for them.
    pub(super) replayed: Counter,
}

/// Made at the first use: by then the program has its recorder.
pub(super) static FIGURES: LazyLock<Figures> = LazyLock::new(|| Figures {
    websockets: metrics::gauge!("parlor_connections", "transport" => "websocket"),
    streams: metrics::gauge!("parlor_connections", "transport" => "sse"),
    socket_io: metrics::gauge!("parlor_connections", "transport" => "socketio"),
    subscriptions: metrics::gauge!("parlor_subscriptions"),
    rooms: metrics::gauge!("parlor_rooms_heard"),
    receivers: metrics::histogram!("parlor_event_receivers"),
    lag: metrics::histogram!("parlor_delivery_lag_seconds"),
    resumes: metrics::counter!("parlor_resumes_total"),
    replayed: metrics::counter!("parlor_replayed_events_total"),
});

impl Figures {
    /// Open sockets of that kind.
    pub(super) fn open(&self, transport: Transport) -> &Gauge {
        match transport {
            Transport::WebSocket => &self.websockets,
            Transport::Sse => &self.streams,
            Transport::SocketIo => &self.socket_io,
        }
    }

    /// How many rooms somebody listens to.
    pub(super) fn heard(&self, rooms: usize) {
        self.rooms.set(u32::try_from(rooms).unwrap_or(u32::MAX));
    }

    /// A change that was made then is in its last outbox now.
    pub(super) fn delivered(&self, made: Timestamp, now: Timestamp) {
        // The clock of the replica that wrote it may be ahead.
        self.lag.record((now.as_datetime() - made.as_datetime()).as_seconds_f64().max(0.0));
    }
}

/// When a change was made: its message's own time, taken just before the commit. Other changes carry none.
pub(super) fn made(change: &Change) -> Option<Timestamp> {
    match &change.kind {
        ChangeKind::Sent(message) => Some(message.created_at),
        ChangeKind::Edited(message) => message.edited_at,
        ChangeKind::Deleted(message) => message.deleted_at(),
        ChangeKind::MemberAdded(..)
        | ChangeKind::MemberRemoved(..)
        | ChangeKind::RoleChanged(..)
        | ChangeKind::RoomUpdated(_)
        | ChangeKind::RoomDeleted => None,
    }
}
