//! `cargo xtask test`: everything that tests need, and then every test.
#![expect(clippy::print_stdout, reason = "says what it does")]

use std::process::Command;

use anyhow::{Context, ensure};
use test_support::{Durability, Postgres};

/// What tests need of Debian: how a shell sees whether it is there, and which package brings it.
const NEEDS: &[(&str, &str)] = &[
    ("test -d /usr/lib/postgresql", "postgresql"),
    ("command -v redis-server && command -v redis-cli", "redis-server"),
    ("command -v setpriv", "util-linux"),
    ("command -v pgrep", "procps"),
    ("command -v curl", "curl"),
    ("python3 -c 'import venv, ensurepip'", "python3-venv"),
    ("command -v node", "nodejs"),
    ("command -v npm", "npm"),
];

pub(crate) fn run() -> anyhow::Result<()> {
    install()?;
    println!("test: installing stock clients from npm");
    let npm = ["ci", "--silent", "--no-audit", "--no-fund", "--prefix", "crates/parlor/tests/node"];
    crate::must(Command::new("npm").args(npm))?;
    crate::pypi::installed("target/tools/moto", "moto_server", "xtask/moto/requirements.txt")?;
    println!("test: starting a throwaway PostgreSQL");
    let postgres = Postgres::start(Durability::None)?;
    println!("test: PostgreSQL answers at {}", postgres.socket().display());
    let status = Command::new("cargo")
        .args(["test", "--workspace"])
        .env("PARLOR_TEST_POSTGRES", postgres.socket())
        .status()
        .context("cargo did not start")?;
    ensure!(status.success(), "tests failed");
    crate::schemathesis::run()
}

/// Installs what is missing. Without the right to, it says what to install.
fn install() -> anyhow::Result<()> {
    let mut missing = vec![];
    for (check, package) in NEEDS {
        let there = Command::new("sh").args(["-c", check]).output().context("sh did not start")?;
        if !there.status.success() {
            missing.push(*package);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let advice = || format!("tests need these packages; install them: apt-get install {}", missing.join(" "));
    println!("test: installing {}", missing.join(", "));
    for args in
        [&["update", "-q"][..], &[&["install", "-qy", "--no-install-recommends"], &missing[..]].concat()]
    {
        let status = Command::new("apt-get")
            .args(args)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .status()
            .with_context(advice)?;
        ensure!(status.success(), advice());
    }
    Ok(())
}
