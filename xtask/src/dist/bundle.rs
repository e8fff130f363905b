//! The libraries in the web client: its bundle begins with a comment that lists them, with their licences.

use anyhow::Context;

use crate::paths::root;

/// The bundle, as `cargo xtask web` makes it.
const BUNDLE: &str = "crates/web-client/assets/vendor.js";
/// The line between two libraries in the comment.
const RULE: &str = "\n---\n";

/// The comment at the start of the bundle.
pub(super) struct Bundle {
    /// The libraries, with their licences.
    pub(super) notices: String,
    pub(super) libraries: Vec<Library>,
}

/// A package of npm.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Library {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) license: String,
}

impl Bundle {
    /// Reads the bundle's comment.
    pub(super) fn read() -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(root().join(BUNDLE)).with_context(|| format!("can't read {BUNDLE}"))?;
        Self::parse(&text)
            .with_context(|| format!("{BUNDLE} does not begin with the licences of its libraries"))
    }

    fn parse(text: &str) -> Option<Self> {
        let (notices, _) = text.strip_prefix("/*!")?.split_once("*/")?;
        let libraries: Option<Vec<_>> =
            notices.split(RULE).map(|notice| notice.lines().find_map(Library::parse)).collect();
        Some(Self { notices: notices.trim().to_owned(), libraries: libraries? })
    }
}

impl Library {
    /// Reads the line that begins the notice of a library: `name 1.2.3 (licence)`.
    fn parse(line: &str) -> Option<Self> {
        let (package, license) = line.strip_suffix(')')?.split_once(" (")?;
        let (name, version) = package.split_once(' ')?;
        let is_version = version.starts_with(|c: char| c.is_ascii_digit()) && !version.contains(' ');
        is_version.then(|| Self {
            name: name.to_owned(),
            version: version.to_owned(),
            license: license.to_owned(),
        })
    }

    /// Returns the package URL.
    pub(super) fn purl(&self) -> String {
        format!("pkg:npm/{}@{}", self.name.replace('@', "%40"), self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_library_of_the_bundle_is_found() {
        let text = "/*!\nMade by a tool.\n\na 1.0.0 (MIT)\n\nCopyright (c) 2015 A\n\n---\n\n@b/c 2.1.0 (Apache-2.0)\n\nCopyright B\n*/\ncode()";
        let bundle = Bundle::parse(text).unwrap();
        let purls: Vec<_> = bundle.libraries.iter().map(Library::purl).collect();
        assert_eq!(purls, ["pkg:npm/a@1.0.0", "pkg:npm/%40b/c@2.1.0"]);
        assert!(bundle.notices.ends_with("Copyright B"));
        assert!(Bundle::parse("code()").is_none());
    }

    #[test]
    fn the_web_client_lists_its_libraries() {
        let bundle = Bundle::read().unwrap();
        assert!(bundle.libraries.iter().any(|library| library.name == "preact" && library.license == "MIT"));
    }
}
