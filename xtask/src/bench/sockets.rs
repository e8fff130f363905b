//! Sockets: what an idle one costs, and what a delivery costs next to a bare loop and to Socket.IO on Node.

use std::path::Path;
use std::process::Command;

use super::{Built, Running};
use crate::must;

const IDLE: &str = "10000";
const RECEIVERS: &str = "1000";
const NODE: &str = "crates/rigs/node";

/// Measures.
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

/// A server on a fresh SQLite database in that folder, that lets one user have every socket.
fn parlor(built: &Built, folder: &Path) -> anyhow::Result<Running> {
    let mut parlor = Command::new(&built.parlor);
    parlor.current_dir(folder).env("PARLOR_DATA_DIR", folder);
    parlor.env("DATABASE_URL", format!("sqlite://{}", folder.join("parlor.db").display()));
    Running::start(&mut parlor)
}

fn fan_out(built: &Built, which: &str, server: &Running) -> anyhow::Result<()> {
    let pid = server.pid().to_string();
    must(Command::new(&built.load).args(["fan-out", which, &server.address]).args([
        "--receivers",
        RECEIVERS,
        "--pid",
        &pid,
    ]))
}
