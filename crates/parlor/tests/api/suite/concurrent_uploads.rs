//! The memory that many concurrent uploads take, to a disk and to S3.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use reqwest::Body;
use reqwest::multipart::{Form, Part};
use test_support::S3Server;
use tokio::sync::Barrier;

use super::files::{post, upload};
use super::s3::on_s3;
use crate::support::Parlor;

/// The number of bytes that are sent at a time.
const CHUNK: usize = 250_000;

/// Returns the growth of the server's peak memory while `count` clients upload: `first` chunks each, and one more once all
/// have sent them.
async fn memory_growth(parlor: &Parlor, count: usize, first: usize) -> u64 {
    let alice = parlor.user("alice").await;
    upload(&alice, "warm.bin", &vec![0; 1_000_000]).await;
    let before = parlor.resident();
    let all = Arc::new(Barrier::new(count));
    let upload = |n: usize| {
        let (alice, all) = (alice.clone(), all.clone());
        let chunk = vec![u8::try_from(n).unwrap(); CHUNK];
        let chunks = |count| stream::iter(vec![chunk.clone(); count]);
        let together = stream::once(async move { all.wait().await }).map(|_| vec![]);
        let body = chunks(first).chain(together).chain(chunks(1)).map(Ok::<_, std::io::Error>);
        let part = Part::stream(Body::wrap_stream(body)).file_name("a.bin");
        tokio::spawn(async move { post(&alice, Form::new().part("file", part)).await.expect(201) })
    };
    let uploads: Vec<_> = (0..count).map(upload).collect();
    for upload in uploads {
        assert_eq!(upload.await.unwrap()["data"]["size"], (first + 1) * CHUNK);
    }
    parlor.peak() - before
}

#[tokio::test]
async fn a_hundred_concurrent_uploads_need_little_memory() {
    let grown = memory_growth(&Parlor::start(), 100, 12).await;
    assert!(grown < 150 << 20, "a hundred uploads of 3 MB took {grown} bytes");
}

#[tokio::test]
async fn concurrent_uploads_to_s3_hold_few_parts_in_memory() {
    let service = S3Server::start().unwrap();
    let grown = memory_growth(&on_s3(&service), 40, 23).await;
    assert!(grown < 150 << 20, "forty uploads of 6 MB took {grown} bytes");
}
