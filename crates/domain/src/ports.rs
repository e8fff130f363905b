//! The ports and settings that the use cases need.

use std::collections::BTreeSet;
use std::sync::Arc;

use time::Duration;

use crate::account::{Directory, PasswordHasher, SecretSource, SessionReader, TokenSigner, Username};
use crate::admin::Examiner;
use crate::audit::AuditTrail;
use crate::compat::ryos::PresenceMarks;
use crate::event::EventBus;
use crate::file::{BlobStore, FileStoreMarks, Sniffer};
use crate::limit::Limits;
use crate::membership::MemberReader;
use crate::presence::Presence;
use crate::quota::OwnershipQuotas;
use crate::store::SharedStore;
use crate::sync::CursorSeal;
use crate::{Clock, IdSource};

/// The ports and settings that the use cases need.
pub struct Ports {
    /// The ports of the store.
    pub stored: SharedStore,
    /// Reads sessions, cached for a short time.
    pub recent_sessions: Arc<dyn SessionReader>,
    /// Reads memberships, cached for a short time; for use cases that only read.
    pub recent_members: Arc<dyn MemberReader>,
    /// Stores the bytes of files.
    pub blobs: Arc<dyn BlobStore>,
    /// Keeps marks in the file store.
    pub file_marks: Arc<dyn FileStoreMarks>,
    /// Detects the type of bytes.
    pub sniffer: Arc<dyn Sniffer>,
    /// Seals cursors.
    pub cursor_seal: Arc<dyn CursorSeal>,
    /// Examines the running server; `None` where none runs.
    pub examiner: Option<Arc<dyn Examiner>>,
    /// Publishes events.
    pub events: Arc<dyn EventBus>,
    /// Tracks live presence.
    pub presence: Arc<dyn Presence>,
    /// Stores presence marks.
    pub presence_marks: Arc<dyn PresenceMarks>,
    /// Hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Signs and verifies tokens.
    pub tokens: Arc<dyn TokenSigner>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// A clock for durations within this process, which does not step.
    pub steady_clock: Arc<dyn Clock>,
    /// Makes tickets.
    pub secrets: Arc<dyn SecretSource>,
    /// Counts requests and failures.
    pub limits: Arc<dyn Limits>,
    /// The source of ids.
    pub ids: Arc<dyn IdSource>,
    /// The lifetime of a token.
    pub token_ttl: Duration,
    /// The most that a user or a room may own.
    pub quotas: OwnershipQuotas,
    /// The people whom callers can find.
    pub directory: Directory,
    /// The maximum size of a file in bytes.
    pub largest_file: u64,
    /// The time after which an unused file is removed; `None` keeps it for ever.
    pub unused_file_ttl: Option<Duration>,
    /// The time between the removal of a file and that of its bytes.
    pub file_quarantine: Duration,
    /// The most bytes of one user's files; `None` is unlimited.
    pub file_quota: Option<u64>,
    /// The server admins by configuration.
    pub server_admins: Vec<Username>,
    /// Accepts a username without a token as proof of identity (dialect `ryos`).
    pub trust_usernames: bool,
}

impl Ports {
    /// Returns the [keys](Username::key) of the usernames that the configuration makes server admins.
    pub(crate) fn server_admin_keys(&self) -> BTreeSet<String> {
        self.server_admins.iter().map(Username::key).collect()
    }

    /// Returns what records audit events.
    pub(crate) fn audit_trail(&self) -> AuditTrail {
        AuditTrail { clock: self.clock.clone(), ids: self.ids.clone() }
    }
}
