//! `parlor dev`: a server for authors of clients, with data that is removed at the end and, if wanted, faults.

mod delay;
mod fault;
mod packet;
mod proxy;
mod sample;
mod tunnel;

use std::future::pending;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use domain::UseCases;
use domain::account::Username;
use domain::admin::Authority;
use domain::invitation::Invitee;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::backend::Backend;
use crate::settings::{Configuration, Listen, SettingError, Settings};
use crate::shared::Shared;
use crate::{serve, wiring};
pub(crate) use fault::Faults;

/// Pages of any server on this machine.
const LOCAL_ORIGINS: &str = "http://localhost:*,http://127.0.0.1:*,http://[::1]:*,https://localhost:*";

/// Serves until a signal comes, and removes the data.
#[tokio::main]
pub(crate) async fn run(faults: Option<Faults>, flags: Vec<(String, String)>) -> anyhow::Result<()> {
    let faults = faults.unwrap_or_default();
    let folder =
        tempfile::Builder::new().prefix("parlor-dev-").tempdir().context("can't make a temporary folder")?;
    let mut settings = settings(flags, folder.path(), &faults)?;
    // The faults are between the clients and the server, which is as it always is.
    let front = if faults.disturb_connections() {
        let listener = settings.listen.bind_or_explain()?;
        listener.set_nonblocking(true)?;
        settings.listen = Listen::loopback();
        Some(TcpListener::from_std(listener)?)
    } else {
        None
    };
    let (listening, address) = oneshot::channel();
    let serving = serve::run(&settings, Some(listening));
    let preparing = async {
        match address.await {
            Ok(server) => prepare(&settings, server, front, faults, folder.path()).await,
            // The server could not start, and says so itself.
            Err(_) => pending().await,
        }
    };
    let served = tokio::select! {
        served = serving => served,
        Err(error) = preparing => Err(error),
    };
    folder.close().context("can't remove the temporary folder")?;
    served
}

/// Makes the settings: the flags, over those that suit development.
fn settings(flags: Vec<(String, String)>, folder: &Path, faults: &Faults) -> anyhow::Result<Settings> {
    let place = ["PARLOR_DATA_DIR", "DATABASE_URL", "REDIS_URL", "PARLOR_FILES_URL"];
    if let Some((name, _)) = flags.iter().find(|(name, _)| place.iter().any(|place| name.starts_with(place)))
    {
        return Err(SettingError::misplaced(name, "`parlor dev` keeps its data in a temporary folder").into());
    }
    let mut defaults = vec![
        ("PARLOR_LIMITS", "off".to_owned()),
        ("PARLOR_CORS_ORIGINS", LOCAL_ORIGINS.to_owned()),
        ("PARLOR_GRACE", "1s".to_owned()),
        ("PARLOR_LOG", "warn".to_owned()),
        ("PARLOR_DATA_DIR", folder.display().to_string()),
    ];
    if let Some(time) = faults.expire_tokens {
        defaults.push(("PARLOR_TOKEN_TTL", format!("{}s", time.as_secs())));
    }
    Ok(Configuration::of_flags(flags, defaults)?.settings)
}

/// Fills the server, opens it to clients, and says so.
async fn prepare(
    settings: &Settings,
    server: SocketAddr,
    front: Option<TcpListener>,
    faults: Faults,
    folder: &Path,
) -> anyhow::Result<()> {
    // An unspecified address is no place to connect to.
    let reached = Listen::from(server).reachable().next().unwrap_or(server);
    let filled = sample::create(&format!("http://{reached}"), settings.token_ttl).await;
    let room = filled.context("can't make the sample data")?;
    promote(settings, sample::USERS[0]).await?;
    let disturbances = faults.to_string();
    let address = match front {
        Some(listener) => {
            let address = listener.local_addr()?;
            tokio::spawn(proxy::run(listener, reached, Arc::new(faults)));
            address
        }
        None => server,
    };
    let [admin, other] = sample::USERS;
    let text = format!(
        "Parlor for development listens on http://{address}\n\
         Open http://{address}/ to chat; the API is below http://{address}/api, and its docs at http://{address}/docs/\n\
         Users: {admin} (a server admin) and {other}, both with the password: {}\n\
         Room: {} ({}) has a message of every kind\n\
         Faults: {disturbances}\n\
         The data is in {}, and removed at the end\n",
        sample::PASSWORD,
        room.name,
        room.id,
        folder.display(),
    );
    // A closed standard output does not stop the server.
    let _closed = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

/// Makes a user a server admin, as an operator does.
async fn promote(settings: &Settings, name: &str) -> anyhow::Result<()> {
    let store = Backend::open(settings).await?;
    let use_cases = UseCases::new(&wiring::ports(settings, &store, &Shared::alone(settings))?);
    let name = Username::parse(name).map_err(|error| anyhow!("the username {error}"))?;
    use_cases.admin.operator.set_server_admin(Authority::CommandLine, Invitee::Name(name), true).await?;
    Ok(())
}
