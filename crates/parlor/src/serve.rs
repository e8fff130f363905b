//! `parlor serve`: the life of a server, from its start to a graceful shutdown.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context;
use api_actix::{AppState, NewestPages, ServeOptions};
use domain::admin::FirstAdmin;
use domain::file::Collection;
use domain::store::Housekeeping;
use domain::{Clock, StoreError, UseCases};
use live::{Caps, Hub, Sessions};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::backend::Backend;
use crate::doctor::Doctor;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::{admins, file_store, requirements, telemetry, wiring};

/// Interval between sweeps of unreachable rows.
const SWEEP_INTERVAL: Duration = Duration::from_mins(1);
/// Rows that one sweep removes at most.
const SWEEP_ROWS: u32 = 500;
/// Age of the rows that a sweep removes.
const SWEEP_AGE: time::Duration = time::Duration::hours(1);
/// Failed logins that the audit log keeps at most, whatever strangers try.
const MOST_BY_STRANGERS: u32 = 100_000;
/// Interval between garbage collections of files.
const COLLECT_INTERVAL: Duration = Duration::from_hours(1);

/// Serves until SIGTERM, SIGINT or SIGHUP. The address is announced, or goes to the part of this program that waits for it.
pub(crate) async fn run(
    settings: &Settings,
    listening: Option<oneshot::Sender<SocketAddr>>,
) -> anyhow::Result<()> {
    let traces = telemetry::start(settings)?;
    let recorder = telemetry::metrics::start()?;
    // From here on a signal shuts the server down instead of killing the process.
    let mut signals = Signals::new()?;
    let store = Backend::open(settings).await?;
    tokio::select! {
        ready = requirements::before_start(settings, &store) => ready?,
        // The database may stay unreachable for long.
        () = signals.next() => {
            tracing::info!("stopped before the database was ready");
            return Ok(());
        }
    }
    warn_of_admins(&store, settings).await;
    let shared = Shared::open(settings, &*wiring::ids())?;
    let mut ports = wiring::ports(settings, &store, &shared)?;
    ports.examiner = Some(Arc::new(Doctor::new(settings.clone())));
    let cache = wiring::cache_recent(&mut ports, &store);
    let (prometheus, gauges) = (recorder.clone(), store.clone());
    let hub = Hub::start(
        ports.stored.changes.clone(),
        (ports.stored.sync.clone(), ports.cursor_seal.clone()),
        ports.presence.clone(),
        ports.events.clone(),
        ports.clock.clone(),
        ports.ids.clone(),
    );
    // The cache is invalidated before subscribers receive the event.
    shared.attach(Arc::new(wiring::EventSinks(vec![cache, hub.clone()])));
    let use_cases = Arc::new(UseCases::new(&ports));
    let caps = Caps { connections: settings.connections, rooms: settings.subscriptions };
    let runtime = tokio::runtime::Handle::current();
    let sessions = Sessions::new(hub.clone(), use_cases.clone(), ports.clock.clone(), runtime, caps);
    if let Some(public) = &settings.public_url {
        live::links::begin_with(&public.url);
    }
    let api = Arc::new(AppState {
        sessions,
        clock: ports.clock.clone(),
        presence: ports.presence.clone(),
        use_cases,
        limits: shared.limits.clone(),
        away: shared.unavailable(),
        ids: ports.ids.clone(),
        newest_pages: NewestPages::default(),
        store: ports.stored.store.clone(),
        metrics: Box::new(move || {
            gauges.report_metrics();
            prometheus.render()
        }),
        settings: of_the_api(settings),
        unauthenticated: api_actix::Unauthenticated::default(),
        draining: AtomicBool::new(false),
    });
    file_store::check(&api.use_cases.files.file_store).await;
    let listener = settings.listen.bind_or_explain()?;
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let running = api_actix::serve(api.clone(), listener, ServeOptions { workers, grace: settings.grace })?;
    if let Some(listening) = listening {
        let _not_awaited = listening.send(running.address);
    } else {
        announce(running.address, settings);
        offer_first_admin(&api.use_cases.admin.first_admin, running.address, settings).await;
    }

    let examined = settings.clone();
    tokio::spawn(async move { requirements::beside_the_start(&examined).await });
    tokio::spawn(collect_garbage(api.clone()));
    let audit_ttl = settings.audit_ttl.try_into().context("PARLOR_AUDIT_TTL is too long")?;
    tokio::spawn(sweep(store.ports(), ports.clock.clone(), audit_ttl));
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            recorder.run_upkeep();
        }
    });
    let server = tokio::spawn(running.server);
    signals.next().await;
    tracing::info!("draining; a second signal ends the server at once");
    api.drain();
    let shutdown = async {
        tokio::time::sleep(settings.drain).await;
        // The listener closes, sockets get a close frame, and requests in flight finish.
        tokio::join!(running.handle.stop(true), hub.close(settings.grace / 2));
        server.await??;
        // Other replicas learn which users left with this one.
        shared.finish().await;
        store.finish().await;
        traces.finish().await;
        anyhow::Ok(())
    };
    tokio::select! {
        result = shutdown => result,
        // actix-web can't hurry a graceful stop that has begun.
        () = signals.next() => {
            tracing::info!("second signal: ended at once");
            Ok(())
        }
    }
}

/// Returns the settings of the HTTP surface.
fn of_the_api(settings: &Settings) -> api_actix::Settings {
    // Pages that come by the public URL are the server's own, whatever host a proxy names.
    let own = settings.public_url.as_ref().map(|public| &public.origin);
    let origins = settings.cors_origins.iter().chain(own);
    api_actix::Settings {
        trusted_proxies: settings.trusted_proxies.clone(),
        forwarded_header: settings.forwarded_header,
        cors_origins: origins.map(|origin| origin.0.clone()).collect(),
        dialects: settings.dialects.clone(),
        admin: settings.admin_page,
        directory: settings.directory,
        traced: settings.otlp_url.is_some(),
        upload_timeout: settings.upload_timeout,
    }
}

/// Logs the server admins by configuration that have no account.
async fn warn_of_admins(store: &Backend, settings: &Settings) {
    match admins::without_account(&*store.ports(), &settings.admins).await {
        Ok(missing) => {
            if let Some(advice) = admins::advice(&missing) {
                tracing::warn!("{advice}");
            }
        }
        Err(error) => tracing::warn!(%error, "can't look for the accounts of PARLOR_ADMINS"),
    }
}

/// Prints the address to standard output, for people and for the program that started this one. A closed standard output
/// does not stop the server.
fn announce(address: SocketAddr, settings: &Settings) {
    let public = public_url(address, settings);
    let text = format!(
        "Parlor listens on http://{address}\nOpen {public}/ to chat; the API is below {public}/api, and its docs at {public}/docs/\n"
    );
    if let Err(error) = std::io::stdout().write_all(text.as_bytes()) {
        tracing::info!(%error, %address, "listening; standard output is closed");
    }
}

/// Returns the URL at which people reach the server that listens on that address.
fn public_url(address: SocketAddr, settings: &Settings) -> String {
    settings.public_url.as_ref().map_or_else(|| format!("http://{address}"), |public| public.url.clone())
}

/// Prints the link that makes the first server admin to a terminal, if there is none. It is for the person who started the
/// server there: no log has it. Its secret is in the fragment, which browsers do not send.
async fn offer_first_admin(first: &FirstAdmin, address: SocketAddr, settings: &Settings) {
    if !settings.admin_page || !std::io::stdout().is_terminal() {
        return;
    }
    let link = match first.offer().await {
        Ok(Some(link)) => link,
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(%error, "can't offer a link for the first server admin");
            return;
        }
    };
    let url = public_url(address, settings);
    let text = format!(
        "There is no server admin yet. Whoever opens this link first becomes one; it is good once, for an hour:\n  \
         {url}/admin#first={}\n",
        link.secret
    );
    // A closed terminal needs no link.
    let _shown = std::io::stdout().write_all(text.as_bytes());
}

/// The signals that end the server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

/// Removes files that are not used any more, for as long as the process runs.
async fn collect_garbage(api: Arc<AppState>) {
    loop {
        tokio::time::sleep(COLLECT_INTERVAL).await;
        match api.use_cases.files.collect_garbage.execute(false).await {
            Ok(Collection::Done(collected)) => tracing::debug!(?collected, "collected garbage"),
            Ok(Collection::Waiting { until }) => tracing::info!("{}", file_store::waiting(until)),
            Ok(Collection::Foreign { owner }) => tracing::warn!("{}", file_store::foreign(owner)),
            Err(error) => tracing::warn!(%error, "the garbage collection of files failed; it is retried"),
        }
    }
}

/// Removes rows that are not reachable any more, for as long as the process runs.
async fn sweep(store: Arc<dyn Housekeeping>, clock: Arc<dyn Clock>, audit_ttl: time::Duration) {
    loop {
        let swept = async {
            let swept = store.sweep(clock.now().plus(-SWEEP_AGE), SWEEP_ROWS).await?;
            let before = clock.now().plus(-audit_ttl);
            Ok::<_, StoreError>((swept, store.sweep_audit(before, MOST_BY_STRANGERS, SWEEP_ROWS).await?))
        };
        match swept.await {
            // More rows may be left: continue soon, but let senders write in between.
            Ok((swept, audit_events)) if swept.found_work() || audit_events > 0 => {
                tracing::debug!(?swept, audit_events, "swept rows");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the sweep of rows failed; it is retried"),
        }
        tokio::time::sleep(SWEEP_INTERVAL).await;
    }
}
