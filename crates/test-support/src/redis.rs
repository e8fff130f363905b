//! Redis for tests: servers of their own, on ports of loopback.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// A running server that keeps nothing on disk; dropped, it ends.
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

    /// Starts a server with more settings, such as `["--cluster-enabled", "yes"]`.
    pub fn with(arguments: &[&str]) -> anyhow::Result<Self> {
        Self::run("", arguments)
    }

    /// Starts a sentinel that watches over `master` under the name `main`, and by itself takes it for dead after half a
    /// second.
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

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// The same without the scheme.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Asks something of it as people do; answers what it said.
    pub fn cli(&self, words: &[&str]) -> anyhow::Result<String> {
        let port = self.port.to_string();
        cli(&[&["-h", "127.0.0.1", "-p", &port], words].concat())
    }

    /// Ends it as a power cut would. All it knew is gone.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.signal("KILL")?;
        if let Some(mut watchdog) = self.watchdog.take() {
            // The folder must stay, so the watchdog goes before it can tidy up.
            watchdog.kill()?;
            watchdog.wait()?;
        }
        Ok(())
    }

    /// Starts it again, on the same port.
    pub fn resume(&mut self) -> anyhow::Result<()> {
        let port = self.port.to_string();
        let folder = self.folder.to_string_lossy().into_owned();
        let config = self.folder.join("redis.conf").to_string_lossy().into_owned();
        let pid = self.folder.join("pid").to_string_lossy().into_owned();
        let mut words = vec!["redis-server", &config, "--port", &port, "--bind", "127.0.0.1"];
        words.extend(["--dir", &folder, "--pidfile", &pid, "--save", "", "--appendonly", "no"]);
        if self.arguments.iter().any(|argument| argument == "--sentinel") {
            words.truncate(words.len() - 4);
        }
        words.extend(self.arguments.iter().map(String::as_str));
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        let _there_was_none = std::fs::remove_file(self.folder.join("pid"));
        self.watchdog = Some(crate::watchdog::spawn(&folder, &words)?);
        let begun = Instant::now();
        while !self.folder.join("pid").exists() || self.cli(&["PING"]).is_err() {
            ensure!(begun.elapsed() < Duration::from_secs(20), "Redis does not answer: {INSTALL}");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Stops it where it stands: connections stay open and nothing answers.
    pub fn freeze(&self) -> anyhow::Result<()> {
        self.signal("STOP")
    }

    /// Lets it go on.
    pub fn thaw(&self) -> anyhow::Result<()> {
        self.signal("CONT")
    }

    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let pid = std::fs::read_to_string(self.folder.join("pid"))?;
        let status = Command::new("kill").arg(format!("-{signal}")).arg(pid.trim()).status()?;
        ensure!(status.success(), "Redis is gone already");
        Ok(())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            drop(watchdog.stdin.take());
            let _ended = watchdog.wait();
        } else {
            // Nobody is left to tidy up.
            let _gone = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A cluster of three masters.
pub struct RedisCluster(Vec<RedisServer>);

impl RedisCluster {
    /// Starts the servers and lets them share the slots.
    pub fn start() -> anyhow::Result<Self> {
        let node = || RedisServer::with(&["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"]);
        let nodes = (0..3).map(|_| node()).collect::<anyhow::Result<Vec<_>>>()?;
        let addresses: Vec<String> = nodes.iter().map(RedisServer::address).collect();
        let mut words = vec!["--cluster", "create", "--cluster-yes"];
        words.extend(addresses.iter().map(String::as_str));
        cli(&words)?;
        let begun = Instant::now();
        for node in &nodes {
            while !node.cli(&["CLUSTER", "INFO"])?.contains("cluster_state:ok") {
                ensure!(begun.elapsed() < Duration::from_secs(30), "the cluster does not come together");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Ok(Self(nodes))
    }

    /// Its servers.
    #[must_use]
    pub fn nodes(&self) -> &[RedisServer] {
        &self.0
    }

    /// Where it is: all of them.
    #[must_use]
    pub fn url(&self) -> String {
        let addresses: Vec<String> = self.0.iter().map(RedisServer::address).collect();
        format!("redis+cluster://{}", addresses.join(","))
    }
}

const INSTALL: &str =
    "is redis-server on this machine? `cargo xtask test` installs it (apt-get install redis-server)";

fn cli(words: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("redis-cli").args(words).stdin(Stdio::null()).output().context(INSTALL)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("redis-cli {words:?} failed: {text}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}

/// A port that nobody has, below those that the system hands out, so that it is still there after a restart; the cluster's
/// own port, 10000 above, likewise.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let span = 8_000;
    // Test processes that run at once begin in different places.
    let begin = u16::try_from(std::process::id() * 131 % u32::from(span))?;
    for _ in 0..span {
        let port = 12_000 + (begin + NEXT.fetch_add(1, Ordering::Relaxed) % span) % span;
        let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(port) && free(port + 10_000) {
            return Ok(port);
        }
    }
    bail!("there is no free port")
}
