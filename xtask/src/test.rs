//! `cargo xtask test`: everything that tests need, and then every test.
#![expect(clippy::print_stdout, reason = "says what it does")]

use std::process::Command;

use anyhow::{Context, ensure};
use test_support::{Durability, Postgres};

use crate::image;
use crate::needs::{self, CURL, NGINX, NODE, NPM, Need, PGREP, POSTGRES, REDIS, SETPRIV, VENV};

const NEEDS: &[Need] = &[POSTGRES, REDIS, NGINX, SETPRIV, PGREP, CURL, VENV, NODE, NPM];

/// What schemathesis begins at: the same requests at every run, so that a run tells about the change, not about luck.
const SEED: u64 = 1;

/// How long replicas are broken one after the other.
const CLUSTER_SECONDS: u64 = 25;

pub(crate) fn run() -> anyhow::Result<()> {
    let image = image::possible();
    if image {
        needs::install(&[NEEDS, image::NEEDS].concat())?;
        image::target()?;
    } else {
        needs::install(NEEDS)?;
    }
    needs::stock_clients()?;
    crate::pypi::installed("target/tools/moto", "moto_server", "xtask/moto/requirements.txt")?;
    println!("test: starting a throwaway PostgreSQL");
    let postgres = Postgres::start(Durability::None)?;
    println!("test: PostgreSQL answers at {}", postgres.socket().display());
    let status = Command::new("cargo")
        .args(["test", "--workspace"])
        .env("PARLOR_TEST_POSTGRES", postgres.socket())
        .status()
        .context("cargo did not start")?;
    ensure!(status.success(), "tests failed");
    crate::schemathesis::run(Some(SEED))?;
    if image {
        println!("test: the image, on a read-only root");
        image::test()?;
    } else {
        println!("test: the image is not tried: only who may mount, as root may, can run a container");
    }
    println!("test: three replicas with faults under load");
    crate::cluster::play(CLUSTER_SECONDS)
}
