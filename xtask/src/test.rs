//! `cargo xtask test`: everything that tests need, and then every test.
#![expect(clippy::print_stdout, reason = "says what it does")]

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use test_support::{Durability, Postgres};

/// Programs of Debian's that tests start: where each is found, and which package brings it.
const PROGRAMS: &[(&str, &str)] = &[
    ("/usr/lib/postgresql", "postgresql"),
    ("/usr/bin/setpriv", "util-linux"),
    ("/usr/bin/pgrep", "procps"),
];

pub(crate) fn run() -> anyhow::Result<()> {
    install()?;
    println!("test: starting a throwaway PostgreSQL");
    let postgres = Postgres::start(Durability::None)?;
    println!("test: PostgreSQL answers at {}", postgres.socket().display());
    let status = Command::new("cargo")
        .args(["test", "--workspace"])
        .env("PARLOR_TEST_POSTGRES", postgres.socket())
        .status()
        .context("cargo did not start")?;
    ensure!(status.success(), "tests failed");
    Ok(())
}

/// Installs what is missing. Without the right to, it says what to install.
fn install() -> anyhow::Result<()> {
    let missing: Vec<&str> =
        PROGRAMS.iter().filter(|(path, _)| !Path::new(path).exists()).map(|(_, package)| *package).collect();
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
