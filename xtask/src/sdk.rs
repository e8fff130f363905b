//! `cargo xtask sdk`: checks the types of the SDK for JavaScript against the description of the API, and runs its tests against
//! servers of the debug build. `crates/web-client/sdk/package.json` has the commands; the tools are those of `cargo xtask clients`.
#![expect(clippy::print_stdout, reason = "prints its progress")]

use std::process::Command;
use std::time::Instant;

use clap::Args;
use test_support::{Durability, Postgres};

use crate::paths::root;
use crate::prerequisites::{self, NODE, NPM, PGREP, POSTGRES, SETPRIV};
use crate::{clients, must, npm};

const SOURCE: &str = "crates/web-client/sdk";

#[derive(Args, Default)]
pub(crate) struct Sdk {
    /// Runs the tests against servers on a throwaway PostgreSQL instead of SQLite.
    #[arg(long)]
    postgres: bool,
}

/// Checks a copy below the tools, as deep in the repository as the original, so that nothing is written into the sources.
pub(crate) fn run(sdk: &Sdk) -> anyhow::Result<()> {
    prerequisites::install(&[NODE, NPM])?;
    if sdk.postgres {
        prerequisites::install(&[POSTGRES, SETPRIV, PGREP])?;
    }
    crate::debug_build(&["parlor"])?;
    let folder = npm::install(clients::TOOLS, clients::FOLDER)?.join("sdk");
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    must(Command::new("cp").arg("-R").arg(root().join(SOURCE)).arg(&folder))?;
    let program = crate::target_folder()?.join("debug/parlor");
    let postgres = sdk.postgres.then(|| Postgres::start(Durability::None)).transpose()?;
    for script in ["prepack", "check", "test"] {
        let start = Instant::now();
        let mut npm = Command::new("npm");
        npm.args(["run", "--silent", script]).current_dir(&folder).env("PARLOR_PROGRAM", &program);
        match &postgres {
            Some(postgres) => npm.env("PARLOR_TEST_POSTGRES", postgres.socket()),
            None => npm.env_remove("PARLOR_TEST_POSTGRES"),
        };
        must(&mut npm)?;
        println!("sdk: {script}: {:.1} s", start.elapsed().as_secs_f32());
    }
    Ok(())
}
