//! `cargo xtask sdk`: checks the types of the SDK for JavaScript against the description of the API, and runs its tests against
//! servers of the debug build. `crates/web-client/sdk/package.json` has the commands; the tools are those of `cargo xtask clients`.
#![expect(clippy::print_stdout, reason = "prints its progress")]

use std::process::Command;
use std::time::Instant;

use crate::paths::root;
use crate::prerequisites::{self, NODE, NPM};
use crate::{clients, must, npm};

const SOURCE: &str = "crates/web-client/sdk";

/// Checks a copy below the tools, as deep in the repository as the original, so that nothing is written into the sources.
pub(crate) fn run() -> anyhow::Result<()> {
    prerequisites::install(&[NODE, NPM])?;
    crate::debug_build(&["parlor"])?;
    let folder = npm::install(clients::TOOLS, clients::FOLDER)?.join("sdk");
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    must(Command::new("cp").arg("-R").arg(root().join(SOURCE)).arg(&folder))?;
    let program = crate::target_folder()?.join("debug/parlor");
    for script in ["prepack", "check", "test"] {
        let start = Instant::now();
        let npm = ["run", "--silent", script];
        must(Command::new("npm").args(npm).current_dir(&folder).env("PARLOR_PROGRAM", &program))?;
        println!("sdk: {script}: {:.1} s", start.elapsed().as_secs_f32());
    }
    Ok(())
}
