//! Third-party notices: every package of other authors in the program, and the texts of their licences, each once.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use cargo_metadata::Package;

use super::files;
use super::packages::Packages;

/// The first words of files that hold a licence, or what it asks to be kept with it.
const NAMES: &[&str] = &["license", "licence", "copying", "copyright", "notice", "unlicense"];
/// The most bytes of such a file: a larger one is none.
const MOST_BYTES: u64 = 1 << 18;
const RULE: &str = "--------------------------------------------------------------------------------";

/// Writes the notices.
pub(super) fn text(packages: &Packages) -> anyhow::Result<String> {
    let mut text = String::from(
        "Parlor contains software of other authors. This file lists it: first the packages with their licences, then the texts\n\
         of the licences, and who they are from.\n\n",
    );
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in &packages.others {
        let name = format!("{} {}", package.name, package.version);
        let licence = package.license.as_deref().unwrap_or("see below");
        let place = package.repository.as_deref().unwrap_or("https://crates.io");
        writeln!(text, "{name}: {licence} ({place})")?;
        let folder = package.manifest_path.parent().context("a manifest without a folder")?;
        let found = licences(folder.as_std_path())?;
        if found.is_empty() {
            texts.entry(without_text(package)).or_default().push(name);
            continue;
        }
        for file in found {
            let licence = fs::read(&file).with_context(|| format!("can't read {}", file.display()))?;
            let users = texts
                .entry(String::from_utf8_lossy(&licence).replace("\r\n", "\n").trim().to_owned())
                .or_default();
            if users.last() != Some(&name) {
                users.push(name.clone());
            }
        }
    }
    for library in &packages.bundle.libraries {
        let (name, version) = (&library.name, &library.version);
        writeln!(text, "{name} {version}: {} (https://www.npmjs.com/package/{name})", library.license)?;
    }
    texts
        .entry(packages.bundle.notices.clone())
        .or_default()
        .push("the libraries of the web client".to_owned());
    for package in &packages.own {
        let folder = package.manifest_path.parent().context("a manifest without a folder")?;
        for file in licences(folder.as_std_path())? {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            texts.entry(fs::read_to_string(&file)?.trim().to_owned()).or_default().push(name);
        }
    }
    let mut texts: Vec<_> = texts.into_iter().collect();
    // The licence of most packages first; where it is of as many, by their names.
    texts.sort_by(|(_, a), (_, b)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    for (licence, users) in texts {
        write!(text, "\n{RULE}\n{}\n{RULE}\n\n{licence}\n", users.join(", "))?;
    }
    Ok(text)
}

/// Returns the notice of a package that has no text of its licence.
fn without_text(package: &Package) -> String {
    let authors =
        if package.authors.is_empty() { "its authors".to_owned() } else { package.authors.join(", ") };
    format!("By {authors}, under the licence named above, whose text the package does not contain.")
}

/// Returns the files of a package that hold licences: also of what it contains of other authors, such as C libraries.
fn licences(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = files(folder)?;
    found.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let text = path.extension().is_none_or(|extension| {
            let extension = extension.to_string_lossy().to_lowercase();
            !["rs", "c", "h", "cc", "go", "pl", "py", "js", "json", "toml", "html"]
                .contains(&extension.as_str())
        });
        let named = NAMES.iter().any(|start| name.starts_with(start)) || name.ends_with(".license");
        named && text && fs::metadata(path).is_ok_and(|file| file.len() <= MOST_BYTES)
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_found_by_their_names_in_every_folder_of_a_package() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("vendor")).unwrap();
        let licences_of = ["LICENSE-MIT", "NOTICE.txt", "vendor/COPYING", "words.LICENSE"];
        for name in licences_of.into_iter().chain(["license.rs", "README.md"]) {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let found = licences(folder.path()).unwrap();
        let found: Vec<_> =
            found.iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(found, licences_of);
    }

    #[test]
    fn the_notices_have_every_package_and_what_it_contains_of_others() {
        let packages = Packages::of_program(crate::image::TARGET).unwrap();
        let text = text(&packages).unwrap();
        for package in &packages.others {
            assert!(text.contains(&format!("{} {}: ", package.name, package.version)), "{}", package.name);
        }
        for library in &packages.bundle.libraries {
            assert!(text.contains(&format!("{} {}: ", library.name, library.version)), "{}", library.name);
        }
        for part in ["Permission is hereby granted", "Apache License", "common_passwords.LICENSE", "Facebook"]
        {
            assert!(text.contains(part), "{part}");
        }
    }
}
