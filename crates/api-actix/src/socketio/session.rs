//! A session of Engine.IO: what it may send before and after it has authenticated, and its end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::limit::LimitKey;
use tokio::sync::watch;
use tokio::time::Instant;

use super::budgets::{Budget, Held};
use super::downlink::{Downlink, Transport};
use super::packets::Packet;
use crate::http::ApiError;
use crate::http::unauthenticated::{AUTHENTICATION_TIMEOUT, Admission};

/// The most bytes that a session may send before it has authenticated.
pub(super) const UNAUTHENTICATED_BYTES: usize = 64 * 1024;
/// The most bytes held of a session of a server without users.
const TRUSTED_BYTES: usize = 64 * 1024 * 1024;

#[derive(Debug, Clone, Copy)]
enum Phase {
    Unauthenticated { until: Instant },
    Authenticated,
    Over,
}

/// A session of Engine.IO.
pub(super) struct EngineSession {
    id: String,
    address: LimitKey,
    /// True if the server knows no users, and looks into no packet.
    open_to_all: bool,
    phase: watch::Sender<Phase>,
    state: Mutex<State>,
    /// The packets that wait for the client.
    pub(super) downlink: Downlink,
    /// Held while a body arrives and is handled: a client sends one at a time.
    pub(super) posting: Arc<tokio::sync::Mutex<()>>,
    /// Held while a poll waits, and while its answer leaves: a client has one at a time.
    pub(super) polling: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct State {
    admission: Option<Admission>,
    budget: Option<Arc<Budget>>,
    /// The number of authentications.
    generation: u64,
    /// The bytes that came before authentication.
    received: usize,
    /// The attachments that are yet to come for a packet, and the bytes of those that have.
    awaited: usize,
    attached: Option<Held>,
}

/// The client breaks the rules: its session must end.
#[derive(Debug)]
pub(super) struct Breach;

impl Phase {
    fn unauthenticated() -> Self {
        Self::Unauthenticated { until: Instant::now() + AUTHENTICATION_TIMEOUT }
    }
}

impl EngineSession {
    /// A session that has opened. Without an admission it needs no authentication.
    pub(super) fn new(
        id: &str,
        address: LimitKey,
        admission: Option<Admission>,
        transport: Transport,
    ) -> Self {
        let (phase, budget) = match &admission {
            Some(_) => (Phase::unauthenticated(), None),
            None => (Phase::Authenticated, Some(Arc::new(Budget::of_nobody(TRUSTED_BYTES)))),
        };
        Self {
            id: id.to_owned(),
            address,
            open_to_all: admission.is_none(),
            phase: watch::Sender::new(phase),
            state: Mutex::new(State { admission, budget, ..State::default() }),
            downlink: Downlink::new(transport),
            posting: Arc::default(),
            polling: Arc::default(),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn address(&self) -> &LimitKey {
        &self.address
    }

    /// Ends the session.
    pub(super) fn end(&self) {
        self.phase.send_replace(Phase::Over);
    }

    /// Notes that a user with that budget has authenticated. Returns the number of this authentication.
    pub(super) fn authenticate(&self, budget: Arc<Budget>) -> u64 {
        let mut state = self.state();
        state.generation += 1;
        (state.budget, state.admission) = (Some(budget), None);
        self.phase.send_if_modified(|phase| {
            let open = !matches!(phase, Phase::Over);
            if open {
                *phase = Phase::Authenticated;
            }
            open
        });
        state.generation
    }

    /// Takes the authentication of that number back, unless another has followed it: the session must authenticate again. `Err`
    /// where it is not admitted for that.
    pub(super) fn forget(
        &self,
        generation: u64,
        admit: impl FnOnce() -> Result<Option<Admission>, ApiError>,
    ) -> Result<(), ApiError> {
        let mut state = self.state();
        if state.generation == generation && self.is_authenticated() {
            *state = State { admission: admit()?, generation, ..State::default() };
            self.phase.send_replace(Phase::unauthenticated());
        }
        Ok(())
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Over)
    }

    pub(super) fn is_authenticated(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Authenticated)
    }

    /// Waits until the session is over, or should have authenticated.
    pub(super) async fn over(&self) {
        let mut phase = self.phase.subscribe();
        loop {
            let until = match *phase.borrow_and_update() {
                Phase::Unauthenticated { until } => Some(until),
                Phase::Authenticated => None,
                Phase::Over => return,
            };
            let lapsed = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = lapsed => return,
                changed = phase.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Holds bytes that are arriving, out of the user's budget; `None` before authentication, when each session has its own limit.
    pub(super) fn hold(&self, bytes: usize) -> Result<Option<Held>, Breach> {
        let budget = self.state().budget.clone();
        budget.map(|budget| budget.hold(bytes).map_err(|_| Breach)).transpose()
    }

    /// Counts bytes that arrived, while the session has not authenticated.
    pub(super) fn count(&self, bytes: usize) -> Result<(), Breach> {
        if self.is_authenticated() {
            return Ok(());
        }
        let mut state = self.state();
        state.received += bytes;
        if state.received > UNAUTHENTICATED_BYTES { Err(Breach) } else { Ok(()) }
    }

    /// Admits a text of so many bytes, of which at least the first are given.
    pub(super) fn admit_text(&self, text: &[u8], bytes: usize) -> Result<(), Breach> {
        self.admit(Packet::of_text(text), bytes)
    }

    /// Admits a packet of so many bytes. Before authentication only what leads to it is admitted.
    pub(super) fn admit(&self, packet: Packet, bytes: usize) -> Result<(), Breach> {
        if self.open_to_all {
            return Ok(());
        }
        let mut state = self.state();
        let attachments = match packet {
            Packet::Control | Packet::Connect => return Ok(()),
            Packet::Unknown => return Err(Breach),
            Packet::Message { .. } | Packet::Attachment if !self.is_authenticated() => return Err(Breach),
            Packet::Message { attachments } => attachments,
            Packet::Attachment => state.awaited.checked_sub(1).ok_or(Breach)?,
        };
        state.awaited = attachments;
        if attachments == 0 {
            state.attached = None;
            return Ok(());
        }
        let budget = state.budget.clone().ok_or(Breach)?;
        let held = budget.hold(bytes).map_err(|_| Breach)?;
        match &mut state.attached {
            Some(attached) => attached.merge(held),
            None => state.attached = Some(held),
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
