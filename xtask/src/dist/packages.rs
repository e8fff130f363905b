//! The packages of other authors that the program contains, from cargo.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::Context;
use cargo_metadata::{DependencyKind, MetadataCommand, Package, PackageId};

use super::bundle::Bundle;
use super::output;
use crate::paths::root;

/// The packages that the program contains, by name and version.
pub(super) struct Packages {
    /// Those of this workspace.
    pub(super) own: Vec<Package>,
    /// Those of other authors.
    pub(super) others: Vec<Package>,
    /// Those of npm, in the web client.
    pub(super) bundle: Bundle,
    /// The packages that each one uses itself.
    uses: BTreeMap<PackageId, BTreeSet<PackageId>>,
    checksums: BTreeMap<(String, String), String>,
}

impl Packages {
    /// Finds the packages of the program `parlor` for a platform, without those that only build or test it.
    pub(super) fn of_program(target: &str) -> anyhow::Result<Self> {
        let options = ["--locked", "--filter-platform", target].map(str::to_owned);
        let mut metadata = MetadataCommand::new()
            .current_dir(root())
            .other_options(options)
            .exec()
            .context("cargo metadata failed")?;
        let resolved = metadata.resolve.take().context("cargo metadata resolved nothing")?;
        // Metadata have the features of the whole workspace; the tree has those of the program alone.
        let mut tree = Command::new("cargo");
        tree.args(["tree", "--locked", "--package", "parlor", "--edges", "normal", "--target", target]);
        let tree = output(tree.args(["--prefix", "none", "--format", "{p}"]).current_dir(root()))?;
        let contained = names(&String::from_utf8(tree)?);
        let is_in =
            |package: &Package| contained.contains(&(package.name.to_string(), package.version.to_string()));
        let mut packages: Vec<_> = metadata.packages.into_iter().filter(is_in).collect();
        let ids: BTreeSet<_> = packages.iter().map(|package| package.id.clone()).collect();
        let uses: BTreeMap<_, BTreeSet<_>> = resolved
            .nodes
            .into_iter()
            .filter(|node| ids.contains(&node.id))
            .map(|node| {
                let normal = node.deps.into_iter().filter(|dependency| {
                    let normal = dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
                    normal && ids.contains(&dependency.pkg)
                });
                (node.id, normal.map(|dependency| dependency.pkg).collect())
            })
            .collect();
        packages.sort_by(|a, b| (&*a.name, &a.version).cmp(&(&*b.name, &b.version)));
        let (others, own) = packages.into_iter().partition(|package| package.source.is_some());
        let lock = std::fs::read_to_string(root().join("Cargo.lock")).context("can't read Cargo.lock")?;
        Ok(Self { own, others, bundle: Bundle::read()?, uses, checksums: checksums(&lock) })
    }

    /// Returns the ids of the packages that one uses itself.
    pub(super) fn uses(&self, package: &Package) -> impl Iterator<Item = &PackageId> {
        self.uses.get(&package.id).into_iter().flatten()
    }

    /// Returns the SHA-256 of a package, as the lock file has it.
    pub(super) fn checksum(&self, package: &Package) -> Option<&str> {
        self.checksums.get(&(package.name.to_string(), package.version.to_string())).map(String::as_str)
    }
}

/// Reads the packages of a tree without indentation, by name and version.
fn names(tree: &str) -> BTreeSet<(String, String)> {
    let read = tree.lines().filter_map(|line| {
        let (name, rest) = line.split_once(" v")?;
        Some((name.to_owned(), rest.split(' ').next()?.to_owned()))
    });
    read.collect()
}

/// Reads the checksums of a lock file, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let packages = lock.split("[[package]]").skip(1);
    let read = packages.filter_map(|package| {
        let field = |name: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
            line.map(|value| value.trim_matches('"').to_owned())
        };
        Some(((field("name")?, field("version")?), field("checksum")?))
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"ab\"\n\n\
            [[package]]\nname = \"own\"\nversion = \"0.1.0\"\n";
        let expected = BTreeMap::from([(("a".to_owned(), "1.0.0".to_owned()), "ab".to_owned())]);
        assert_eq!(checksums(lock), expected);
    }

    #[test]
    fn packages_are_those_of_the_tree() {
        let tree = "parlor v0.1.0 (/source/crates/parlor)\nserde v1.0.229\nserde_derive v1.0.229 (proc-macro)\nserde v1.0.229 (*)\n";
        let expected = [("parlor", "0.1.0"), ("serde", "1.0.229"), ("serde_derive", "1.0.229")];
        assert_eq!(names(tree), expected.map(|(name, version)| (name.to_owned(), version.to_owned())).into());
    }

    #[test]
    fn what_only_tests_or_builds_the_program_is_not_in_it() {
        let packages = Packages::of_program(crate::image::TARGET).unwrap();
        let has = |name: &str| packages.others.iter().any(|package| *package.name == name);
        assert!(has("serde") && has("libsqlite3-sys"));
        assert!(!has("mockall") && !has("cc"));
        assert!(packages.own.iter().any(|package| *package.name == "domain"));
        assert!(packages.others.iter().all(|package| packages.checksum(package).is_some()));
    }
}
