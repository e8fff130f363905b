//! `cargo xtask cluster`: three replicas, PostgreSQL, Redis and nginx on this machine, with faults under load.

use std::process::Command;

use crate::needs::{self, NGINX, NODE, NPM, Need, PGREP, POSTGRES, REDIS, SETPRIV};
use crate::{cargo, must};

const NEEDS: &[Need] = &[POSTGRES, REDIS, NGINX, SETPRIV, PGREP, NODE, NPM];

/// Installs what it needs, builds the program and what drives it, and lets it run for about so long.
pub(crate) fn run(seconds: u64) -> anyhow::Result<()> {
    needs::install(NEEDS)?;
    needs::stock_clients()?;
    play(seconds)
}

/// The same where everything is installed.
pub(crate) fn play(seconds: u64) -> anyhow::Result<()> {
    cargo(&[
        "build",
        "--quiet",
        "--package",
        "parlor",
        "--package",
        "rigs",
        "--bin",
        "parlor",
        "--bin",
        "cluster",
    ])?;
    let built = crate::built_in()?.join("debug");
    must(
        Command::new(built.join("cluster"))
            .arg(built.join("parlor"))
            .args(["--seconds", &seconds.to_string()]),
    )
}
