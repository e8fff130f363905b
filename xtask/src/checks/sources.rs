//! The text files of the repository.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

/// A file with its path from the root of the repository.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

/// Reads every Rust file that git knows.
pub(super) fn rust_sources() -> anyhow::Result<Vec<Source>> {
    sources("*.rs")
}

/// Reads every file that git knows and whose name matches a pattern.
pub(super) fn sources(pattern: &str) -> anyhow::Result<Vec<Source>> {
    let listed = Command::new("git").args(["ls-files", pattern]).output().context("git did not start")?;
    ensure!(listed.status.success(), "git ls-files failed");
    let names = String::from_utf8(listed.stdout)?;
    // A deleted file is listed until its deletion is committed.
    let existing = names.lines().filter(|path| Path::new(path).exists());
    let read = |path: &str| -> anyhow::Result<Source> {
        let text = std::fs::read_to_string(path).with_context(|| format!("can't read {path}"))?;
        Ok(Source { path: path.to_owned(), text })
    };
    existing.map(read).collect()
}
