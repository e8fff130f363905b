//! Redis for tests: servers, sentinels and clusters on ports of loopback.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// A running server that stores nothing on disk. Dropping it ends the server.
pub struct RedisServer {
    folder: PathBuf,
    port: u16,
    arguments: Vec<String>,
    watchdog: Option<Child>,
}

impl RedisServer {
    /// Starts a server.
    pub fn start() -> anyhow::Result<Self> {
        Self::with(&[])
    }

    /// Starts a server with further arguments, such as `["--cluster-enabled", "yes"]`.
    pub fn with(arguments: &[&str]) -> anyhow::Result<Self> {
        Self::run("", arguments)
    }

    /// Starts a sentinel that monitors `master` under the name `main`, and declares it down after half a second.
    pub fn sentinel(master: &Self) -> anyhow::Result<Self> {
        let config = format!(
            "sentinel monitor main 127.0.0.1 {} 1\nsentinel down-after-milliseconds main 500\n\
             sentinel failover-timeout main 2000\n",
            master.port
        );
        Self::run(&config, &["--sentinel"])
    }

    fn run(config: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("parlor-redis-").tempdir()?.keep();
        std::fs::write(folder.join("redis.conf"), config)?;
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let mut server = Self { folder, port: free_port()?, arguments, watchdog: None };
        server.resume()?;
        Ok(server)
    }

    /// Returns the URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Returns host and port.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Runs a command with `redis-cli` and returns the output.
    pub fn cli(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let port = self.port.to_string();
        cli(&[&["-h", "127.0.0.1", "-p", &port], arguments].concat())
    }

    /// Kills the server, as a power cut would. All data are lost.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.signal("KILL")?;
        if let Some(mut watchdog) = self.watchdog.take() {
            // The folder must stay, so the watchdog is killed before it removes it.
            watchdog.kill()?;
            watchdog.wait()?;
        }
        Ok(())
    }

    /// Starts the server again, on the same port.
    pub fn resume(&mut self) -> anyhow::Result<()> {
        let port = self.port.to_string();
        let folder = self.folder.to_string_lossy().into_owned();
        let config = self.folder.join("redis.conf").to_string_lossy().into_owned();
        let pid = self.folder.join("pid").to_string_lossy().into_owned();
        let mut arguments = vec!["redis-server", &config, "--port", &port, "--bind", "127.0.0.1"];
        arguments.extend(["--dir", &folder, "--pidfile", &pid, "--save", "", "--appendonly", "no"]);
        if self.arguments.iter().any(|argument| argument == "--sentinel") {
            arguments.truncate(arguments.len() - 4);
        }
        arguments.extend(self.arguments.iter().map(String::as_str));
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let _missing = std::fs::remove_file(self.folder.join("pid"));
        self.watchdog = Some(crate::watchdog::spawn(&folder, &arguments)?);
        let started = Instant::now();
        while !self.folder.join("pid").exists() || self.cli(&["PING"]).is_err() {
            ensure!(started.elapsed() < Duration::from_secs(20), "Redis does not answer: {INSTALL}");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Suspends the server: connections stay open, but nothing answers.
    pub fn freeze(&self) -> anyhow::Result<()> {
        self.signal("STOP")
    }

    /// Resumes it after `freeze`.
    pub fn thaw(&self) -> anyhow::Result<()> {
        self.signal("CONT")
    }

    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let pid = std::fs::read_to_string(self.folder.join("pid"))?;
        let status = Command::new("kill").arg(format!("-{signal}")).arg(pid.trim()).status()?;
        ensure!(status.success(), "Redis has ended already");
        Ok(())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            drop(watchdog.stdin.take());
            let _ended = watchdog.wait();
        } else {
            // No watchdog is left to remove the folder.
            let _missing = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A running cluster of three masters.
pub struct RedisCluster(Vec<RedisServer>);

impl RedisCluster {
    /// Starts the servers and assigns the slots to them.
    pub fn start() -> anyhow::Result<Self> {
        let node = || RedisServer::with(&["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"]);
        let nodes = (0..3).map(|_| node()).collect::<anyhow::Result<Vec<_>>>()?;
        let addresses: Vec<String> = nodes.iter().map(RedisServer::address).collect();
        let mut arguments = vec!["--cluster", "create", "--cluster-yes"];
        arguments.extend(addresses.iter().map(String::as_str));
        cli(&arguments)?;
        let started = Instant::now();
        for node in &nodes {
            while !node.cli(&["CLUSTER", "INFO"])?.contains("cluster_state:ok") {
                ensure!(started.elapsed() < Duration::from_secs(30), "the cluster does not start");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Ok(Self(nodes))
    }

    /// Returns the servers.
    #[must_use]
    pub fn nodes(&self) -> &[RedisServer] {
        &self.0
    }

    /// Returns the URL, with all nodes.
    #[must_use]
    pub fn url(&self) -> String {
        let addresses: Vec<String> = self.0.iter().map(RedisServer::address).collect();
        format!("redis+cluster://{}", addresses.join(","))
    }
}

const INSTALL: &str =
    "is redis-server installed? `cargo xtask test` installs it (apt-get install redis-server)";

fn cli(arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("redis-cli").args(arguments).stdin(Stdio::null()).output().context(INSTALL)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("redis-cli {arguments:?} failed: {text}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}

/// Returns a free port below the ephemeral ones, so that it is still free after a restart of the server. The port of the
/// cluster bus, 10000 above, is free too.
pub fn free_port() -> anyhow::Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let span = 8_000;
    // Concurrent test processes start at different ports.
    let start = u16::try_from(std::process::id() * 131 % u32::from(span))?;
    for _ in 0..span {
        let port = 12_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed) % span) % span;
        let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(port) && free(port + 10_000) {
            return Ok(port);
        }
    }
    bail!("there is no free port")
}
