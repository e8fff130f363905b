//! `cargo xtask bench`: measures the release build beside PostgreSQL alone, a baseline on Express, and a bare loop of
//! `write`, on the same machine in the same run.
#![expect(clippy::print_stdout, reason = "prints what it changes")]

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use clap::Args;

use crate::paths::root;
use crate::prerequisites::{self, NODE, NPM, POSTGRES};
use crate::{must, npm};

const RESULTS: &str = "target/bench";
const DOCUMENT: &str = "docs/performance.md";
/// The lines of the document between which the figures stand.
const BEGIN: &str = "<!-- figures of `cargo xtask bench --update-docs` -->\n";
const END: &str = "<!-- end of the figures -->\n";

/// The extent of a run.
#[derive(Args)]
pub(crate) struct Bench {
    /// Measures this row alone, such as `list` or `send-64`; may be given several times.
    #[arg(long)]
    only: Vec<String>,
    /// Measures one short round on less data.
    #[arg(long)]
    quick: bool,
    /// Writes the figures into docs/performance.md.
    #[arg(long, conflicts_with_all = ["only", "quick"])]
    update_docs: bool,
    /// Builds without link-time optimisation: builds sooner, runs a little slower.
    #[arg(long)]
    without_lto: bool,
}

/// Builds everything and measures it.
pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    prerequisites::install(&[POSTGRES, NODE, NPM])?;
    let baseline = npm::install("crates/rigs/baseline", "target/bench/baseline")?;
    let release = build("bench", bench.without_lto)?;
    let results = root().join(RESULTS);
    let mut rig = rig(&release.join("bench"));
    rig.arg("run").arg(release.join("parlor")).arg(baseline).arg(&results);
    for row in &bench.only {
        rig.args(["--only", row]);
    }
    if bench.quick {
        rig.arg("--quick");
    }
    must(&mut rig)?;
    if bench.update_docs {
        update(&root().join(DOCUMENT), &std::fs::read_to_string(results.join("tables.md"))?)?;
        println!("bench: {DOCUMENT} has the new figures");
    }
    Ok(())
}

/// Builds the server and a program of `crates/rigs` for release, and returns the folder of both.
pub(crate) fn build(rig: &str, without_lto: bool) -> anyhow::Result<PathBuf> {
    let mut build = Command::new("cargo");
    build.args([
        "build",
        "--release",
        "--package",
        "parlor",
        "--package",
        "rigs",
        "--bin",
        "parlor",
        "--bin",
        rig,
    ]);
    if without_lto {
        build.env("CARGO_PROFILE_RELEASE_LTO", "off");
    }
    must(&mut build)?;
    Ok(crate::target_folder()?.join("release"))
}

/// Returns a command for a rig that may open as many files as the system allows: each connection is one, in the rig and
/// in the servers that it starts.
pub(crate) fn rig(program: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n \"$(ulimit -Hn)\"; exec \"$@\"", "rig"]).arg(program);
    command
}

fn update(document: &Path, tables: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(document)?;
    Ok(std::fs::write(document, replace(&text, tables).context("the document has no place for figures")?)?)
}

/// Replaces the figures of a document; `None` where it has no place for them.
fn replace(text: &str, tables: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}\n\n{END}{after}", tables.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_the_document_are_replaced_and_nothing_else() {
        let text = format!("# Title\n\n{BEGIN}old\n{END}\n## Below\n");
        let replaced = replace(&text, "| new |\n").unwrap();
        assert_eq!(replaced, format!("# Title\n\n{BEGIN}\n| new |\n\n{END}\n## Below\n"));
        assert_eq!(replace("# Title\n", "| new |\n"), None);
    }

    #[test]
    fn the_document_has_a_place_for_the_figures() {
        let text = std::fs::read_to_string(root().join(DOCUMENT)).unwrap();
        assert!(replace(&text, "").is_some());
    }
}
