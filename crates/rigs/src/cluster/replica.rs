//! A replica: the program itself, on a port that stays its own.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use parlor_client::{Client, Method};
use tokio::process::{Child, Command};

/// The time within which it must start, or end after a signal.
const LIFECYCLE_TIMEOUT: Duration = Duration::from_mins(1);

/// The time within which it must answer whether it is ready.
const READY_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct Replica {
    number: u16,
    port: u16,
    parlor: PathBuf,
    folder: PathBuf,
    settings: Vec<(&'static str, String)>,
    process: Option<Child>,
}

impl Replica {
    pub(crate) fn new(
        number: u16,
        parlor: &Path,
        folder: &Path,
        settings: &[(&'static str, String)],
    ) -> anyhow::Result<Self> {
        let folder = folder.join(format!("replica-{number}"));
        std::fs::create_dir(&folder)?;
        let (parlor, settings) = (parlor.to_owned(), settings.to_vec());
        Ok(Self { number, port: test_support::free_port()?, parlor, folder, settings, process: None })
    }

    pub(crate) fn name(&self) -> String {
        format!("replica {}", self.number)
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Starts the program. It ends with this one, however that ends: the kernel signals it at the end of the thread that
    /// starts it, which must therefore be the main one.
    pub(crate) fn launch(&mut self) -> anyhow::Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(self.log())?;
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(&self.parlor)
            .current_dir(&self.folder)
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .env("PARLOR_LISTEN", self.address())
            .env("PARLOR_JWT_SECRET", "a secret that every replica shares")
            .env("PARLOR_TRUSTED_PROXIES", "127.0.0.1/32")
            .env("PARLOR_LIMITS", "off")
            .env("PARLOR_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn();
        self.process = Some(process.context("setpriv did not start; install util-linux")?);
        Ok(())
    }

    /// Starts it, and waits until it is ready.
    pub(crate) async fn start(&mut self) -> anyhow::Result<()> {
        self.launch()?;
        self.wait_until_ready().await
    }

    /// Waits until it reports that it is ready, with Redis.
    pub(crate) async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let (client, begun) = (Client::new(&self.url())?, Instant::now());
        loop {
            let answer = client.request(Method::GET, "/ready").timeout(READY_TIMEOUT).send().await;
            if answer.as_ref().is_ok_and(|answer| answer.status == 200 && answer.body["status"] == "ready") {
                return Ok(());
            }
            let ended = self.process.as_mut().and_then(|process| process.try_wait().ok().flatten());
            ensure!(ended.is_none(), "{} ended: {ended:?}", self.name());
            ensure!(begun.elapsed() < LIFECYCLE_TIMEOUT, "{} is not ready: {answer:?}", self.name());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Signals it to shut down, and waits until it has ended with success.
    pub(crate) async fn drain(&mut self) -> anyhow::Result<()> {
        let mut process = self.process.take().context("it does not run")?;
        let pid = process.id().context("it has ended")?.to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().await?;
        ensure!(sent.success(), "{} cannot be signalled", self.name());
        let ended = tokio::time::timeout(LIFECYCLE_TIMEOUT, process.wait()).await;
        let ended = ended.with_context(|| format!("{} does not end", self.name()))??;
        ensure!(ended.success(), "{} did not end well: {ended}", self.name());
        Ok(())
    }

    /// Kills it, as a power cut would.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        let mut process = self.process.take().context("it does not run")?;
        Ok(process.kill().await?)
    }
}
