//! `parlor serve`: from a bound socket to a clean end.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context;
use api_actix::{AppState, Hub, NewestPages, ServeOptions};
use domain::store::Housekeeping;
use domain::{Clock, UseCases};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::backend::Backend;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::{telemetry, wiring};

/// How often what nobody can reach is removed, at most how many rows at a time, and how old it must be.
const SWEEP_EVERY: Duration = Duration::from_mins(1);
const SWEEP_ROWS: u32 = 500;
const SWEEP_AFTER: time::Duration = time::Duration::hours(1);
/// How often files are looked at that nobody can reach.
const COLLECT_EVERY: Duration = Duration::from_hours(1);

/// Serves until a signal says to stop.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    let traces = telemetry::start(settings)?;
    let recorder = telemetry::metrics::start()?;
    // From here on a signal ends the server well, not the process.
    let mut signals = Signals::new()?;
    let store = Backend::open(settings).await?;
    tokio::select! {
        moved = migrate(&store) => moved?,
        // A database that does not come may be waited for long.
        () = signals.next() => {
            tracing::info!("told to end before anything was served");
            return Ok(());
        }
    }
    let shared = Shared::open(settings, wiring::clock(), &*wiring::ids())?;
    let mut ports = wiring::ports(settings, &store, &shared)?;
    let recent = wiring::remember(&mut ports);
    let (shown, gauges) = (recorder.clone(), store.clone());
    let hub = Hub::start(
        ports.changes.clone(),
        ports.presence.clone(),
        ports.events.clone(),
        ports.clock.clone(),
        ports.ids.clone(),
    );
    // What is remembered is forgotten before anybody hears why.
    shared.attach(Arc::new(wiring::Everyone(vec![recent, hub.clone()])));
    let api = Arc::new(AppState {
        hub: hub.clone(),
        clock: ports.clock.clone(),
        presence: ports.presence.clone(),
        use_cases: UseCases::new(&ports),
        limits: shared.limits.clone(),
        away: shared.away(),
        ids: ports.ids.clone(),
        newest_pages: NewestPages::default(),
        store: ports.store.clone(),
        metrics: Box::new(move || {
            gauges.report_metrics();
            shown.render()
        }),
        runtime: tokio::runtime::Handle::current(),
        settings: api_actix::Settings {
            trusted_proxies: settings.trusted_proxies.clone(),
            cors_origins: settings.cors_origins.iter().map(|origin| origin.0.clone()).collect(),
            connections_per_user: settings.connections,
            subscriptions_per_user: settings.subscriptions,
            dialects: settings.dialects.clone(),
            traced: settings.otlp_url.is_some(),
        },
        draining: AtomicBool::new(false),
    });
    let listener = TcpListener::bind(settings.listen).with_context(|| {
        format!("can't listen on PARLOR_LISTEN, {}; is another server there?", settings.listen)
    })?;
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let running = api_actix::serve(api.clone(), listener, ServeOptions { workers, grace: settings.grace })?;
    announce(running.address);

    tokio::spawn(keep_files(api.clone()));
    tokio::spawn(keep_house(store.ports().housekeeping, ports.clock.clone()));
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            recorder.run_upkeep();
        }
    });
    let server = tokio::spawn(running.server);
    signals.next().await;
    tracing::info!("draining: a second signal ends the server at once");
    api.drain();
    let end = async {
        tokio::time::sleep(settings.drain).await;
        // The listener closes, sockets end with a word, and requests in flight finish.
        tokio::join!(running.handle.stop(true), hub.close(settings.grace / 2));
        server.await??;
        // Others hear who went with this replica.
        shared.finish().await;
        traces.finish().await;
        anyhow::Ok(())
    };
    tokio::select! {
        ended = end => ended,
        // Whatever else is asked of the server: a stop that has begun can't be hurried.
        () = signals.next() => {
            tracing::info!("a second signal: ended at once");
            Ok(())
        }
    }
}

/// Moves the schema. A database that is not there yet may come: server and database are often started together.
async fn migrate(store: &Backend) -> anyhow::Result<()> {
    let mut tries_left = 20;
    loop {
        match store.migrate().await {
            Ok(run) => {
                for migration in run {
                    tracing::info!(migration, "the schema moved");
                }
                return Ok(());
            }
            Err(error) if tries_left > 0 && matches!(store, Backend::Postgres(_)) => {
                tries_left -= 1;
                tracing::warn!("{error:#}; the database is tried again ({tries_left} tries left)");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// People, and what starts the server, read on standard output where it listens. Nobody has to: that it is closed is no
/// reason to stop.
fn announce(address: SocketAddr) {
    let text = format!(
        "Parlor listens on http://{address}\nThe API is at http://{address}/api, and its docs at http://{address}/docs/\n"
    );
    if let Err(error) = std::io::stdout().write_all(text.as_bytes()) {
        tracing::info!(%error, %address, "listening; nobody reads standard output");
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

async fn keep_files(api: Arc<AppState>) {
    loop {
        tokio::time::sleep(COLLECT_EVERY).await;
        match api.use_cases.collect_garbage.execute(false).await {
            Ok(collected) => tracing::debug!(?collected, "looked after files"),
            Err(error) => tracing::warn!(%error, "looking after files failed; it is tried again"),
        }
    }
}

async fn keep_house(store: Arc<dyn Housekeeping>, clock: Arc<dyn Clock>) {
    loop {
        match store.sweep(clock.now().plus(-SWEEP_AFTER), SWEEP_ROWS).await {
            // More may be left: go on, but let senders in between.
            Ok(swept) if swept.found_work() => {
                tracing::debug!(?swept, "swept");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "sweeping failed; it is tried again"),
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}
