//! `cargo xtask ci`: every check of the repository that is not a test.
#![expect(clippy::print_stdout, reason = "says what it does")]

use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Context, anyhow};

use crate::prerequisites::{self, NGINX, NODE, NPM, PROMTOOL, VENV};
use crate::{cargo, checks, deploy, must};

/// Cargo subcommands that are installed under this folder, with their versions.
const TOOLS: &str = "target/tools";
const DENY: (&str, &str) = ("cargo-deny", "0.20.2");
const MACHETE: (&str, &str) = ("cargo-machete", "0.9.2");

pub(crate) fn run() -> anyhow::Result<()> {
    cargo(&["fmt", "--all", "--check"])?;
    // Lints wait for the compiler, and tools for the network.
    thread::scope(|scope| {
        let tools = scope.spawn(install);
        lints()?;
        tools.join().map_err(|_| anyhow!("the installation of tools panicked"))?
    })?;
    checks::run()?;
    // The descriptions, held against the endpoints and the committed documents.
    cargo(&["test", "--quiet", "--workspace", "--lib", "api::"])?;
    deploy::check(deploy::Depth::Possible)?;
    // Dependencies that no crate uses.
    must(tool(MACHETE)?.args(["--with-metadata", "crates", "xtask"]))?;
    let checks = ["check", "--hide-inclusion-graph", "licenses", "bans", "sources"];
    must(tool(DENY)?.args(checks))?;
    advisories(&mut tool(DENY)?, &mut tool(DENY)?)
}

fn lints() -> anyhow::Result<()> {
    // The feature holds code that no test compiles.
    let all = ["--workspace", "--all-targets", "--features", "api-actix/conformance"];
    cargo(&[&["clippy"], &all[..], &["--", "-D", "warnings"]].concat())
}

/// Installs what the other checks need.
fn install() -> anyhow::Result<()> {
    // Without the right to install them, their checks are left out.
    if let Err(error) = prerequisites::install(&[VENV, NODE, NPM, NGINX, PROMTOOL]) {
        println!("ci: {error:#}");
    }
    tool(MACHETE)?;
    tool(DENY)?;
    Ok(())
}

/// Checks the dependencies against the advisory database of `RustSec` where that can be fetched. No package registry carries the
/// database, so a machine that reaches registries alone can't check it: the output reports that, and nothing fails.
fn advisories(fetch: &mut Command, check: &mut Command) -> anyhow::Result<()> {
    let fetched = fetch.args(["fetch", "db"]).output().context("cargo-deny did not start")?;
    if fetched.status.success() {
        return must(check.args(["check", "--hide-inclusion-graph", "advisories"]));
    }
    let reason = String::from_utf8_lossy(&fetched.stderr);
    let reason = reason.trim().lines().last().unwrap_or("it gave no reason");
    println!(
        "ci: ADVISORIES WERE NOT CHECKED, the advisory database can't be fetched: {reason}\n\
         ci: run `cargo deny check advisories` where GitHub can be reached, or use a mirror: SECURITY.md"
    );
    Ok(())
}

/// Installs a cargo subcommand where it is missing, and returns the command to call it. Each works for seconds, and to optimise it
/// would take minutes.
fn tool((name, version): (&str, &str)) -> anyhow::Result<Command> {
    let program = Path::new(TOOLS).join("bin").join(name);
    if !program.exists() {
        println!("ci: installing {name} {version} into {TOOLS}");
        cargo(&["install", name, "--version", version, "--locked", "--debug", "--root", TOOLS, "--quiet"])?;
    }
    Ok(Command::new(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shell script instead of cargo-deny.
    fn script(text: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", text, "cargo-deny"]);
        command
    }

    #[test]
    fn advisories_are_checked_where_the_database_can_be_fetched_and_only_there() {
        let (fetched, unreachable) = ("test \"$*\" = 'fetch db'", "echo 'no such host' >&2; exit 1");
        assert!(advisories(&mut script(fetched), &mut script("exit 0")).is_ok());
        assert!(advisories(&mut script(fetched), &mut script("exit 1")).is_err());
        assert!(advisories(&mut script(unreachable), &mut script("exit 1")).is_ok());
    }
}
