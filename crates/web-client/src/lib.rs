//! The files of the web client and of its SDK, in the program: bytes, content types, tags, and the compressed form.

mod comments;
mod file;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

pub use file::File;

/// The page that starts the web client. Its link to `/docs/` is an absolute path; all others are relative.
pub const PAGE: &str = include_str!("../index.html");

/// The page of server admins, with the same kinds of links.
pub const ADMIN_PAGE: &str = include_str!("../admin.html");

#[derive(RustEmbed)]
#[folder = "assets"]
struct Assets;

#[derive(RustEmbed)]
#[folder = "sdk/src"]
struct Sdk;

static FILES: LazyLock<HashMap<String, File>> = LazyLock::new(|| {
    let assets = Assets::iter().filter_map(|path| Some((path.to_string(), Assets::get(&path)?)));
    let sdk = Sdk::iter().filter_map(|path| Some((format!("sdk/{path}"), Sdk::get(&path)?)));
    let keep = |(path, embedded): (String, EmbeddedFile)| {
        let file = File::new(&path, served(&path, bytes(embedded)));
        (path, file)
    };
    assets.chain(sdk).map(keep).collect()
});

/// The folder that the pages name their files in: another one with every change of a file.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut files: Vec<_> = FILES.iter().map(|(path, file)| (path, file.tag())).collect();
    files.sort_unstable();
    let mut digest = Sha256::new();
    for (path, tag) in files {
        digest.update(path);
        digest.update(tag);
    }
    let mut start = [0; 8];
    start.copy_from_slice(&digest.finalize()[..8]);
    format!("{VERSION_MARK}{:016x}", u64::from_be_bytes(start))
});

/// The beginning of the folder of a version; no folder of the assets begins so.
const VERSION_MARK: &str = "v-";

fn bytes(embedded: EmbeddedFile) -> Bytes {
    match embedded.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    }
}

/// Returns the bytes of a file as they are served.
fn served(path: &str, bytes: Bytes) -> Bytes {
    if path.rsplit('.').next() != Some("js") {
        return bytes;
    }
    comments::without_comments(&String::from_utf8_lossy(&bytes)).into()
}

/// Returns a page whose files are named by their version. Modules import each other by relative paths, so all of them are.
#[must_use]
pub fn with_version(page: &str) -> String {
    page.replace("\"assets/", &format!("\"assets/{}/", *VERSION))
}

/// A file as it was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// The file.
    pub file: &'static File,
    /// True if its path names the present version, at which the file never changes.
    pub is_lasting: bool,
}

/// Returns the file at a path below the assets; those of the SDK are below `sdk`. A path may begin with a version. One that is past
/// or still to come gets the present file: while a server is replaced by another, pages of both ask either.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    let (version, path) = match path.split_once('/') {
        Some((version, path)) if version.starts_with(VERSION_MARK) => (version, path),
        _ => ("", path),
    };
    Some(Asset { file: FILES.get(path)?, is_lasting: version == *VERSION })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Returns what a module imports from files: `from '…'`, `import '…'` and `import('…')`.
    fn imports(text: &str) -> impl Iterator<Item = &str> {
        let starts = ["from '", "from \"", "import '", "import \"", "import('"];
        let found = starts.into_iter().flat_map(move |start| text.split(start).skip(1));
        found.filter_map(|rest| rest.split(['\'', '"']).next()).filter(|path| path.starts_with('.'))
    }

    /// Resolves a relative path.
    fn resolve(from: &str, to: &str) -> String {
        let mut parts: Vec<&str> = from.split('/').collect();
        parts.pop();
        for part in to.split('/') {
            match part {
                "." => {}
                ".." => {
                    parts.pop();
                }
                name => parts.push(name),
            }
        }
        parts.join("/")
    }

    fn text(path: &str) -> String {
        let file = asset(path).unwrap_or_else(|| panic!("there is no {path}")).file;
        String::from_utf8(file.plain().to_vec()).unwrap()
    }

    /// Returns the files that lines name, each of them one.
    fn named<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
        lines
            .flat_map(|line| line.split('"'))
            .filter_map(|word| word.strip_prefix("assets/"))
            .map(str::to_owned)
            .collect()
    }

    /// Returns the files of the first view, and those that the page names for later.
    fn first_and_later() -> (BTreeSet<String>, BTreeSet<String>) {
        let (later, first): (Vec<_>, Vec<_>) = PAGE.lines().partition(|line| line.contains("rel=\"later\""));
        (named(first.into_iter()), named(later.into_iter()))
    }

    /// Returns the modules among files.
    fn modules(files: BTreeSet<String>) -> BTreeSet<String> {
        files.into_iter().filter(|path| Path::new(path).extension().is_some_and(|end| end == "js")).collect()
    }

    /// Returns a module and all that it imports at once.
    fn closure(start: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![start.to_owned()];
        while let Some(path) = open.pop() {
            // Those that are loaded later are imported by a call.
            let at_once = text(&path).replace("import('", "");
            let all = imports(&at_once).map(|name| resolve(&path, name));
            open.extend(all.filter(|name| !found.contains(name)));
            found.insert(path);
        }
        found
    }

    #[test]
    fn every_module_that_another_imports_is_served() {
        let modules = FILES.keys().filter(|path| Path::new(path).extension().is_some_and(|end| end == "js"));
        for path in modules {
            for name in imports(&text(path)) {
                let wanted = resolve(path, name);
                assert!(asset(&wanted).is_some(), "{path} imports {wanted}");
            }
        }
    }

    #[test]
    fn the_page_names_every_module_of_the_first_view_and_of_the_rest_and_no_file_that_is_absent() {
        let (first, later) = first_and_later();
        let admin = named(ADMIN_PAGE.lines());
        assert!(
            first.iter().chain(&later).chain(&admin).all(|path| asset(path).is_some()),
            "{first:?} {later:?}"
        );
        let at_once = closure("app.js");
        assert_eq!(modules(first), at_once, "index.html preloads the modules of the first view");
        let rest: BTreeSet<_> = closure("shell/signed-in.js").difference(&at_once).cloned().collect();
        assert_eq!(modules(later), rest, "index.html names the modules that are loaded at the sign-in");
    }

    #[test]
    fn the_first_view_is_small() {
        const BOUND: usize = 60 * 1024;
        let size = |path: &String| {
            let file = asset(path).unwrap().file;
            file.gzip().unwrap_or_else(|| file.plain()).len()
        };
        let (first, _) = first_and_later();
        let code = first.iter().filter(|path| !path.starts_with("icons/"));
        let total: usize = code.map(size).sum();
        assert!(total <= BOUND, "{total} bytes, at most {BOUND}");
    }

    #[test]
    fn the_files_of_a_page_are_lasting_and_others_are_not() {
        let page = with_version(PAGE);
        let first = named(page.lines());
        assert!(first.len() > 10 && first.iter().all(|path| asset(path).unwrap().is_lasting), "{first:?}");
        assert!(!asset("app.js").unwrap().is_lasting);
        let other = asset("v-0123456789abcdef/app.js").unwrap();
        assert!(!other.is_lasting);
        assert_eq!(other.file.tag(), asset("app.js").unwrap().file.tag());
        assert!(asset("v-0123456789abcdef/none.js").is_none());
        assert!(FILES.keys().all(|path| !path.starts_with(VERSION_MARK)));
    }

    #[test]
    fn a_path_that_leaves_the_folder_is_no_file() {
        assert!(asset("../Cargo.toml").is_none());
        assert!(asset("").is_none());
    }
}
