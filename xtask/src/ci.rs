//! `cargo xtask ci`: every check of the repository that is not a test.
#![expect(clippy::print_stdout, reason = "says what it does")]

use std::path::Path;
use std::process::Command;

use crate::prerequisites::{self, NGINX, PROMTOOL, VENV};
use crate::{cargo, checks, deploy, must};

/// Cargo subcommands that are installed under this folder, with their versions.
const TOOLS: &str = "target/tools";
const DENY: (&str, &str) = ("cargo-deny", "0.20.2");
const MACHETE: (&str, &str) = ("cargo-machete", "0.9.2");

pub(crate) fn run() -> anyhow::Result<()> {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    checks::run()?;
    // The descriptions, held against the endpoints and the committed documents.
    cargo(&["test", "--quiet", "--package", "api-actix", "--lib", "api::"])?;
    // Without the right to install them, their checks are left out.
    if let Err(error) = prerequisites::install(&[VENV, NGINX, PROMTOOL]) {
        println!("ci: {error:#}");
    }
    deploy::check(deploy::Depth::Possible)?;
    // Dependencies that no crate uses.
    must(tool(MACHETE)?.args(["--with-metadata", "crates", "xtask"]))?;
    let checks = ["check", "--hide-inclusion-graph", "licenses", "bans", "sources"];
    must(tool(DENY)?.args(checks))
}

/// Installs a cargo subcommand where it is missing, and returns the command to call it.
fn tool((name, version): (&str, &str)) -> anyhow::Result<Command> {
    let program = Path::new(TOOLS).join("bin").join(name);
    if !program.exists() {
        println!("ci: installing {name} {version} into {TOOLS}");
        cargo(&["install", name, "--version", version, "--locked", "--root", TOOLS, "--quiet"])?;
    }
    Ok(Command::new(program))
}
