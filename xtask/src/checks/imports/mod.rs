//! Imports within each crate: no long circles, in `api-actix` none from a storey above, and none of the client from the server.

mod circles;
mod graph;
mod modules;
mod storeys;

use std::path::{Path, PathBuf};

use anyhow::Context;
use cargo_metadata::{MetadataCommand, TargetKind};

use super::Findings;
use graph::Imports;
use modules::Crate;

/// The most files that may import from each other in a circle: a module and its nearest.
const LONGEST_CIRCLE: usize = 3;

/// The sources of the program.
const PROGRAM: &str = "crates/parlor/src";

/// A compiled part of a package with the imports of its files.
struct Target {
    files: Vec<PathBuf>,
    imports: Imports,
}

/// Finds circles of imports among more than three files of a crate.
pub(crate) fn circles() -> anyhow::Result<Findings> {
    let targets = targets()?;
    let mut findings = Findings::new(format!("import circles in {} crates and programs", targets.len()));
    for target in &targets {
        let long =
            circles::circles(&target.imports).into_iter().filter(|circle| circle.len() > LONGEST_CIRCLE);
        for circle in long {
            let names: Vec<String> = circle.iter().map(|file| shown(&target.files[*file])).collect();
            findings.add(format!("a circle of {} files: {}", names.len(), names.join(", ")));
        }
    }
    Ok(findings)
}

/// Finds imports of `api-actix` from a storey above the importing file's, or from a neighbour on the same storey.
pub(crate) fn upward() -> anyhow::Result<Findings> {
    let root = Path::new("crates/api-actix/src");
    let target = parsed(&root.join("lib.rs"))?;
    let mut findings =
        Findings::new(format!("imports between the storeys of api-actix, {} files", target.files.len()));
    let inner = |file: &Path| file.strip_prefix(root).unwrap_or(file).to_string_lossy().into_owned();
    for (file, imports) in target.files.iter().zip(&target.imports) {
        for import in imports {
            findings.extend(storeys::complaint(&inner(file), &inner(&target.files[*import])));
        }
    }
    Ok(findings)
}

/// Finds imports of the program's client from the program's server: it knows `parlor-client` alone, and what both ask of a terminal or a
/// command line.
pub(crate) fn of_the_client() -> anyhow::Result<Findings> {
    let target = parsed(&Path::new(PROGRAM).join("main.rs"))?;
    let mut findings = Findings::new("imports of the program's client".to_owned());
    for (file, imports) in target.files.iter().zip(&target.imports) {
        findings.extend(imports.iter().filter_map(|import| of_the_server(file, &target.files[*import])));
    }
    Ok(findings)
}

fn of_the_server(file: &Path, import: &Path) -> Option<String> {
    let client = Path::new(PROGRAM).join("client");
    let shared = ["prompt.rs", "number.rs"].iter().any(|name| import == Path::new(PROGRAM).join(name));
    (file.starts_with(&client) && !import.starts_with(&client) && !shared)
        .then(|| format!("{} imports from {}", file.display(), import.display()))
}

fn targets() -> anyhow::Result<Vec<Target>> {
    let metadata = MetadataCommand::new().no_deps().exec().context("cargo metadata failed")?;
    let targets = metadata.packages.iter().flat_map(|package| &package.targets);
    let compiled = targets.filter(|target| !target.kind.contains(&TargetKind::CustomBuild));
    compiled.map(|target| parsed(target.src_path.as_std_path())).collect()
}

fn parsed(root: &Path) -> anyhow::Result<Target> {
    let parsed = Crate::parse(root)?;
    let imports = parsed.imports();
    Ok(Target { files: parsed.files, imports })
}

fn shown(file: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    file.strip_prefix(here).unwrap_or(file).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_of_the_client_from_the_server_is_found() {
        let found = |file: &str, import: &str| {
            let path = |name: &str| Path::new(PROGRAM).join(name);
            of_the_server(&path(file), &path(import)).is_some()
        };
        assert!(found("client/chat/mod.rs", "settings.rs") && found("client/mod.rs", "serve.rs"));
        assert!(!found("client/chat/mod.rs", "client/account.rs") && !found("client/login.rs", "prompt.rs"));
        assert!(!found("cli.rs", "client/mod.rs") && !found("serve.rs", "settings.rs"));
    }
}
