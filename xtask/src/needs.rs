//! What commands need of Debian, installed where it is missing.
#![expect(clippy::print_stdout, reason = "says what it does")]

use std::process::Command;

use anyhow::{Context, ensure};

/// How a shell sees whether it is there, and which package brings it.
pub(crate) type Need = (&'static str, &'static str);

pub(crate) const POSTGRES: Need = ("test -d /usr/lib/postgresql", "postgresql");
pub(crate) const REDIS: Need = ("command -v redis-server && command -v redis-cli", "redis-server");
pub(crate) const SETPRIV: Need = ("command -v setpriv", "util-linux");
pub(crate) const NSENTER: Need = ("command -v nsenter", "util-linux");
pub(crate) const PGREP: Need = ("command -v pgrep", "procps");
pub(crate) const CURL: Need = ("command -v curl", "curl");
pub(crate) const VENV: Need = ("python3 -c 'import venv, ensurepip'", "python3-venv");
pub(crate) const NODE: Need = ("command -v node", "nodejs");
pub(crate) const NPM: Need = ("command -v npm", "npm");
pub(crate) const NGINX: Need = ("command -v nginx || test -x /usr/sbin/nginx", "nginx");
pub(crate) const PROMTOOL: Need = ("command -v promtool", "prometheus");
pub(crate) const BUILDAH: Need = ("command -v buildah", "buildah");
pub(crate) const RUNC: Need = ("command -v runc || test -x /usr/sbin/runc", "runc");
pub(crate) const MUSL: Need = ("command -v musl-gcc", "musl-tools");
pub(crate) const CERTIFICATES: Need = ("test -s /etc/ssl/certs/ca-certificates.crt", "ca-certificates");

/// Installs what is missing. Without the right to, it says what to install.
pub(crate) fn install(needs: &[Need]) -> anyhow::Result<()> {
    let mut missing = vec![];
    for (check, package) in needs {
        let there = Command::new("sh").args(["-c", check]).output().context("sh did not start")?;
        if !there.status.success() && !missing.contains(package) {
            missing.push(*package);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let advice = || format!("this needs packages; install them: apt-get install {}", missing.join(" "));
    println!("installing {}", missing.join(", "));
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

/// Installs the stock clients that tests use, from npm.
pub(crate) fn stock_clients() -> anyhow::Result<()> {
    println!("installing stock clients from npm");
    let npm = ["ci", "--silent", "--no-audit", "--no-fund", "--prefix", "crates/parlor/tests/node"];
    crate::must(Command::new("npm").args(npm))
}
