//! Debian packages that commands need, installed where they are missing.
#![expect(clippy::print_stdout, reason = "prints what it installs")]

use std::process::Command;

use anyhow::{Context, ensure};

/// A shell command that succeeds if it is installed, and the package that contains it.
pub(crate) type Prerequisite = (&'static str, &'static str);

pub(crate) const POSTGRES: Prerequisite = ("test -d /usr/lib/postgresql", "postgresql");
pub(crate) const REDIS: Prerequisite = ("command -v redis-server && command -v redis-cli", "redis-server");
pub(crate) const PGBOUNCER: Prerequisite =
    ("command -v pgbouncer || test -x /usr/sbin/pgbouncer", "pgbouncer");
pub(crate) const SETPRIV: Prerequisite = ("command -v setpriv", "util-linux");
pub(crate) const NSENTER: Prerequisite = ("command -v nsenter", "util-linux");
pub(crate) const PGREP: Prerequisite = ("command -v pgrep", "procps");
pub(crate) const CURL: Prerequisite = ("command -v curl", "curl");
pub(crate) const VENV: Prerequisite = ("python3 -c 'import venv, ensurepip'", "python3-venv");
pub(crate) const NODE: Prerequisite = ("command -v node", "nodejs");
pub(crate) const NPM: Prerequisite = ("command -v npm", "npm");
pub(crate) const CHROMIUM: Prerequisite = ("command -v chromium", "chromium");
/// Pictures of the web client show emoji.
pub(crate) const EMOJI: Prerequisite =
    ("test -e /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf", "fonts-noto-color-emoji");
pub(crate) const NGINX: Prerequisite = ("command -v nginx || test -x /usr/sbin/nginx", "nginx");
pub(crate) const PROMTOOL: Prerequisite = ("command -v promtool", "prometheus");
pub(crate) const BUILDAH: Prerequisite = ("command -v buildah", "buildah");
pub(crate) const RUNC: Prerequisite = ("command -v runc || test -x /usr/sbin/runc", "runc");
pub(crate) const ADDUSER: Prerequisite = ("command -v adduser || test -x /usr/sbin/adduser", "adduser");
pub(crate) const DPKG_DEB: Prerequisite = ("command -v dpkg-deb", "dpkg");
pub(crate) const MUSL: Prerequisite = ("command -v musl-gcc", "musl-tools");
pub(crate) const CERTIFICATES: Prerequisite =
    ("test -s /etc/ssl/certs/ca-certificates.crt", "ca-certificates");

/// Installs the missing packages. The error of a user who must not install any lists them.
pub(crate) fn install(prerequisites: &[Prerequisite]) -> anyhow::Result<()> {
    let mut missing = vec![];
    for (check, package) in prerequisites {
        let installed = Command::new("sh").args(["-c", check]).output().context("sh did not start")?;
        if !installed.status.success() && !missing.contains(package) {
            missing.push(*package);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let advice = || format!("packages are missing; install them with: apt-get install {}", missing.join(" "));
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
