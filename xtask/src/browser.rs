//! `cargo xtask browser`: uses the web client in Chromium, against a server of the debug build.
#![expect(clippy::print_stdout, reason = "prints its progress")]

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};

use crate::npm;
use crate::paths::root;
use crate::prerequisites::{self, CHROMIUM, EMOJI, NODE, NPM};
use crate::server::Server;

const SOURCE: &str = "crates/web-client/tests";
const FOLDER: &str = "target/browser";

/// Installs the browser and its libraries, where they are not installed already.
pub(crate) fn install() -> anyhow::Result<()> {
    prerequisites::install(&[NODE, NPM, CHROMIUM, EMOJI])?;
    npm::install(SOURCE, FOLDER)?;
    Ok(())
}

/// Runs the tests of single modules, which need no browser.
fn units() -> anyhow::Result<()> {
    let output = Command::new("node")
        .args(["--test", "unit"])
        .current_dir(root().join(SOURCE))
        .output()
        .context("node did not start")?;
    ensure!(
        output.status.success(),
        "a module of the web client fails:\n{}",
        String::from_utf8_lossy(&output.stdout)
    );
    Ok(())
}

/// Runs every `*.test.js`, one after the other: each has the browser and the machine for itself.
pub(crate) fn run() -> anyhow::Result<()> {
    install()?;
    units()?;
    let data = tempfile::tempdir()?;
    let server = Server::start(data.path())?;
    let mut tests = vec![];
    for entry in std::fs::read_dir(root().join(SOURCE))? {
        let name = entry?.file_name().into_string().ok().context("a file name is not UTF-8")?;
        if name.ends_with(".test.js") {
            tests.push(name);
        }
    }
    tests.sort();
    let mut failed = vec![];
    for test in tests {
        let started = Instant::now();
        let output = Command::new("node")
            .args(["--test-reporter=spec", &test])
            .current_dir(root().join(FOLDER))
            .env("PARLOR_URL", &server.url)
            .env("SCREENSHOTS", root().join("target/screenshots"))
            .output()
            .context("node did not start")?;
        let seconds = started.elapsed().as_secs();
        if output.status.success() {
            println!("browser: {test} passes, in {seconds} s");
        } else {
            let (text, errors) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            println!("browser: {test} failed, in {seconds} s:\n{text}{errors}");
            failed.push(test);
        }
    }
    ensure!(failed.is_empty(), "{}", failed.join(", "));
    Ok(())
}
