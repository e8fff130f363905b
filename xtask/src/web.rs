//! `cargo xtask web`: bundles the libraries of the web client into `vendor.js`, or checks that this gives what is committed.
#![expect(clippy::print_stdout, reason = "prints its progress")]

use std::process::Command;

use anyhow::ensure;
use clap::Args;

use crate::paths::root;
use crate::prerequisites::{self, NODE, NPM};
use crate::{must, npm};

const SOURCE: &str = "crates/web-client/vendor";
const FOLDER: &str = "target/web-vendor";
const BUNDLE: &str = "crates/web-client/assets/vendor.js";

#[derive(Args)]
pub(crate) struct Web {
    /// Changes nothing, and fails where the committed file is another one.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(web: &Web) -> anyhow::Result<()> {
    if web.check { check() } else { bundle(&root().join(BUNDLE).to_string_lossy()) }
}

/// Fails where the committed bundle is not made of its sources.
pub(crate) fn check() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let made = folder.path().join("vendor.js");
    bundle(&made.to_string_lossy())?;
    let same = std::fs::read(&made)? == std::fs::read(root().join(BUNDLE))?;
    ensure!(same, "{BUNDLE} is not what {SOURCE} gives; run `cargo xtask web` and commit it");
    println!("web: {BUNDLE} is what {SOURCE} gives");
    Ok(())
}

/// Installs the libraries and the bundler, where they are not installed already.
pub(crate) fn install() -> anyhow::Result<()> {
    prerequisites::install(&[NODE, NPM])?;
    npm::install(SOURCE, FOLDER)?;
    Ok(())
}

fn bundle(target: &str) -> anyhow::Result<()> {
    install()?;
    must(Command::new("node").args(["build.js", target]).current_dir(root().join(FOLDER)))
}
