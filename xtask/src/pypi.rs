//! Programs from the Python package index, which tests and checks use.
#![expect(clippy::print_stdout, reason = "prints what it installs")]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::must;
use crate::paths::root;

/// Installs a program into a virtual environment under `target` where it is missing, and returns its path.
pub(crate) fn install(venv: &str, program: &str, requirements: &str) -> anyhow::Result<PathBuf> {
    let venv = root().join(venv);
    let path = venv.join("bin").join(program);
    if !path.exists() {
        println!("installing {program} from PyPI into {}", venv.display());
        must(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        must(
            Command::new(venv.join("bin/pip"))
                .args(["install", "--quiet", "--requirement"])
                .arg(root().join(Path::new(requirements))),
        )?;
    }
    Ok(path)
}
