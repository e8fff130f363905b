//! A service that speaks S3, for tests: moto, of Python's registry, on a port of loopback.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::redis::free_port;

/// Where `cargo xtask test` puts it.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/moto/bin/moto_server");

/// A running service with one bucket, `parlor`; all that it keeps lies in its memory. Dropped, it ends.
pub struct S3Server {
    port: u16,
    watchdog: Option<Child>,
}

impl S3Server {
    /// Starts a service.
    pub fn start() -> anyhow::Result<Self> {
        ensure!(
            Path::new(PROGRAM).exists(),
            "there is no {PROGRAM}: `cargo xtask test` installs it; by itself: python3 -m venv target/tools/moto && \
             target/tools/moto/bin/pip install -r xtask/moto/requirements.txt"
        );
        let folder = tempfile::Builder::new().prefix("parlor-s3-").tempdir()?.keep();
        let port = free_port()?;
        let words = [PROGRAM, "-H", "127.0.0.1", "-p", &port.to_string()].map(str::to_owned);
        let watchdog = crate::watchdog::spawn(&folder.to_string_lossy(), &words)?;
        let server = Self { port, watchdog: Some(watchdog) };
        let begun = Instant::now();
        while server.ask("PUT /parlor").is_err() {
            ensure!(begun.elapsed() < Duration::from_mins(1), "{PROGRAM} does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    /// The variables that lead to it.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        let variables = [
            ("AWS_ENDPOINT", endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "somebody"),
            ("AWS_SECRET_ACCESS_KEY", "a secret"),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// How many uploads under that prefix were begun and neither finished nor given up.
    pub fn unfinished(&self, prefix: &str) -> anyhow::Result<usize> {
        Ok(self.ask("GET /parlor?uploads")?.matches(&format!("<Key>{prefix}/")).count())
    }

    /// How many objects it has.
    pub fn objects(&self) -> anyhow::Result<usize> {
        Ok(self.ask("GET /parlor?list-type=2")?.matches("<Key>").count())
    }

    /// Ends it, and all that it keeps.
    pub fn kill(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            drop(watchdog.stdin.take());
            let _ended = watchdog.wait();
        }
    }

    /// Asks something that needs no signature; answers the body.
    fn ask(&self, what: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(self.address())?;
        write!(stream, "{what} HTTP/1.0\r\nHost: {}\r\nContent-Length: 0\r\n\r\n", self.address())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        ensure!(head.split(' ').nth(1) == Some("200"), "{what}: {answer}");
        Ok(body.to_owned())
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.kill();
    }
}
