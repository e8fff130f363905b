//! `cargo xtask bench`: measures the server beside alternatives, on the same machine in the same run.
#![expect(clippy::print_stdout, reason = "prints measurements")]

mod http;
mod sockets;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::Context;
use clap::ValueEnum;

use crate::must;

/// The subject of a measurement.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Subject {
    /// Sends and history pages next to pgbench, idle memory and start-up time.
    Http,
    /// Idle sockets, and the fan-out of a room next to a bare loop and to Socket.IO on Node.
    Sockets,
}

/// The programs that were built: the server, and the load that measures it.
struct Built {
    parlor: PathBuf,
    load: PathBuf,
}

/// Builds the server and a program of `crates/rigs` for release, and returns the folder of both.
pub(crate) fn build(rig: &str, without_lto: bool) -> anyhow::Result<PathBuf> {
    let mut build = Command::new("cargo");
    build.args([
        "build",
        "--release",
        "--package",
        "parlor",
        "--package",
        "rigs",
        "--bin",
        "parlor",
        "--bin",
        rig,
    ]);
    if without_lto {
        build.env("CARGO_PROFILE_RELEASE_LTO", "off");
    }
    must(&mut build)?;
    Ok(crate::target_folder()?.join("release"))
}

/// Measures the release build of this tree.
pub(crate) fn run(subject: Subject, seconds: u32, without_lto: bool) -> anyhow::Result<()> {
    let release = build("bench", without_lto)?;
    let built = Built { parlor: release.join("parlor"), load: release.join("bench") };
    match subject {
        Subject::Http => http::run(&built, seconds),
        Subject::Sockets => sockets::run(&built, seconds),
    }
}

/// A server that prints its address in its first line; it is killed when this is dropped.
struct Running {
    process: Child,
    address: String,
    /// Kept open, because the server may print more.
    _stdout: BufReader<ChildStdout>,
}

impl Running {
    fn start(command: &mut Command) -> anyhow::Result<Self> {
        command.envs([("PARLOR_LISTEN", "127.0.0.1:0"), ("PARLOR_LIMITS", "off"), ("PARLOR_LOG", "error")]);
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let mut stdout = BufReader::new(process.stdout.take().context("no standard output")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let address = line.trim().rsplit(['/', ' ']).next().unwrap_or_default().to_owned();
        Ok(Self { process, address, _stdout: stdout })
    }

    fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Its data is of no use after the measurement.
        let _ended = self.process.kill().and_then(|()| self.process.wait());
    }
}
