//! `cargo xtask cluster`: three replicas, PostgreSQL, Redis and nginx on this machine, with faults under load.

use std::process::Command;

use crate::must;
use crate::prerequisites::{self, NGINX, NODE, NPM, PGREP, POSTGRES, Prerequisite, REDIS, SETPRIV};

const PREREQUISITES: &[Prerequisite] = &[POSTGRES, REDIS, NGINX, SETPRIV, PGREP, NODE, NPM];

/// Installs what is missing, builds the server and the rig, and runs the rig for about that many seconds.
pub(crate) fn run(seconds: u64) -> anyhow::Result<()> {
    prerequisites::install(PREREQUISITES)?;
    prerequisites::stock_clients()?;
    run_installed(seconds)
}

/// Runs the rig where everything is installed.
pub(crate) fn run_installed(seconds: u64) -> anyhow::Result<()> {
    crate::debug_build(&["parlor", "cluster"])?;
    let built = crate::target_folder()?.join("debug");
    must(
        Command::new(built.join("cluster"))
            .arg(built.join("parlor"))
            .args(["--seconds", &seconds.to_string()]),
    )
}
