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
    use std::path::Path;

    use super::*;

    /// Returns the modules and styles that a text names by a relative path in quotes.
    fn named(text: &str) -> impl Iterator<Item = &str> {
        text.split(['"', '\'']).filter(|word| {
            let known = [".js", ".css"].iter().any(|end| word.ends_with(end));
            known && word.starts_with('.') && !word.contains(char::is_whitespace)
        })
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

    #[test]
    fn every_module_that_another_imports_is_served() {
        let modules =
            FILES.iter().filter(|(path, _)| Path::new(path).extension().is_some_and(|end| end == "js"));
        for (path, file) in modules {
            let text = String::from_utf8(file.plain().to_vec()).unwrap();
            for name in named(&text) {
                let wanted = resolve(path, name);
                assert!(asset(&wanted).is_some(), "{path} names {wanted}");
            }
        }
    }

    #[test]
    fn the_pages_name_files_that_are_served() {
        for page in [PAGE, ADMIN_PAGE] {
            let mut count = 0;
            for path in page.split('"').filter_map(|word| word.strip_prefix("assets/")) {
                assert!(asset(path).is_some(), "{path}");
                count += 1;
            }
            assert!(count > 2);
        }
    }

    #[test]
    fn the_first_view_is_small() {
        const BOUND: usize = 60 * 1024;
        let files = PAGE.split('"').filter_map(|word| word.strip_prefix("assets/"));
        let code = files.filter(|path| [".js", ".css"].iter().any(|end| path.ends_with(end)));
        let size = |file: &File| file.gzip().unwrap_or_else(|| file.plain()).len();
        let sizes: Vec<(usize, &str)> = code.map(|path| (size(asset(path).unwrap()), path)).collect();
        let total: usize = sizes.iter().map(|(size, _)| size).sum();
        assert!(total <= BOUND, "{total} bytes: {sizes:?}");
    }

    #[test]
    fn a_path_that_leaves_the_folder_is_no_file() {
        assert!(asset("../Cargo.toml").is_none());
        assert!(asset("").is_none());
    }
}
