//! The smoke test of an image: it contains the program and the certificates of TLS alone, serves as its own user on a
//! read-only root, passes its health check, stops on SIGTERM, and keeps its data.
#![expect(clippy::print_stdout, reason = "prints its findings")]

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::container::{Container, confined, describe, user};
use super::{Store, TRUSTED};
use crate::curl;

/// The paths in the image; true where the path belongs to the user that the program runs as.
const CONTENTS: &[(&str, bool)] = &[
    ("/data", true),
    ("/etc", false),
    ("/etc/ssl", false),
    ("/etc/ssl/certs", false),
    (TRUSTED, false),
    ("/parlor", false),
];

/// Creates a container of the image, checks its contents, and runs it twice on the same data.
pub(super) fn run(store: &Store, tag: &str) -> anyhow::Result<()> {
    let image: Value = serde_json::from_str(&store.output(&["inspect", "--type", "image", tag])?)?;
    let container = store.output(&["from", tag])?;
    let tested = store
        .output(&["mount", &container])
        .and_then(|mounted| test(&image["Docker"]["config"], Path::new(&mounted)));
    let removed = store.output(&["rm", &container]);
    tested?;
    removed.map(drop)
}

fn test(config: &Value, mounted: &Path) -> anyhow::Result<()> {
    let size = contents(mounted, user(config)?)?;
    println!("image: contains the program and the certificates of TLS, {} MiB", size >> 20);
    let bundle = bundle(config, mounted)?;

    let container = Container::start(bundle.path())?;
    container.exec(&health_check(config)?).context("its health check fails")?;
    for (path, writable) in [("/file", false), ("/etc/file", false), ("/data/file", true)] {
        let problem = if writable { "can't be written to" } else { "can be written to" };
        ensure!(container.can_write(path)? == writable, "{path} {problem}");
    }
    let token = curl::token(|path, body| container.request(path, None, Some(body)))?;
    let room = container.request("/api/rooms", Some(&token), Some(&json!({"name": "Image"})))?;
    let room = room["data"]["id"].as_str().context("no room")?;
    let messages = format!("/api/rooms/{room}/messages");
    container.request(&messages, Some(&token), Some(&json!({"content": "still here"})))?;
    container.stop()?;

    // The token stays valid because the signing key is kept with the data.
    let container = Container::start(bundle.path())?;
    let history = container.request(&messages, Some(&token), None)?;
    ensure!(history["data"][0]["content"] == "still here", "the message is lost: {history}");
    container.stop()?;
    println!(
        "image: serves as user {} on a read-only root, passes its health check, stops on SIGTERM, and keeps its data",
        config["User"]
    );
    Ok(())
}

/// Creates the bundle that runc runs, with a folder for `/data`.
fn bundle(config: &Value, mounted: &Path) -> anyhow::Result<tempfile::TempDir> {
    let bundle = tempfile::tempdir()?;
    let data = bundle.path().join("data");
    std::fs::create_dir(&data)?;
    let (user, group) = user(config)?;
    chown(&data, Some(user), Some(group))?;
    describe(bundle.path(), |spec| confined(spec, config, mounted, &data))?;
    Ok(bundle)
}

/// Returns the command of the image's health check, which must not need a shell.
fn health_check(config: &Value) -> anyhow::Result<Vec<&str>> {
    let check = config["Healthcheck"]["Test"].as_array().context("the image has no health check")?;
    let check: Vec<_> = check.iter().filter_map(Value::as_str).collect();
    let (form, check) = check.split_first().context("the image's health check is empty")?;
    ensure!(*form == "CMD", "the image's health check needs a shell: {form} {check:?}");
    Ok(check.to_vec())
}

/// Checks that the image contains the expected paths and nothing else, and that the program may write to `/data` alone.
/// Returns the size in bytes.
fn contents(mounted: &Path, user: (u32, u32)) -> anyhow::Result<u64> {
    let mut found = vec![];
    list(mounted, &mut found)?;
    let mut size = 0;
    for (path, metadata) in &found {
        let path = Path::new("/").join(path.strip_prefix(mounted)?);
        let (_, of_user) = CONTENTS
            .iter()
            .find(|(expected, _)| path == Path::new(expected))
            .with_context(|| format!("{} must not be in the image", path.display()))?;
        let owner = if *of_user { user } else { (0, 0) };
        ensure!(
            (metadata.uid(), metadata.gid()) == owner,
            "{} has another owner than expected",
            path.display()
        );
        ensure!(metadata.mode() & 0o022 == 0, "other users may write to {}", path.display());
        size += metadata.len();
    }
    ensure!(found.len() == CONTENTS.len(), "files are missing: expected {CONTENTS:?}, found {found:?}");
    Ok(size)
}

fn list(folder: &Path, found: &mut Vec<(PathBuf, Metadata)>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // The metadata of a link itself, not of its target.
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            list(&entry.path(), found)?;
        }
        found.push((entry.path(), metadata));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_health_check_that_needs_a_shell_is_refused() {
        let config = |test: Value| json!({"Healthcheck": {"Test": test}});
        let good = config(json!(["CMD", "/parlor", "health"]));
        assert_eq!(health_check(&good).unwrap(), ["/parlor", "health"]);
        for bad in [json!(["CMD-SHELL", "/parlor health"]), json!(["NONE"]), json!([]), json!(null)] {
            assert!(health_check(&config(bad.clone())).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_image_with_anything_else_in_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sh"), "").unwrap();
        let error = contents(folder.path(), (65532, 65532)).unwrap_err().to_string();
        assert_eq!(error, "/sh must not be in the image");
    }
}
