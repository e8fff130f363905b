//! The metrics of live transports. The handles are kept, because a macro of `metrics` looks its metric up by name each time
//! it is used, and in a busy room every event would pay for that.

use std::sync::LazyLock;

use domain::Timestamp;
use domain::event::{Change, ChangeKind};
use metrics::{Counter, Gauge, Histogram};

/// The transport of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `/chat`.
    WebSocket,
    /// Server-sent events.
    Sse,
    /// A sync that waits.
    Sync,
    /// Socket.IO.
    SocketIo,
}

/// The handles.
pub(crate) struct Metrics {
    websockets: Gauge,
    streams: Gauge,
    waits: Gauge,
    socket_io: Gauge,
    /// Subscriptions: each connection once for every room that it subscribes to.
    pub(crate) subscriptions: Gauge,
    /// Connections that receive everything of all rooms of their users.
    pub(crate) feeds: Gauge,
    rooms: Gauge,
    /// Of each event, the number of outboxes it was put into; so the sum is that of deliveries.
    pub(crate) receivers: Histogram,
    lag: Histogram,
    /// Subscriptions that named the last revision they had.
    pub(crate) resumes: Counter,
    /// Changes read from the store for them.
    pub(crate) replayed: Counter,
    /// Outboxes that overflowed.
    pub(crate) slow_readers: Counter,
    /// Pages of changes read from the store because an event did not arrive.
    pub(crate) repairs: Counter,
}

/// Created at the first use: by then the program has installed its recorder.
pub(crate) static METRICS: LazyLock<Metrics> = LazyLock::new(|| Metrics {
    websockets: metrics::gauge!("parlor_connections", "transport" => "websocket"),
    streams: metrics::gauge!("parlor_connections", "transport" => "sse"),
    waits: metrics::gauge!("parlor_connections", "transport" => "sync"),
    socket_io: metrics::gauge!("parlor_connections", "transport" => "socketio"),
    subscriptions: metrics::gauge!("parlor_subscriptions"),
    feeds: metrics::gauge!("parlor_feeds"),
    rooms: metrics::gauge!("parlor_rooms_heard"),
    receivers: metrics::histogram!("parlor_event_receivers"),
    lag: metrics::histogram!("parlor_delivery_lag_seconds"),
    resumes: metrics::counter!("parlor_resumes_total"),
    replayed: metrics::counter!("parlor_replayed_events_total"),
    slow_readers: metrics::counter!("parlor_slow_readers_total"),
    repairs: metrics::counter!("parlor_event_repairs_total"),
});

impl Metrics {
    /// The gauge of open connections of that transport.
    pub(crate) fn open(&self, transport: Transport) -> &Gauge {
        match transport {
            Transport::WebSocket => &self.websockets,
            Transport::Sse => &self.streams,
            Transport::Sync => &self.waits,
            Transport::SocketIo => &self.socket_io,
        }
    }

    /// Sets the number of rooms with subscribers.
    pub(crate) fn set_rooms(&self, rooms: usize) {
        self.rooms.set(u32::try_from(rooms).unwrap_or(u32::MAX));
    }

    /// Records that a change of that time was put into its last outbox now.
    pub(crate) fn record_lag(&self, changed_at: Timestamp, now: Timestamp) {
        // The clock of the replica that wrote it may be ahead.
        self.lag.record((now.as_datetime() - changed_at.as_datetime()).as_seconds_f64().max(0.0));
    }
}

/// Returns the time of a change, taken just before its commit; `None` for changes that carry no time, which are those of
/// reactions, memberships and rooms.
pub(crate) fn changed_at(change: &Change) -> Option<Timestamp> {
    match &change.kind {
        ChangeKind::Sent(message) => Some(message.created_at),
        ChangeKind::Edited(message) => message.edited_at,
        ChangeKind::Deleted(message) => message.deleted_at(),
        ChangeKind::MessagePinned(pin) => pin.pinned_at,
        _ => None,
    }
}
