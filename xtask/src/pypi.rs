//! Programs of Python's registry that others are tested with.
#![expect(clippy::print_stdout, reason = "says what it does")]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::deploy::root;
use crate::must;

/// A program of Python's registry in a virtual environment under `target`, installed where it is not there yet.
pub(crate) fn installed(venv: &str, program: &str, requirements: &str) -> anyhow::Result<PathBuf> {
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
