//! The one place that knows every adapter: they are made by the settings and given to the use cases.

use std::sync::Arc;

use anyhow::Context;
use domain::event::{Event, EventSink};
use domain::{Clock, IdSource, Ports};
use infra_auth::{Argon2Hasher, JwtSigner};
use infra_files::{InferSniffer, ObjectBlobs};
use infra_memory::Recent;
use infra_system::{RandomIds, SystemClock};

use crate::backend::Backend;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::signing_key;

/// How many passwords are hashed at a time.
const HASHERS: usize = 2;

/// The system's clock.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Hands every event to several, in their order.
pub(crate) struct Everyone(pub Vec<Arc<dyn EventSink>>);

impl EventSink for Everyone {
    fn deliver(&self, event: Event) {
        for sink in &self.0 {
            sink.deliver(event.clone());
        }
    }

    fn resync(&self) {
        for sink in &self.0 {
            sink.resync();
        }
    }
}

/// Remembers for a moment what every request reads; answers what must hear of events so that it forgets in time.
pub(crate) fn remember(ports: &mut Ports) -> Arc<dyn EventSink> {
    let recent = Arc::new(Recent::new(ports.sessions.clone(), ports.members.clone(), ports.marks.clone()));
    ports.recent_sessions = recent.clone();
    ports.recent_members = recent.clone();
    ports.marks = recent.clone();
    recent
}

/// Where new ids come from.
pub(crate) fn ids() -> Arc<dyn IdSource> {
    Arc::new(RandomIds)
}

/// Every port, on that store and what is shared.
pub(crate) fn ports(settings: &Settings, backend: &Backend, shared: &Shared) -> anyhow::Result<Ports> {
    let store = backend.ports();
    let secret = signing_key::of(settings)?;
    Ok(Ports {
        store: store.store,
        accounts: store.accounts,
        sessions: store.sessions.clone(),
        recent_sessions: store.sessions,
        rooms: store.rooms,
        rosters: store.rosters,
        members: store.members.clone(),
        recent_members: store.members,
        invitations: store.invitations,
        log: store.log,
        messages: store.messages,
        marks: store.marks,
        changes: store.changes,
        files: store.files,
        blobs: Arc::new(blobs(settings)?),
        sniffer: Arc::new(InferSniffer),
        events: shared.bus.clone(),
        presence: shared.presence.clone(),
        presence_marks: shared.presence_marks.clone(),
        hasher: Arc::new(Argon2Hasher::new(HASHERS)),
        tokens: Arc::new(JwtSigner::new(secret.as_bytes())),
        clock: clock(),
        ids: ids(),
        token_ttl: settings.token_ttl.try_into().context("PARLOR_TOKEN_TTL is too long")?,
        largest_file: settings.max_upload_bytes,
        unused_file_ttl: settings
            .files_unused_ttl
            .map(time::Duration::try_from)
            .transpose()
            .context("PARLOR_FILES_UNUSED_TTL is too long")?,
        server_admins: settings.admins.clone(),
        trust_usernames: settings.ryos_trust_usernames,
    })
}

/// Where the bytes of files lie.
pub(crate) fn blobs(settings: &Settings) -> anyhow::Result<ObjectBlobs> {
    ObjectBlobs::open(&settings.files_url, &settings.data_dir).context("PARLOR_FILES_URL can't be used")
}
