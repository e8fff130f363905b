//! Tests of uploads: the calls that cross the ports, and their order.

use mockall::Sequence;
use mockall::predicate::eq;
use uuid::Uuid;

use super::*;
use crate::file::{ContentType, MockBlobStore, MockBlobWriter, MockFileStoreMarks, MockSniffer};
use crate::quota::QuotaKind;
use crate::store::{MockStore, MockUnitOfWork};
use crate::testing::{
    at, caller, clock, expect_begin_in, file_id, ids, refusal, sessionless, store, user, user_id,
};
use crate::{DatabaseId, MockIdSource};

/// The SHA-256 of `hello`.
const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn uploads(store: Arc<MockStore>, writer: MockBlobWriter, sniffer: MockSniffer) -> UploadFile {
    let mut blobs = MockBlobStore::new();
    blobs.expect_create().with(eq(file_id(9))).times(1).return_once(|_| Ok(Box::new(writer)));
    with_blobs(store, blobs, sniffer)
}

fn with_blobs(store: Arc<MockStore>, blobs: MockBlobStore, sniffer: MockSniffer) -> UploadFile {
    UploadFile { store, blobs: Arc::new(blobs), sniffer: Arc::new(sniffer), ids: ids(9), ..never() }
}

fn expecting(chunks: &[&'static str]) -> MockBlobWriter {
    let mut writer = MockBlobWriter::new();
    for chunk in chunks {
        let bytes = chunk.as_bytes().to_vec();
        writer.expect_write().with(eq(bytes)).times(1).returning(|_| Ok(()));
    }
    writer
}

fn state() -> FileStoreState {
    FileStoreState { database: DatabaseId(Uuid::nil()), changes: 8, sweep_after: None }
}

fn begin(uploads: &UploadFile) -> impl Future<Output = Result<Upload>> {
    uploads.begin(caller(1), FileName::clean("a.png"), None)
}

#[tokio::test]
async fn the_bytes_are_durable_before_the_record_is_stored_and_its_change_is_noted_afterwards() {
    let mut order = Sequence::new();
    let mut writer = expecting(&["he", "llo"]);
    writer.expect_finish().times(1).in_sequence(&mut order).returning(|| Ok(()));
    let mut sniffer = MockSniffer::new();
    sniffer
        .expect_sniff()
        .withf(|head| head == b"hello")
        .times(1)
        .returning(|_| ContentType("image/png".into()));
    let mut work = MockUnitOfWork::new();
    work.expect_insert_file()
        .withf(|file| file.sha256.hex() == HELLO && file.size == 5 && file.image)
        .times(1)
        .in_sequence(&mut order)
        .returning(|_| Ok(()));
    work.expect_count_change().times(1).in_sequence(&mut order).returning(|| Ok(Some(state())));
    work.expect_commit().times(1).in_sequence(&mut order).returning(|| Ok(()));
    let mut marks = MockFileStoreMarks::new();
    let note = marks.expect_note_changes().with(eq(state().database), eq(8)).times(1);
    note.in_sequence(&mut order).returning(|_, _| Err(StoreError::Unavailable("away".into())));
    let uploads = UploadFile { marks: Arc::new(marks), ..uploads(store(work), writer, sniffer) };
    let mut upload = begin(&uploads).await.unwrap();
    upload.write(b"he".to_vec()).await.unwrap();
    upload.write(b"llo".to_vec()).await.unwrap();
    let file = upload.finish().await.unwrap();
    assert_eq!((file.id, file.uploaded_by, file.created_at), (file_id(9), user(1), at(5)));
}

#[tokio::test]
async fn bytes_that_cannot_be_made_durable_are_removed_without_a_record() {
    let mut writer = MockBlobWriter::new();
    writer.expect_finish().times(1).returning(|| Err(StoreError::Unavailable("full".into())));
    let uploads = removing(Arc::new(MockStore::new()), writer, MockSniffer::new(), 1);
    assert!(begin(&uploads).await.unwrap().finish().await.is_err());
}

#[tokio::test]
async fn a_chunk_beyond_the_maximum_size_is_rejected_unwritten() {
    let mut writer = expecting(&["hello"]);
    writer.expect_abort().times(1).returning(|| Ok(()));
    let uploads = uploads(Arc::new(MockStore::new()), writer, MockSniffer::new());
    let mut upload = begin(&uploads).await.unwrap();
    upload.write(b"hello".to_vec()).await.unwrap();
    assert_eq!(refusal(upload.write(b"!".to_vec()).await), Refusal::FileTooLarge);
    upload.abort().await.unwrap();
}

/// Removes the bytes `removed` times.
fn removing(
    store: Arc<MockStore>,
    writer: MockBlobWriter,
    sniffer: MockSniffer,
    removed: usize,
) -> UploadFile {
    let mut blobs = MockBlobStore::new();
    blobs.expect_create().with(eq(file_id(9))).times(1).return_once(|_| Ok(Box::new(writer)));
    blobs.expect_delete().with(eq(file_id(9))).times(removed).returning(|_| Ok(()));
    with_blobs(store, blobs, sniffer)
}

/// Finishes an empty file in that store, which fails; expects its bytes to be removed `removed` times.
async fn without_record(store: Arc<MockStore>, removed: usize) -> Error {
    let mut writer = MockBlobWriter::new();
    writer.expect_finish().times(1).returning(|| Ok(()));
    let mut sniffer = MockSniffer::new();
    sniffer.expect_sniff().withf(<[u8]>::is_empty).times(1).returning(|_| ContentType::unknown());
    let uploads = removing(store, writer, sniffer, removed);
    begin(&uploads).await.unwrap().finish().await.unwrap_err()
}

fn failing(reason: StoreError) -> Arc<MockStore> {
    let mut work = MockUnitOfWork::new();
    let insert = work.expect_insert_file().withf(|file| (file.id, file.size) == (file_id(9), 0)).times(1);
    insert.return_once(|_| Err(reason));
    store(work)
}

#[tokio::test]
async fn a_file_whose_record_cannot_be_stored_leaves_no_bytes() {
    let error = without_record(failing(StoreError::Corrupt("broken".into())), 1).await;
    assert!(matches!(error, Error::Store(StoreError::Corrupt(_))), "{error:?}");
}

#[tokio::test]
async fn bytes_whose_record_may_exist_stay() {
    let error = without_record(failing(StoreError::Unavailable("away".into())), 0).await;
    assert!(matches!(error, Error::Store(StoreError::Unavailable(_))), "{error:?}");
}

#[tokio::test]
async fn an_upload_whose_session_ended_meanwhile_is_rejected_and_leaves_no_bytes() {
    let mut ended = MockStore::new();
    let begin = ended.expect_begin_in().with(eq(caller(1).session), eq(at(5))).times(1);
    begin.returning(|_, _| Err(Refusal::Unauthenticated.into()));
    let error = without_record(Arc::new(ended), 1).await;
    assert_eq!(refusal::<()>(Err(error)), Refusal::Unauthenticated);
}

/// A unit of work in which the user has `used` bytes, `own` of them reserved for this upload.
fn with_usage(used: u64, own: u64) -> MockUnitOfWork {
    let mut work = MockUnitOfWork::new();
    work.expect_lock_usage().with(eq(user_id(1)), eq(at(5))).times(1).returning(move |_, _| Ok(used));
    work.expect_release().with(eq(file_id(9))).times(1).returning(move |_| Ok(own));
    work
}

/// Begins a unit of work that reserves bytes in no session, one that stores the record in the caller's, and one that gives back
/// what was reserved in none.
fn begins(
    reserving: MockUnitOfWork,
    storing: Option<MockUnitOfWork>,
    releasing: Option<MockUnitOfWork>,
) -> Arc<MockStore> {
    let (mut store, mut order) = (MockStore::new(), Sequence::new());
    store.expect_begin().times(1).in_sequence(&mut order).return_once(|| Ok(Box::new(reserving)));
    if let Some(work) = storing {
        expect_begin_in(&mut store, &mut order, 1, 5, work);
    }
    if let Some(work) = releasing {
        store.expect_begin().times(1).in_sequence(&mut order).return_once(|| Ok(Box::new(work)));
    }
    Arc::new(store)
}

#[tokio::test]
async fn a_file_takes_the_place_of_its_reservation_where_the_quota_still_has_room() {
    for (used, fits) in [(100, true), (101, false)] {
        let mut reserving = with_usage(0, 0);
        reserving.expect_reserve().withf(|reserved| reserved.bytes == 5).times(1).returning(|_| Ok(()));
        reserving.expect_commit().times(1).returning(|| Ok(()));
        let mut settling = with_usage(used, 5);
        settling.expect_insert_file().times(usize::from(fits)).returning(|_| Ok(()));
        settling.expect_count_change().times(usize::from(fits)).returning(|| Ok(Some(state())));
        settling.expect_commit().times(usize::from(fits)).returning(|| Ok(()));
        let releasing = (!fits).then(|| {
            let mut releasing = with_usage(used, 5);
            releasing.expect_commit().times(1).returning(|| Ok(()));
            releasing
        });
        let store = begins(reserving, Some(settling), releasing);
        let mut writer = expecting(&["hello"]);
        writer.expect_finish().times(1).returning(|| Ok(()));
        let mut sniffer = MockSniffer::new();
        sniffer.expect_sniff().times(1).returning(|_| ContentType::unknown());
        let mut marks = MockFileStoreMarks::new();
        marks.expect_note_changes().times(usize::from(fits)).returning(|_, _| Ok(()));
        let uploads = UploadFile {
            quota: Some(100),
            marks: Arc::new(marks),
            ..removing(store, writer, sniffer, usize::from(!fits))
        };
        let mut upload = uploads.begin(caller(1), FileName::clean("a"), Some(5)).await.unwrap();
        upload.write(b"hello".to_vec()).await.unwrap();
        match upload.finish().await {
            Ok(_) => assert!(fits),
            refused => {
                assert!(!fits);
                assert_eq!(refusal(refused), Refusal::QuotaExceeded(QuotaKind::Files));
            }
        }
    }
}

#[tokio::test]
async fn an_aborted_upload_gives_back_what_it_reserved() {
    let mut reserving = with_usage(0, 0);
    reserving.expect_reserve().times(1).returning(|_| Ok(()));
    reserving.expect_commit().times(1).returning(|| Ok(()));
    let mut releasing = with_usage(5, 5);
    releasing.expect_commit().times(1).returning(|| Ok(()));
    let mut writer = MockBlobWriter::new();
    writer.expect_abort().times(1).returning(|| Err(StoreError::Unavailable("away".into())));
    let uploads = uploads(begins(reserving, None, Some(releasing)), writer, MockSniffer::new());
    let uploads = UploadFile { quota: Some(100), ..uploads };
    let upload = uploads.begin(caller(1), FileName::clean("a"), Some(5)).await.unwrap();
    assert!(upload.abort().await.is_err());
}

#[tokio::test]
async fn an_upload_that_is_announced_as_too_large_is_rejected_for_that() {
    let uploads = UploadFile { quota: Some(1), ..never() };
    let begun = uploads.begin(caller(1), FileName::clean("a"), Some(6 + INACCURACY)).await;
    assert_eq!(refusal(begun), Refusal::FileTooLarge);
}

/// Fails the test at any call of a port.
fn never() -> UploadFile {
    UploadFile {
        store: Arc::new(MockStore::new()),
        blobs: Arc::new(MockBlobStore::new()),
        marks: Arc::new(MockFileStoreMarks::new()),
        sniffer: Arc::new(MockSniffer::new()),
        clock: clock(5),
        ids: Arc::new(MockIdSource::new()),
        largest: 5,
        quota: None,
    }
}

#[tokio::test]
async fn an_upload_that_exceeds_the_quota_is_rejected_before_anything_is_written() {
    let uploads = with_blobs(sessionless([with_usage(96, 0)]), MockBlobStore::new(), MockSniffer::new());
    let uploads = UploadFile { quota: Some(100), ..uploads };
    let begun = uploads.begin(caller(1), FileName::clean("a"), Some(5)).await;
    assert_eq!(refusal(begun), Refusal::QuotaExceeded(QuotaKind::Files));
}
