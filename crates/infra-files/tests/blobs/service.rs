//! Rules for S3 alone: uploads in parts, bounded reads ahead, and outages.

use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use domain::file::BlobStore;
use infra_files::ObjectBlobs;
use test_support::S3Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{count, file, get, list, put};

const MIB: usize = 1024 * 1024;

/// Returns the server that all tests share; each has its own prefix.
fn server() -> &'static S3Server {
    static SERVER: OnceLock<S3Server> = OnceLock::new();
    SERVER.get_or_init(|| S3Server::start().unwrap())
}

/// Returns a prefix that no other test has.
fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}/{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn open(prefix: &str, spool: &Path) -> ObjectBlobs {
    let url = format!("s3://parlor/{}", unique(prefix));
    ObjectBlobs::open_with(&url, spool, server().variables()).unwrap()
}

/// Returns a store with another address and a short timeout.
fn at_address(bucket: &str, address: &str) -> ObjectBlobs {
    let mut variables = server().variables();
    variables.push(("AWS_ENDPOINT".into(), format!("http://{address}")));
    variables.push(("AWS_TIMEOUT".into(), "300ms".into()));
    ObjectBlobs::open_with(&format!("s3://{bucket}/x"), &std::env::temp_dir(), variables).unwrap()
}

/// Returns bytes that differ at every offset.
fn bytes(length: usize) -> Vec<u8> {
    (0..u64::try_from(length).unwrap().div_ceil(8)).flat_map(u64::to_le_bytes).take(length).collect()
}

#[tokio::test]
async fn parts_are_joined_in_order_and_the_spool_is_left_empty() {
    let spool = tempfile::tempdir().unwrap();
    let store = open("parts", spool.path());
    // Exactly one part, less, more, and several parts with a rest.
    for (n, length) in [(1, 5 * MIB), (2, 5 * MIB - 1), (3, 5 * MIB + 1), (4, 12 * MIB + 345)] {
        let bytes = bytes(length);
        let chunks: Vec<&[u8]> = bytes.chunks(100_003).collect();
        put(&store, n, &chunks).await;
        let length = u64::try_from(length).unwrap();
        assert!(get(&store, n, 0..length).await.unwrap() == bytes, "{length}");
        let (from, to) = (length / 2 - 700_000, length / 2 + 700_000);
        let (begin, end) = (usize::try_from(from).unwrap(), usize::try_from(to).unwrap());
        assert!(get(&store, n, from..to).await.unwrap() == bytes[begin..end], "{length}");
    }
    assert_eq!(list(&store).await.len(), 4);
    assert_eq!(count(spool.path()), 0);
}

#[tokio::test]
async fn an_aborted_or_dropped_upload_leaves_no_parts() {
    let spool = tempfile::tempdir().unwrap();
    let prefix = unique("given-up");
    let store =
        ObjectBlobs::open_with(&format!("s3://parlor/{prefix}"), spool.path(), server().variables()).unwrap();
    let mut writers = vec![];
    for n in 1..=2 {
        let mut writer = store.create(file(n)).await.unwrap();
        writer.write(vec![7; 6 * MIB]).await.unwrap();
        writers.push(writer);
    }
    assert_eq!(server().unfinished(&prefix).unwrap(), 2);
    writers.pop().unwrap().abort().await.unwrap();
    assert_eq!(server().unfinished(&prefix).unwrap(), 1);
    drop(writers);
    // The removal runs in the background, without an event to wait for.
    while server().unfinished(&prefix).unwrap() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(list(&store).await.is_empty());
    assert_eq!(count(spool.path()), 0);
}

#[tokio::test]
async fn a_slow_reader_limits_the_read_ahead() {
    let spool = tempfile::tempdir().unwrap();
    let prefix = unique("slow");
    let url = format!("s3://parlor/{prefix}");
    let direct = ObjectBlobs::open_with(&url, spool.path(), server().variables()).unwrap();
    put(&direct, 1, &[&bytes(8 * MIB)]).await;
    let (address, passed) = counting_proxy().await;
    let mut variables = server().variables();
    variables.push(("AWS_ENDPOINT".into(), format!("http://{address}")));
    let store = ObjectBlobs::open_with(&url, spool.path(), variables).unwrap();
    let mut reader = store.read(file(1), 0..8 * 1024 * 1024).await.unwrap().unwrap();
    let mut taken = 0;
    while taken < MIB {
        taken += reader.next().await.unwrap().unwrap().len();
    }
    assert_eq!(taken, MIB);
    let passed = usize::try_from(passed.load(Ordering::Relaxed)).unwrap();
    assert!(passed < MIB + 10_000, "{passed} bytes were sent to a reader that read {taken}");
}

/// Starts a proxy in front of the service. Returns its address and the counter of bytes that the service sent.
async fn counting_proxy() -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let passed = Arc::new(AtomicU64::new(0));
    let counter = passed.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let service = TcpStream::connect(server().address()).await.unwrap();
            let ((mut from_client, mut to_client), (mut from_service, mut to_service)) =
                (client.into_split(), service.into_split());
            let counter = counter.clone();
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_service).await });
            tokio::spawn(async move {
                let mut buffer = vec![0; 65_536];
                while let Ok(length @ 1..) = from_service.read(&mut buffer).await {
                    counter.fetch_add(length as u64, Ordering::Relaxed);
                    if to_client.write_all(&buffer[..length]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, passed)
}

/// Asserts that all operations fail within a minute, and that no file counts as absent.
async fn assert_outage(store: &ObjectBlobs) {
    let started = Instant::now();
    assert!(store.read(file(1), 0..5).await.is_err());
    assert!(store.create(file(2)).await.is_err());
    assert!(store.delete(file(1)).await.is_err());
    assert!(store.list().await.unwrap().next().await.is_err());
    let took = started.elapsed();
    assert!(took < Duration::from_mins(1), "four operations took {took:?}");
}

#[tokio::test]
async fn a_service_that_is_gone_is_an_outage() {
    let mut server = S3Server::start().unwrap();
    let spool = tempfile::tempdir().unwrap();
    let store = ObjectBlobs::open_with("s3://parlor/x", spool.path(), server.variables()).unwrap();
    put(&store, 1, &[b"hello"]).await;
    assert_eq!(get(&store, 1, 0..5).await.unwrap(), b"hello");
    let mut writer = store.create(file(2)).await.unwrap();
    writer.write(vec![7; 6 * MIB]).await.unwrap();
    server.kill();
    assert!(writer.finish().await.is_err());
    assert_outage(&store).await;
}

#[tokio::test]
async fn a_service_that_never_answers_is_an_outage() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    assert_outage(&at_address("parlor", &silent.local_addr().unwrap().to_string())).await;
}

#[tokio::test]
async fn a_missing_bucket_is_an_outage() {
    assert_outage(&at_address("missing", &server().address())).await;
}
