//! A server of the debug build on loopback, for commands that test it from outside.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context;

/// A running server, which stops when it is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
}

impl Server {
    /// Builds the server and starts it on a free port, without limits; it keeps its data in `folder`.
    pub(crate) fn start(folder: &Path) -> anyhow::Result<Self> {
        crate::debug_build(&["parlor"])?;
        let mut process = Command::new(crate::target_folder()?.join("debug/parlor"))
            .current_dir(folder)
            .envs([("PARLOR_LISTEN", "127.0.0.1:0"), ("PARLOR_LIMITS", "off"), ("PARLOR_LOG", "error")])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("no standard output")?).read_line(&mut line)?;
        let url =
            line.trim().strip_prefix("Parlor listens on ").context("the server did not start")?.to_owned();
        Ok(Self { process, url })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}
