//! `cargo xtask load`: many users on a server of the release build, on each store.
#![expect(clippy::print_stdout, reason = "prints which store it measures")]

use anyhow::ensure;
use clap::{Args, ValueEnum};

use crate::prerequisites::{self, POSTGRES};
use crate::{bench, must};

/// The users for whom every p99 has a bar, and that bar in milliseconds.
const USERS_WITH_A_BAR: usize = 100;
const BAR: &str = "200";
const RESULTS: &str = "target/load";

/// The load of a run.
#[derive(Args)]
pub(crate) struct Load {
    /// Users who come and act. With up to 100 of them a p99 above 200 ms is a failure.
    #[arg(long, default_value_t = USERS_WITH_A_BAR)]
    users: usize,
    /// Seconds in which they come and act.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The store; without it each of them, one after the other.
    #[arg(long, value_enum)]
    store: Option<Store>,
    /// Builds without link-time optimisation: builds sooner, runs a little slower.
    #[arg(long)]
    without_lto: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Store {
    Sqlite,
    Postgres,
}

impl Store {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// Builds the server and the rig, and runs the rig on each store.
pub(crate) fn run(load: &Load) -> anyhow::Result<()> {
    prerequisites::install(&[POSTGRES])?;
    let release = bench::build("load", load.without_lto)?;
    let results = crate::paths::root().join(RESULTS);
    std::fs::create_dir_all(&results)?;
    let mut failed = vec![];
    for store in load.store.map_or(vec![Store::Sqlite, Store::Postgres], |store| vec![store]) {
        println!("load: on {}", store.name());
        let mut rig = bench::rig(&release.join("load"));
        rig.arg(release.join("parlor")).args(["--store", store.name()]);
        rig.args(["--users", &load.users.to_string(), "--seconds", &load.seconds.to_string()]);
        rig.arg("--json").arg(results.join(format!("{}.json", store.name())));
        if load.users <= USERS_WITH_A_BAR {
            rig.args(["--bar", BAR]);
        }
        // The other store is of interest, too.
        if let Err(error) = must(&mut rig) {
            println!("load: {error}");
            failed.push(store.name());
        }
    }
    ensure!(failed.is_empty(), "the load failed on {}", failed.join(" and "));
    Ok(())
}
