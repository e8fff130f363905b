//! `cargo xtask ci`: the rules of the house.
#![expect(clippy::print_stdout, reason = "says what it does")]

use std::path::Path;

use crate::needs::{self, NGINX, PROMTOOL, VENV};
use crate::{cargo, deploy, house};

/// cargo-deny, as installed under `target`.
const DENY: &str = "target/tools/bin/cargo-deny";
const DENY_VERSION: &str = "0.20.2";

pub(crate) fn run() -> anyhow::Result<()> {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    house::arrows()?;
    house::file_heads()?;
    house::file_lengths()?;
    house::migration_twins()?;
    house::no_stray_sql()?;
    // The OpenAPI descriptions and the route tables they are of.
    cargo(&["test", "--quiet", "--package", "api-actix", "--lib", "every_route_is_described"])?;
    // Without the right to install them, what they would check is not.
    if let Err(error) = needs::install(&[VENV, NGINX, PROMTOOL]) {
        println!("ci: {error:#}");
    }
    deploy::check(deploy::Depth::Possible)?;
    deny()
}

/// Checks licences, bans and sources of every dependency.
fn deny() -> anyhow::Result<()> {
    if !Path::new(DENY).exists() {
        println!("ci: installing cargo-deny {DENY_VERSION} into target/tools");
        cargo(&[
            "install",
            "cargo-deny",
            "--version",
            DENY_VERSION,
            "--locked",
            "--root",
            "target/tools",
            "--quiet",
        ])?;
    }
    let checks = ["check", "--hide-inclusion-graph", "licenses", "bans", "sources"];
    crate::must(std::process::Command::new(DENY).args(checks))
}
