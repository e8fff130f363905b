//! The modes of everything that the program creates.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::serve;
use crate::session::Session;

/// Collects everything in a folder, and the folder, with its mode.
fn look_at(path: &Path, seen: &mut Vec<(PathBuf, u32)>) {
    seen.push((path.to_owned(), path.metadata().unwrap().permissions().mode() & 0o777));
    if path.is_dir() {
        path.read_dir().unwrap().for_each(|entry| look_at(&entry.unwrap().path(), seen));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_creates_is_for_its_owner_only_however_generous_the_mask_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut generous = Command::new("sh");
    generous.args(["-c", "umask 0 && exec \"$0\"", env!("CARGO_BIN_EXE_parlor")]).current_dir(folder.path());
    generous.env_remove("DATABASE_URL").env_remove("REDIS_URL");
    let (mut server, address) =
        serve(generous.env("PARLOR_LISTEN", "127.0.0.1:0").env("PARLOR_LOG", "error"));
    let url = format!("http://{address}");
    let uploaded = Session::new(&url).await.at(&url).upload("a.txt", "content").await.unwrap();
    let mut seen = vec![];
    look_at(&folder.path().join("data"), &mut seen);
    for (path, mode) in &seen {
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(*mode, wanted, "{}", path.display());
    }
    for name in ["jwt.secret", "parlor.db", "parlor.db-wal", &uploaded.id.to_string()] {
        assert!(seen.iter().any(|(path, _)| path.ends_with(name)), "{name} among {seen:?}");
    }
    server.kill().unwrap();
    server.wait().unwrap();
}
