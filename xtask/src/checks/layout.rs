//! Every source file says in its first line what it contains, and is short enough to read in one go.

use super::Findings;
use super::sources::{Source, rust_sources};

/// The most lines of a file.
const MAX_LINES: usize = 320;

/// Finds files that do not begin with a line `//! …`.
pub(super) fn first_lines() -> anyhow::Result<Findings> {
    let sources = rust_sources()?;
    let mut findings = Findings::new(format!("first lines of {} files", sources.len()));
    findings.extend(sources.iter().filter_map(without_first_line));
    Ok(findings)
}

fn without_first_line(source: &Source) -> Option<String> {
    (!source.text.starts_with("//! ")).then(|| format!("{} does not begin with `//! …`", source.path))
}

/// Finds files that are too long.
pub(super) fn lengths() -> anyhow::Result<Findings> {
    let sources = rust_sources()?;
    let mut findings =
        Findings::new(format!("lengths of {} files, at most {MAX_LINES} lines", sources.len()));
    findings.extend(sources.iter().filter_map(too_long));
    Ok(findings)
}

fn too_long(source: &Source) -> Option<String> {
    let lines = source.text.lines().count();
    (lines > MAX_LINES).then(|| format!("{} has {lines} lines; split it", source.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source { path: "a.rs".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_file_that_begins_without_a_description_is_found() {
        assert!(without_first_line(&source("use std::fmt;\n")).is_some());
        assert!(without_first_line(&source("//! Formats things.\n")).is_none());
    }

    #[test]
    fn a_file_of_too_many_lines_is_found() {
        assert!(too_long(&source(&"\n".repeat(MAX_LINES + 1))).is_some());
        assert!(too_long(&source(&"\n".repeat(MAX_LINES))).is_none());
    }
}
