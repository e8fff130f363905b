//! `parlor search`. (What a former release leaves to index is a test of each store.)

use crate::{run, text};

#[test]
fn a_complete_index_needs_nothing_and_reindexing_again_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(&folder, &["migrate", "run"]).status.success());
    for _ in 0..2 {
        let done = run(&folder, &["search", "reindex"]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        let said = text(&done.stdout);
        assert!(said.contains("messages to add: 0, edits: 0\n"), "{said}");
        assert!(said.ends_with("the index is complete: 0 messages and 0 edits were added\n"), "{said}");
    }
    let doctor = run(&folder, &["doctor"]);
    assert!(text(&doctor.stdout).contains("ok     search: every message is found"));
}
