//! The open WebSocket connections of Socket.IO, so that the server can close one and its client reconnects by itself. (A client that
//! socketioxide disconnects from the namespace stays away: it takes that for a decision about it.)

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The open sockets, by their sessions of Engine.IO.
#[derive(Default)]
pub(crate) struct WebSockets {
    open: Mutex<HashMap<String, Arc<Notify>>>,
}

impl WebSockets {
    /// Registers a WebSocket until the returned value is dropped.
    pub(super) fn open(self: &Arc<Self>, session: &str) -> OpenWebSocket {
        let close = Arc::new(Notify::new());
        self.all().insert(session.to_owned(), close.clone());
        OpenWebSocket { web_sockets: self.clone(), session: session.to_owned(), close }
    }

    /// Closes the session's WebSocket. Returns whether it has one.
    pub(super) fn close(&self, session: &str) -> bool {
        let close = self.all().get(session).cloned();
        close.inspect(|close| close.notify_one()).is_some()
    }

    /// Returns true if the session has an open WebSocket.
    pub(super) fn is_open(&self, session: &str) -> bool {
        self.all().contains_key(session)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open WebSocket.
pub(super) struct OpenWebSocket {
    web_sockets: Arc<WebSockets>,
    session: String,
    close: Arc<Notify>,
}

impl OpenWebSocket {
    /// Waits until the server closes it.
    pub(super) async fn closed(self) {
        self.close.notified().await;
    }
}

impl Drop for OpenWebSocket {
    fn drop(&mut self) {
        self.web_sockets.all().remove(&self.session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_session_can_be_closed_while_its_web_socket_is_open() {
        let web_sockets = Arc::new(WebSockets::default());
        let open = web_sockets.open("one");
        assert!(web_sockets.is_open("one") && !web_sockets.is_open("two"));
        assert!(!web_sockets.close("two"));
        assert!(web_sockets.close("one"));
        open.closed().await;
        assert!(!web_sockets.close("one"));
    }
}
