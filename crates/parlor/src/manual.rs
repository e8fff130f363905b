//! Shell completions and the manual, from the definition of the command line.

use std::path::Path;

use anyhow::Context;
use clap_complete::Shell;

use crate::cli::Cli;

/// Returns the completions for a shell.
pub(crate) fn completions(shell: Shell) -> String {
    let mut script = vec![];
    clap_complete::generate(shell, &mut Cli::definition(), "parlor", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Writes a page for the program and for each command into a folder.
pub(crate) fn pages(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::definition(), folder))
        .with_context(|| format!("can't write the manual into {}", folder.display()))
}
