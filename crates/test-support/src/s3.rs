//! An S3-compatible service for tests: moto, a Python package, on a port of loopback.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::redis::free_port;

/// Path of the program that `cargo xtask test` installs.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/moto/bin/moto_server");

/// A running service with one bucket, `parlor`, in memory. Dropping it ends the service.
pub struct S3Server {
    port: u16,
    watchdog: Option<Child>,
}

impl S3Server {
    /// Starts a service.
    pub fn start() -> anyhow::Result<Self> {
        ensure!(
            Path::new(PROGRAM).exists(),
            "{PROGRAM} is missing: `cargo xtask test` installs it, or run: python3 -m venv target/tools/moto && \
             target/tools/moto/bin/pip install -r xtask/moto/requirements.txt"
        );
        let folder = tempfile::Builder::new().prefix("parlor-s3-").tempdir()?.keep();
        let port = free_port()?;
        let command = [PROGRAM, "-H", "127.0.0.1", "-p", &port.to_string()].map(str::to_owned);
        let watchdog = crate::watchdog::spawn(&folder.to_string_lossy(), &command)?;
        let server = Self { port, watchdog: Some(watchdog) };
        let started = Instant::now();
        while server.request("PUT /parlor").is_err() {
            ensure!(started.elapsed() < Duration::from_mins(1), "{PROGRAM} does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    /// Returns the environment variables with its address and credentials.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        let variables = [
            ("AWS_ENDPOINT", endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "a secret"),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    /// Returns host and port.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns the number of uploads under a prefix that are neither complete nor aborted.
    pub fn unfinished(&self, prefix: &str) -> anyhow::Result<usize> {
        Ok(self.request("GET /parlor?uploads")?.matches(&format!("<Key>{prefix}/")).count())
    }

    /// Returns the number of objects.
    pub fn objects(&self) -> anyhow::Result<usize> {
        Ok(self.request("GET /parlor?list-type=2")?.matches("<Key>").count())
    }

    /// Ends the service; its data are lost.
    pub fn kill(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            drop(watchdog.stdin.take());
            let _ended = watchdog.wait();
        }
    }

    /// Sends a request without a signature and returns the body of the response.
    fn request(&self, line: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(self.address())?;
        write!(stream, "{line} HTTP/1.0\r\nHost: {}\r\nContent-Length: 0\r\n\r\n", self.address())?;
        let mut response = String::new();
        stream.read_to_string(&mut response)?;
        let (head, body) = response.split_once("\r\n\r\n").context("no response")?;
        ensure!(head.split(' ').nth(1) == Some("200"), "{line}: {response}");
        Ok(body.to_owned())
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.kill();
    }
}
