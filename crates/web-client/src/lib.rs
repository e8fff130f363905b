//! The files of the web client and of its SDK, in the program: bytes, content types, tags, and the compressed form.

mod comments;
mod file;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;
use rust_embed::{EmbeddedFile, RustEmbed};

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

/// Returns the file at a path below the assets; those of the SDK are below `sdk`.
#[must_use]
pub fn asset(path: &str) -> Option<&'static File> {
    FILES.get(path)
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
        let file = asset(path).unwrap_or_else(|| panic!("there is no {path}"));
        String::from_utf8(file.plain().to_vec()).unwrap()
    }

    /// Returns the files that a page names.
    fn named(page: &str) -> BTreeSet<String> {
        page.split('"').filter_map(|word| word.strip_prefix("assets/")).map(str::to_owned).collect()
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
    fn the_page_names_every_module_of_the_first_view_and_no_file_that_is_absent() {
        let mut found = BTreeSet::new();
        let mut open = vec!["app.js".to_owned()];
        while let Some(path) = open.pop() {
            let text = text(&path);
            // Those that are loaded later are imported by a call.
            let at_once = text.replace("import('", "");
            open.extend(
                imports(&at_once).map(|name| resolve(&path, name)).filter(|name| !found.contains(name)),
            );
            found.insert(path);
        }
        let first = named(PAGE);
        assert!(first.union(&named(ADMIN_PAGE)).all(|path| asset(path).is_some()), "{first:?}");
        let modules =
            first.into_iter().filter(|path| Path::new(path).extension().is_some_and(|end| end == "js"));
        assert_eq!(
            modules.collect::<BTreeSet<_>>(),
            found,
            "index.html preloads the modules of the first view"
        );
    }

    #[test]
    fn the_first_view_is_small() {
        const BOUND: usize = 60 * 1024;
        let size = |path: &String| {
            let file = asset(path).unwrap();
            file.gzip().unwrap_or_else(|| file.plain()).len()
        };
        let first = named(PAGE);
        let code = first.iter().filter(|path| !path.starts_with("icons/"));
        let total: usize = code.map(size).sum();
        assert!(total <= BOUND, "{total} bytes, at most {BOUND}");
    }

    #[test]
    fn a_path_that_leaves_the_folder_is_no_file() {
        assert!(asset("../Cargo.toml").is_none());
        assert!(asset("").is_none());
    }
}
