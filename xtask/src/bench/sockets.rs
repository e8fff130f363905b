//! Measures the cost of an idle socket, and of a delivery beside a bare loop and Socket.IO on Node.

use std::path::Path;
use std::process::Command;

use super::{Built, Running};
use crate::must;

const IDLE: &str = "10000";
const RECEIVERS: &str = "1000";
const NODE: &str = "crates/rigs/node";

/// Measures idle sockets, then the fan-out of each server.
pub(super) fn run(built: &Built, seconds: u32) -> anyhow::Result<()> {
    must(Command::new("npm").args(["ci", "--silent", "--no-audit", "--no-fund"]).current_dir(NODE))?;
    let folder = tempfile::tempdir()?;
    let parlor = parlor(built, folder.path())?;
    let pid = parlor.pid().to_string();
    let seconds = seconds.max(30).to_string();
    must(Command::new(&built.load).args(["idle", &parlor.address, IDLE, &seconds, &pid]))?;
    drop(parlor);

    let bare = Running::start(Command::new(&built.load).args(["bare", RECEIVERS]))?;
    fan_out(built, "bare", &bare)?;
    drop(bare);
    let node = Running::start(
        Command::new("node").args(["server.mjs"]).current_dir(NODE).env("NODE_ENV", "production"),
    )?;
    fan_out(built, "node", &node)?;
    drop(node);
    let parlor = self::parlor(built, folder.path())?;
    fan_out(built, "parlor", &parlor)
}

/// Starts a server on a SQLite database in that folder, without limits: one user opens every socket.
fn parlor(built: &Built, folder: &Path) -> anyhow::Result<Running> {
    let mut parlor = Command::new(&built.parlor);
    parlor.current_dir(folder).env("PARLOR_DATA_DIR", folder);
    parlor.env("DATABASE_URL", format!("sqlite://{}", folder.join("parlor.db").display()));
    Running::start(&mut parlor)
}

fn fan_out(built: &Built, subject: &str, server: &Running) -> anyhow::Result<()> {
    let pid = server.pid().to_string();
    must(Command::new(&built.load).args(["fan-out", subject, &server.address]).args([
        "--receivers",
        RECEIVERS,
        "--pid",
        &pid,
    ]))
}
