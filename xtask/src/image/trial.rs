//! What an image must prove: that it holds nothing but the program and whom TLS trusts, serves as its own user on a root that
//! can't be written to, is healthy by its own check, ends when told to, and keeps what was said.
#![expect(clippy::print_stdout, reason = "says what it found")]

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::container::{Container, confined, describe, user};
use super::{Store, TRUSTED};
use crate::http;

/// What is in the image, and whether it belongs to the one whom the program runs as.
const CONTENTS: &[(&str, bool)] = &[
    ("/data", true),
    ("/etc", false),
    ("/etc/ssl", false),
    ("/etc/ssl/certs", false),
    (TRUSTED, false),
    ("/parlor", false),
];

/// Makes a container of the image, looks into it, and runs it twice on the same data.
pub(super) fn run(store: &Store, tag: &str) -> anyhow::Result<()> {
    let image: Value = serde_json::from_str(&store.answer(&["inspect", "--type", "image", tag])?)?;
    let container = store.answer(&["from", tag])?;
    let tried = store
        .answer(&["mount", &container])
        .and_then(|mounted| trial(&image["Docker"]["config"], Path::new(&mounted)));
    let removed = store.answer(&["rm", &container]);
    tried?;
    removed.map(drop)
}

fn trial(config: &Value, mounted: &Path) -> anyhow::Result<()> {
    let size = contents(mounted, user(config)?)?;
    println!("image: it holds the program and whom TLS trusts: {} MiB", size >> 20);
    let bundle = bundle(config, mounted)?;

    let container = Container::start(bundle.path())?;
    container.exec(&health_check(config)?).context("its health check fails")?;
    for (path, may) in [("/file", false), ("/etc/file", false), ("/data/file", true)] {
        let wrong = if may { "can't be written to" } else { "can be written to" };
        ensure!(container.can_write(path)? == may, "{path} {wrong}");
    }
    let token = http::token(|path, body| container.ask(path, None, Some(body)))?;
    let room = container.ask("/api/rooms", Some(&token), Some(&json!({"name": "Image"})))?;
    let room = room["data"]["id"].as_str().context("no room")?;
    let messages = format!("/api/rooms/{room}/messages");
    container.ask(&messages, Some(&token), Some(&json!({"content": "still here"})))?;
    container.end()?;

    // The token is good for as long as the key that it was signed with is kept.
    let container = Container::start(bundle.path())?;
    let history = container.ask(&messages, Some(&token), None)?;
    ensure!(history["data"][0]["content"] == "still here", "it forgot what was said: {history}");
    container.end()?;
    println!(
        "image: it serves as user {} on a read-only root, is healthy, ends when told to, and remembers",
        config["User"]
    );
    Ok(())
}

/// Where runc finds what to run, and what is kept of `/data`.
fn bundle(config: &Value, mounted: &Path) -> anyhow::Result<tempfile::TempDir> {
    let bundle = tempfile::tempdir()?;
    let data = bundle.path().join("data");
    std::fs::create_dir(&data)?;
    let (user, group) = user(config)?;
    chown(&data, Some(user), Some(group))?;
    describe(bundle.path(), |spec| confined(spec, config, mounted, &data))?;
    Ok(bundle)
}

/// The image's health check as it is run without a shell.
fn health_check(config: &Value) -> anyhow::Result<Vec<&str>> {
    let check = config["Healthcheck"]["Test"].as_array().context("the image has no health check")?;
    let check: Vec<_> = check.iter().filter_map(Value::as_str).collect();
    let (form, check) = check.split_first().context("the image's health check is empty")?;
    ensure!(*form == "CMD", "the image's health check needs a shell: {form} {check:?}");
    Ok(check.to_vec())
}

/// Sees that there is what should be, nothing else, and that only `/data` is the program's to write to; answers the size.
fn contents(mounted: &Path, user: (u32, u32)) -> anyhow::Result<u64> {
    let mut found = vec![];
    list(mounted, &mut found)?;
    let mut size = 0;
    for (path, about) in &found {
        let path = Path::new("/").join(path.strip_prefix(mounted)?);
        let (_, theirs) = CONTENTS
            .iter()
            .find(|(expected, _)| path == Path::new(expected))
            .with_context(|| format!("{} has no business in the image", path.display()))?;
        let owner = if *theirs { user } else { (0, 0) };
        ensure!((about.uid(), about.gid()) == owner, "{} belongs to somebody else", path.display());
        ensure!(about.mode() & 0o022 == 0, "others may write to {}", path.display());
        size += about.len();
    }
    ensure!(found.len() == CONTENTS.len(), "something is missing: of {CONTENTS:?} there is {found:?}");
    Ok(size)
}

fn list(folder: &Path, found: &mut Vec<(PathBuf, Metadata)>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // Of a link itself, not of what it points to.
        let about = entry.metadata()?;
        if about.is_dir() {
            list(&entry.path(), found)?;
        }
        found.push((entry.path(), about));
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
        assert_eq!(error, "/sh has no business in the image");
    }
}
