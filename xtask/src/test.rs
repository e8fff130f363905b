//! `cargo xtask test`: installs everything that tests need, then runs every test.
#![expect(clippy::print_stdout, reason = "prints its progress")]

use std::process::Command;

use anyhow::{Context, ensure};
use test_support::{Durability, Postgres};

use crate::prerequisites::{
    self, CURL, NGINX, NODE, NPM, PGBOUNCER, PGREP, POSTGRES, Prerequisite, REDIS, SETPRIV, VENV,
};
use crate::{dist, image};

const PREREQUISITES: &[Prerequisite] =
    &[POSTGRES, PGBOUNCER, REDIS, NGINX, SETPRIV, PGREP, CURL, VENV, NODE, NPM];

/// The seed of schemathesis: every run makes the same requests, so a failure comes from the change and not from chance.
const SEED: u64 = 1;

/// The duration of the run with failing replicas.
const CLUSTER_SECONDS: u64 = 25;

pub(crate) fn run() -> anyhow::Result<()> {
    let image = image::possible();
    if image {
        prerequisites::install(&[PREREQUISITES, image::PREREQUISITES, dist::PREREQUISITES].concat())?;
        image::install_target()?;
    } else {
        prerequisites::install(PREREQUISITES)?;
    }
    prerequisites::stock_clients()?;
    crate::pypi::install("target/tools/moto", "moto_server", "xtask/moto/requirements.txt")?;
    println!("test: starting a throwaway PostgreSQL");
    let postgres = Postgres::start(Durability::None)?;
    println!("test: PostgreSQL listens at {}", postgres.socket().display());
    let status = Command::new("cargo")
        .args(["test", "--workspace"])
        .env("PARLOR_TEST_POSTGRES", postgres.socket())
        .status()
        .context("cargo did not start")?;
    ensure!(status.success(), "tests failed");
    crate::schemathesis::run(Some(SEED))?;
    crate::clients::run()?;
    crate::sdk::run(&crate::sdk::Sdk::default())?;
    crate::web::check()?;
    crate::browser::run()?;
    if image {
        println!("test: the image, on a read-only root");
        image::test()?;
        println!("test: the Debian package, on a copy of this machine");
        dist::test()?;
    } else {
        println!(
            "test: the image and the Debian package are not tested: they take the right to mount, which root has"
        );
    }
    println!("test: three replicas with faults under load");
    crate::cluster::run_installed(CLUSTER_SECONDS)
}
