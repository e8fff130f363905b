//! `cargo xtask test`: installs everything that tests need, then runs every test.
#![expect(clippy::print_stdout, reason = "prints its progress")]

use std::io::{BufRead, BufReader, Write, stderr};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use test_support::{Durability, Postgres};

use crate::prerequisites::{
    self, CURL, NGINX, NODE, NPM, PGBOUNCER, PGREP, POSTGRES, Prerequisite, REDIS, SETPRIV, VENV,
};
use crate::{browser, clients, dist, image, pypi, schemathesis, web};

const PREREQUISITES: &[Prerequisite] =
    &[POSTGRES, PGBOUNCER, REDIS, NGINX, SETPRIV, PGREP, CURL, VENV, NODE, NPM];

/// The seed of schemathesis: every run makes the same requests, so a failure comes from the change and not from chance.
const SEED: u64 = 1;

/// The duration of the run with failing replicas.
const CLUSTER_SECONDS: u64 = 25;

pub(crate) fn run() -> anyhow::Result<()> {
    let image = image::possible();
    compile_and_install(image)?;
    println!("test: starting a throwaway PostgreSQL");
    let postgres = Postgres::start(Durability::None)?;
    println!("test: PostgreSQL listens at {}", postgres.socket().display());
    let mut steps = Steps::default();
    let mut ahead = None;
    steps.run("the tests of the workspace", || {
        workspace(&postgres, || {
            if image {
                ahead = image::compile_ahead().ok();
            }
        })
    });
    steps.run("schemathesis", || schemathesis::run(Some(SEED)));
    steps.run("the generated clients", clients::run);
    steps.run("the SDK", || crate::sdk::run(&crate::sdk::Sdk::default()));
    steps.run("the libraries of the web client", web::check);
    steps.run("the web client in Chromium", browser::run);
    if let Some(mut ahead) = ahead {
        // The next step repeats what failed, and reports it.
        let _built = ahead.wait();
    }
    if image {
        steps.run("the image, on a read-only root", image::test);
        steps.run("the Debian package, on a copy of this machine", dist::test);
    } else {
        println!(
            "test: the image and the Debian package are not tested: they take the right to mount, which root has"
        );
    }
    steps.run("three replicas with faults under load", || crate::cluster::run_installed(CLUSTER_SECONDS));
    steps.end()
}

/// Compiles the tests, and meanwhile installs what they and the steps need.
fn compile_and_install(image: bool) -> anyhow::Result<()> {
    let mut cargo = Command::new("cargo")
        .args(["test", "--workspace", "--no-run"])
        .spawn()
        .context("cargo did not start")?;
    let installed = install(image);
    if installed.is_err() {
        let _already_ended = cargo.kill();
    }
    let compiled = cargo.wait();
    installed?;
    ensure!(compiled?.success(), "the tests do not compile");
    Ok(())
}

fn install(image: bool) -> anyhow::Result<()> {
    if image {
        prerequisites::install(&[PREREQUISITES, image::PREREQUISITES, dist::PREREQUISITES].concat())?;
        image::install_target()?;
    } else {
        prerequisites::install(PREREQUISITES)?;
    }
    prerequisites::stock_clients()?;
    pypi::install("target/tools/moto", "moto_server", "xtask/moto/requirements.txt")?;
    for of_a_step in [schemathesis::install, clients::install, web::install, browser::install] {
        // The step tries again, and reports what fails.
        let _installed = of_a_step();
    }
    Ok(())
}

/// The steps of a run. Each runs whatever became of those before, so that one run shows every failure.
#[derive(Default)]
struct Steps {
    failed: Vec<String>,
}

impl Steps {
    fn run(&mut self, name: &str, step: impl FnOnce() -> anyhow::Result<()>) {
        println!("test: {name}");
        if let Err(error) = step() {
            println!("test: FAILED: {name}: {error:#}");
            self.failed.push(format!("{name}: {error:#}"));
        }
    }

    /// Fails with the failures of all steps, so that they are the last lines of the output.
    fn end(self) -> anyhow::Result<()> {
        ensure!(self.failed.is_empty(), "{} failed:\n{}", self.failed.len(), self.failed.join("\n"));
        Ok(())
    }
}

/// Runs every test program of the workspace; the error names those that failed. Calls a function once cargo has left its folder
/// to other builds.
fn workspace(postgres: &Postgres, started: impl FnOnce()) -> anyhow::Result<()> {
    let mut cargo = Command::new("cargo")
        .args(["test", "--workspace", "--no-fail-fast"])
        .env("PARLOR_TEST_POSTGRES", postgres.socket())
        .env("RUST_TEST_THREADS", threads().to_string())
        .stderr(Stdio::piped())
        .spawn()
        .context("cargo did not start")?;
    let lines = BufReader::new(cargo.stderr.take().context("no standard error")?).lines();
    let (sender, failed) = mpsc::channel();
    let (starts, start) = mpsc::channel();
    thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let _closed = writeln!(stderr(), "{line}");
            if line.contains("Running") {
                let _once_is_enough = starts.send(());
            }
            if let Some(program) = program_of(&line) {
                let _late = sender.send(program.to_owned());
            }
        }
    });
    if start.recv().is_ok() {
        started();
    }
    if cargo.wait()?.success() {
        return Ok(());
    }
    // Not until the end of the stream: a process that a test left behind may hold it open.
    let mut programs = vec![];
    while let Ok(program) = failed.recv_timeout(Duration::from_secs(1)) {
        programs.push(program);
    }
    bail!("{}", programs.join(", "))
}

/// Returns the number of tests that run at once: half as many again as there are cores, since black-box tests often wait.
/// `RUST_TEST_THREADS` overrides it.
fn threads() -> usize {
    let asked = std::env::var("RUST_TEST_THREADS").ok().and_then(|threads| threads.parse().ok());
    asked.unwrap_or_else(|| {
        thread::available_parallelism().map_or(2, |cores| cores.get() + cores.get().div_ceil(2))
    })
}

/// Reads a line of the list in which cargo names the test programs that failed, by the arguments that run one.
fn program_of(line: &str) -> Option<&str> {
    line.trim().strip_prefix('`').filter(|arguments| arguments.starts_with("-p "))?.strip_suffix('`')
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn steps_after_a_failure_run_and_the_end_names_every_failure() {
        let mut steps = Steps::default();
        steps.run("one", || Err(anyhow!("it broke")));
        let mut ran = false;
        steps.run("two", || {
            ran = true;
            Ok(())
        });
        steps.run("three", || Err(anyhow!("so did this")));
        assert!(ran);
        assert_eq!(steps.end().unwrap_err().to_string(), "2 failed:\none: it broke\nthree: so did this");
        assert!(Steps::default().end().is_ok());
    }

    #[test]
    fn programs_that_failed_are_those_that_cargo_lists() {
        assert_eq!(program_of("    `-p parlor --test api_sqlite`"), Some("-p parlor --test api_sqlite"));
        assert_eq!(program_of("error: 2 targets failed:"), None);
    }
}
