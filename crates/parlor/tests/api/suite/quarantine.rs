//! Deleted files, and bytes without a file, until they are removed.

use std::time::Duration;

use super::files::{HELLO, stored, upload, url};
use crate::support::Parlor;

/// Puts bytes that belong to no file into the store, as long ago as that they are no upload in progress.
fn leave_behind(parlor: &Parlor) {
    let folder = parlor.folder().join("data/files");
    for name in ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002#1"] {
        let file = std::fs::File::create(folder.join(name)).unwrap();
        let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        file.set_modified(long_ago).unwrap();
    }
}

#[tokio::test]
async fn deleted_files_and_remains_of_a_crash_are_kept_in_quarantine() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    upload(&alice, "a.txt", HELLO).await;
    let deleted = url(&upload(&alice, "b.txt", HELLO).await);
    alice.delete(&deleted).await.expect(204);
    leave_behind(&parlor);
    let dry = parlor.run(&["files", "gc", "--dry-run"]);
    assert!(dry.contains("2 stored objects that belong to no file"), "{dry}");
    for orphans in [2, 0] {
        let output = parlor.run(&["files", "gc"]);
        assert!(output.contains(&format!("and {orphans} stored objects that belong to no file")), "{output}");
        assert!(output.contains("removed the bytes of 0 files"), "{output}");
    }
    assert_eq!(stored(&parlor).len(), 4);
    alice.get(&deleted).await.error(404, "FILE_NOT_FOUND");
}

#[tokio::test]
async fn bytes_are_removed_after_their_quarantine() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_FILES_QUARANTINE", "0s")]);
    let alice = parlor.user("alice").await;
    upload(&alice, "a.txt", HELLO).await;
    let kept = stored(&parlor);
    alice.delete(&url(&upload(&alice, "b.txt", HELLO).await)).await.expect(204);
    leave_behind(&parlor);
    assert!(parlor.run(&["files", "gc", "--dry-run"]).contains("would remove the bytes of 1 files"));
    assert_eq!(stored(&parlor).len(), 4);
    assert!(parlor.run(&["files", "gc"]).contains("removed the bytes of 3 files"));
    assert_eq!(stored(&parlor), kept);
}
