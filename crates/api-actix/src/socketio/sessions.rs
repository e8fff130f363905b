//! The register of Engine.IO's sessions. (A client that socketioxide disconnects from the namespace stays away: it takes that for a
//! decision about it. One whose session ends reconnects.)

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::UserId;
use domain::limit::LimitKey;

use super::budgets::{Budget, Budgets};
use super::downlink::Transport;
use super::session::EngineSession;
use crate::http::ApiError;
use crate::http::unauthenticated::{Admission, Unauthenticated};

/// The open sessions, by their ids.
pub(crate) struct EngineSessions {
    open: Mutex<HashMap<String, Arc<EngineSession>>>,
    budgets: Arc<Budgets>,
    /// `None` where sessions need no authentication.
    unauthenticated: Option<Unauthenticated>,
}

impl EngineSessions {
    /// Sessions must authenticate; `unauthenticated` counts those that have not.
    pub(super) fn new(unauthenticated: Unauthenticated) -> Arc<Self> {
        let unauthenticated = Some(unauthenticated);
        Arc::new(Self { open: Mutex::default(), budgets: Arc::default(), unauthenticated })
    }

    /// Sessions of a server without authentication.
    #[cfg(feature = "conformance")]
    pub(crate) fn without_authentication() -> Arc<Self> {
        Arc::new(Self { open: Mutex::default(), budgets: Arc::default(), unauthenticated: None })
    }

    /// Admits a session that is about to open. `Err` is 429; `None` where sessions need no authentication.
    pub(super) fn admit(&self, address: &LimitKey) -> Result<Option<Admission>, ApiError> {
        self.unauthenticated.as_ref().map(|all| all.admit(address.clone())).transpose()
    }

    /// Registers a session that has opened.
    pub(super) fn open(
        &self,
        id: &str,
        address: LimitKey,
        admission: Option<Admission>,
        transport: Transport,
    ) -> Arc<EngineSession> {
        let session = Arc::new(EngineSession::new(id, address, admission, transport));
        self.all().insert(id.to_owned(), session.clone());
        session
    }

    /// Returns an open session; `None` where there is none of that id.
    pub(super) fn get(&self, id: &str) -> Option<Arc<EngineSession>> {
        self.all().get(id).cloned()
    }

    /// Ends a session, whose connections close.
    pub(super) fn end(&self, id: &str) {
        if let Some(session) = self.all().remove(id) {
            session.end();
        }
    }

    /// Returns a value whose end is that of the session.
    pub(super) fn end_with(self: &Arc<Self>, session: &EngineSession) -> Ending {
        Ending { sessions: self.clone(), id: session.id().to_owned() }
    }

    /// Ends the session of a client that breaks the rules, and returns the error to answer.
    pub(super) fn breach(&self, session: &EngineSession, rule: &str) -> ApiError {
        self.end(session.id());
        ApiError::bad_request(format!("{rule}; this session is over"))
    }

    /// Notes that a user has authenticated; `None` where the session is over.
    pub(super) fn authenticate(self: &Arc<Self>, id: &str, user: UserId) -> Option<Authenticated> {
        let session = self.get(id)?;
        let budget = Arc::new(self.budgets.of(user));
        let generation = session.authenticate(budget.clone());
        Some(Authenticated { sessions: self.clone(), session, generation, budget })
    }

    /// Takes an authentication back: the session has the time to authenticate again, where its address may have one more that has not.
    fn forget(&self, session: &EngineSession, generation: u64) {
        if session.forget(generation, || self.admit(session.address())).is_err() {
            self.end(session.id());
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<EngineSession>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a session when it is dropped.
pub(super) struct Ending {
    sessions: Arc<EngineSessions>,
    id: String,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.sessions.end(&self.id);
    }
}

/// The authentication of a session, until this is dropped.
pub(super) struct Authenticated {
    sessions: Arc<EngineSessions>,
    pub(super) session: Arc<EngineSession>,
    generation: u64,
    /// The budget of the user.
    pub(super) budget: Arc<Budget>,
}

impl Authenticated {
    /// Ends the session, whose connections close: the client reconnects by itself.
    pub(super) fn end_session(&self) {
        self.sessions.end(self.session.id());
    }

    /// Returns true if the session is over.
    pub(super) fn is_over(&self) -> bool {
        self.session.is_over()
    }
}

impl Drop for Authenticated {
    fn drop(&mut self) {
        self.sessions.forget(&self.session, self.generation);
    }
}

#[cfg(test)]
mod tests;
