//! Cutting a WebSocket off, so that its client notices and comes again by itself. (A client that is shown out of the
//! namespace, as socketioxide does it, stays away: it takes that for a decision about it.)

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Those that are open, by their sessions of Engine.IO.
#[derive(Default)]
pub(crate) struct Cuts {
    open: Mutex<HashMap<String, Arc<Notify>>>,
}

impl Cuts {
    /// A WebSocket has opened; it is known as long as the answer is kept.
    pub(super) fn open(self: &Arc<Self>, session: &str) -> Line {
        let wanted = Arc::new(Notify::new());
        self.all().insert(session.to_owned(), wanted.clone());
        Line { cuts: self.clone(), session: session.to_owned(), wanted }
    }

    /// Cuts the session's WebSocket off; answers whether it has one.
    pub(super) fn cut(&self, session: &str) -> bool {
        let wanted = self.all().get(session).cloned();
        wanted.inspect(|wanted| wanted.notify_one()).is_some()
    }

    /// Whether the session has a WebSocket that is open.
    pub(super) fn is_open(&self, session: &str) -> bool {
        self.all().contains_key(session)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open WebSocket.
pub(super) struct Line {
    cuts: Arc<Cuts>,
    session: String,
    wanted: Arc<Notify>,
}

impl Line {
    /// Resolves once it is to be cut off.
    pub(super) async fn until_cut(self) {
        self.wanted.notified().await;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.cuts.all().remove(&self.session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_session_is_cut_off_while_its_socket_is_open() {
        let cuts = Arc::new(Cuts::default());
        let line = cuts.open("one");
        assert!(cuts.is_open("one") && !cuts.is_open("two"));
        assert!(!cuts.cut("two"));
        assert!(cuts.cut("one"));
        line.until_cut().await;
        assert!(!cuts.cut("one"));
    }
}
