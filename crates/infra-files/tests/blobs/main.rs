//! Rules for all blob stores: on disk, with an S3-compatible service, and in memory with small chunks.
#![expect(clippy::unwrap_used, reason = "a test panics where its setup fails")]

mod service;

use std::path::Path;

use domain::file::{BlobStore, FileStoreMarks, StoredBlob};
use domain::{DatabaseId, FileId, StoreError};
use infra_files::ObjectBlobs;
use tempfile::TempDir;
use uuid::Uuid;

fn file(n: u128) -> FileId {
    FileId(Uuid::from_u128(n))
}

/// Returns the stores, and the folder that some of them use.
fn stores() -> (TempDir, [ObjectBlobs; 3]) {
    let folder = tempfile::tempdir().unwrap();
    let local = local(folder.path());
    let service = service::open("somewhere/deep", folder.path());
    (folder, [local, service, ObjectBlobs::in_memory(1_000)])
}

fn local(folder: &Path) -> ObjectBlobs {
    ObjectBlobs::open(&format!("file://{}/files", folder.display()), folder).unwrap()
}

async fn put(store: &ObjectBlobs, n: u128, chunks: &[&[u8]]) {
    let mut writer = store.create(file(n)).await.unwrap();
    for chunk in chunks {
        writer.write(chunk.to_vec()).await.unwrap();
    }
    writer.finish().await.unwrap();
}

async fn get(store: &ObjectBlobs, n: u128, range: std::ops::Range<u64>) -> Option<Vec<u8>> {
    let mut reader = store.read(file(n), range).await.unwrap()?;
    let mut all = vec![];
    while let Some(chunk) = reader.next().await.unwrap() {
        all.extend(chunk);
    }
    Some(all)
}

async fn list(store: &ObjectBlobs) -> Vec<StoredBlob> {
    let mut lister = store.list().await.unwrap();
    let mut all = vec![];
    loop {
        let next = lister.next().await.unwrap();
        if next.is_empty() {
            all.sort_by_key(|blob: &StoredBlob| blob.file);
            return all;
        }
        all.extend(next);
    }
}

fn count(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[tokio::test]
async fn stored_bytes_can_be_read_in_full_and_in_ranges() {
    let (_keep, stores) = stores();
    let bytes: Vec<u8> = (0..700_000u32).flat_map(u32::to_le_bytes).collect();
    let (one, rest) = bytes.split_at(999);
    let (two, three) = rest.split_at(1_500_000);
    for store in stores {
        put(&store, 1, &[one, b"", two, three]).await;
        put(&store, 2, &[]).await;
        let length = u64::try_from(bytes.len()).unwrap();
        assert!(get(&store, 1, 0..length).await.unwrap() == bytes);
        assert_eq!(get(&store, 1, 998..1_003).await.unwrap(), bytes[998..1_003]);
        assert_eq!(get(&store, 3, 0..1).await, None);
        let sizes: Vec<_> = list(&store).await.iter().map(|blob| (blob.file, blob.size)).collect();
        assert_eq!(sizes, [(file(1), length), (file(2), 0)]);
        store.delete(file(1)).await.unwrap();
        store.delete(file(1)).await.unwrap();
        assert_eq!(get(&store, 1, 0..1).await, None);
    }
}

#[tokio::test]
async fn an_empty_range_reads_no_bytes_of_an_existing_file() {
    let (_keep, stores) = stores();
    for store in &stores {
        put(store, 1, &[]).await;
        put(store, 2, &[b"hello"]).await;
        assert_eq!(get(store, 1, 0..0).await, Some(vec![]));
        assert_eq!(get(store, 2, 0..0).await, Some(vec![]));
        assert_eq!(get(store, 3, 0..0).await, None);
    }
}

#[tokio::test]
async fn an_aborted_or_dropped_upload_leaves_nothing() {
    let (folder, stores) = stores();
    let files = folder.path().join("files");
    for store in stores {
        let mut writer = store.create(file(1)).await.unwrap();
        writer.write(vec![7; 600_000]).await.unwrap();
        writer.abort().await.unwrap();
        assert!(list(&store).await.is_empty());
        let mut writer = store.create(file(1)).await.unwrap();
        writer.write(vec![7; 600_000]).await.unwrap();
        drop(writer);
        // The removal runs in the background, without an event to wait for.
        while !list(&store).await.is_empty() {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(count(&files), 0);
}

#[tokio::test]
async fn remains_of_a_crash_are_listed_and_can_be_removed() {
    let folder = tempfile::tempdir().unwrap();
    let store = local(folder.path());
    let files = folder.path().join("files");
    std::fs::write(files.join(format!("{}#1", file(1).0)), b"half").unwrap();
    std::fs::write(files.join("notes.txt"), b"not ours").unwrap();
    let found = list(&store).await;
    assert_eq!(found.iter().map(|blob| (blob.file, blob.size)).collect::<Vec<_>>(), [(file(1), 4)]);
    store.delete(file(1)).await.unwrap();
    assert_eq!(count(&files), 1);
}

#[tokio::test]
async fn a_store_keeps_its_owner_and_the_changes_of_each_database_beside_the_files() {
    let (_keep, stores) = stores();
    let database = |n| DatabaseId(Uuid::from_u128(n));
    for store in stores {
        assert_eq!(store.owner().await.unwrap(), None);
        assert_eq!(store.changes(database(1)).await.unwrap(), 0);
        for owner in [database(1), database(2)] {
            store.set_owner(owner).await.unwrap();
            assert_eq!(store.owner().await.unwrap(), Some(owner));
        }
        for changes in [7, u64::MAX, 3] {
            store.note_changes(database(1), changes).await.unwrap();
            assert_eq!(store.changes(database(1)).await.unwrap(), changes);
        }
        assert_eq!(store.changes(database(2)).await.unwrap(), 0);
        put(&store, 1, &[b"hello"]).await;
        assert_eq!(list(&store).await.len(), 1, "marks are no files");
    }
}

#[tokio::test]
async fn an_unreadable_mark_is_an_error_and_never_absent() {
    let folder = tempfile::tempdir().unwrap();
    let store = local(folder.path());
    std::fs::write(folder.path().join("files/parlor.owner"), b"somebody\n").unwrap();
    assert!(matches!(store.owner().await, Err(StoreError::Corrupt(_))));
}
