//! Builds the adapters from the settings and connects them to the use cases. No other module knows all of them.

use std::sync::Arc;

use anyhow::Context;
use domain::event::{Event, EventSink};
use domain::quota::OwnershipQuotas;
use domain::store::SharedStore;
use domain::{Clock, IdSource, Ports};
use infra_auth::{AeadSeal, Argon2Hasher, JwtSigner};
use infra_files::{InferSniffer, ObjectBlobs};
use infra_memory::ReadCache;
use infra_system::{RandomIds, RandomSecrets, SteadyClock, SystemClock};

use crate::backend::Backend;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::signing_key;

/// Passwords that are hashed at a time.
const CONCURRENT_HASHES: usize = 2;

/// Returns the system's clock.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Returns a clock for durations within this process, which does not step with the system's.
pub(crate) fn steady_clock() -> Arc<dyn Clock> {
    Arc::new(SteadyClock::starting(&SystemClock))
}

/// Delivers every event to several sinks, in their order.
pub(crate) struct EventSinks(pub Vec<Arc<dyn EventSink>>);

impl EventSink for EventSinks {
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

/// Caches the rows that every request reads; refusals too where no other process changes the store. Returns the sink through which
/// events invalidate them.
pub(crate) fn cache_recent(ports: &mut Ports, store: &Backend) -> Arc<dyn EventSink> {
    let stored = &mut ports.stored;
    let cache = ReadCache::new(stored.sessions.clone(), stored.members.clone(), stored.marks.clone());
    let cache = Arc::new(if store.is_of_one_process() { cache.alone() } else { cache });
    stored.marks = cache.clone();
    ports.recent_sessions = cache.clone();
    ports.recent_members = cache.clone();
    cache
}

/// Returns the source of new ids.
pub(crate) fn ids() -> Arc<dyn IdSource> {
    Arc::new(RandomIds)
}

/// Returns all ports, on the store and what replicas share.
pub(crate) fn ports(settings: &Settings, backend: &Backend, shared: &Shared) -> anyhow::Result<Ports> {
    let store = backend.ports();
    let blobs = Arc::new(blobs(settings)?);
    let secret = signing_key::get_or_create(settings)?;
    let previous = settings.jwt_secret_previous.as_ref().map(|secret| secret.0.as_bytes());
    Ok(Ports {
        stored: SharedStore::of(&store),
        recent_sessions: store.clone(),
        recent_members: store,
        cursor_seal: Arc::new(
            AeadSeal::new(secret.as_bytes(), previous).context("can't use PARLOR_JWT_SECRET")?,
        ),
        examiner: None,
        blobs: blobs.clone(),
        file_marks: blobs,
        sniffer: Arc::new(InferSniffer),
        events: shared.bus.clone(),
        presence: shared.presence.clone(),
        presence_marks: shared.presence_marks.clone(),
        hasher: Arc::new(Argon2Hasher::new(CONCURRENT_HASHES)),
        tokens: Arc::new(JwtSigner::new(secret.as_bytes(), previous).context("can't use PARLOR_JWT_SECRET")?),
        secrets: Arc::new(RandomSecrets),
        limits: shared.limits.clone(),
        clock: clock(),
        steady_clock: steady_clock(),
        ids: ids(),
        token_ttl: settings.token_ttl.try_into().context("PARLOR_TOKEN_TTL is too long")?,
        quotas: OwnershipQuotas {
            rooms: settings.quota_rooms,
            memberships: settings.quota_memberships,
            invitations: settings.quota_invitations,
        },
        directory: settings.directory,
        largest_file: settings.max_upload_bytes,
        unused_file_ttl: settings
            .files_unused_ttl
            .map(time::Duration::try_from)
            .transpose()
            .context("PARLOR_FILES_UNUSED_TTL is too long")?,
        file_quarantine: settings
            .files_quarantine
            .try_into()
            .context("PARLOR_FILES_QUARANTINE is too long")?,
        file_quota: settings.quota_files,
        server_admins: settings.admins.clone(),
        trust_usernames: settings.ryos_trust_usernames,
    })
}

/// Opens the storage of uploads.
pub(crate) fn blobs(settings: &Settings) -> anyhow::Result<ObjectBlobs> {
    ObjectBlobs::open(&settings.files_url, &settings.data_dir).context("can't use PARLOR_FILES_URL")
}
