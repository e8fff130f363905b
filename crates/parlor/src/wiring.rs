//! The one place that knows every adapter: they are made by the settings and given to the use cases.

use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use base64::Engine;
use domain::event::{Event, EventSink};
use domain::{Clock, IdSource, Ports};
use infra_auth::{Argon2Hasher, JwtSigner, RandomIds, SystemClock};
use infra_files::{InferSniffer, ObjectBlobs};
use infra_memory::Recent;

use crate::backend::Backend;
use crate::settings::Settings;
use crate::shared::Shared;

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

    fn missed(&self) {
        for sink in &self.0 {
            sink.missed();
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
    let secret = secret(settings)?;
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

/// The secret of the settings, or one made at the first start and kept in the data directory for its owner alone.
fn secret(settings: &Settings) -> anyhow::Result<String> {
    if let Some(secret) = &settings.jwt_secret {
        return Ok(secret.0.clone());
    }
    let path = settings.data_dir.join("jwt.secret");
    if let Ok(kept) = std::fs::read_to_string(&path)
        && kept.len() >= 32
    {
        return Ok(kept);
    }
    std::fs::create_dir_all(&settings.data_dir)
        .with_context(|| format!("can't make the data directory {}", settings.data_dir.display()))?;
    let secret = random_secret()?;
    let mut file = owners_file(&path).with_context(|| format!("can't write {}", path.display()))?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    Ok(secret)
}

/// 256 bits of the operating system's randomness, as text.
fn random_secret() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    rustls::crypto::aws_lc_rs::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| anyhow::anyhow!("the operating system gives no randomness"))?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

fn owners_file(path: &std::path::Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
