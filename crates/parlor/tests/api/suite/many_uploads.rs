//! What many uploads at once cost, wherever their bytes go.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use reqwest::Body;
use reqwest::multipart::{Form, Part};
use test_support::S3Server;
use tokio::sync::Barrier;

use super::files::{post, upload};
use super::s3::on_s3;
use crate::support::Parlor;

/// What is sent at once.
const CHUNK: usize = 250_000;

/// By how many bytes the server grows, at most, while so many upload at once: first so many chunks, and one more when all
/// have come so far.
async fn grown(parlor: &Parlor, count: usize, first: usize) -> u64 {
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
async fn a_hundred_uploads_at_once_need_little_memory() {
    let grown = grown(&Parlor::start(), 100, 12).await;
    assert!(grown < 150 << 20, "a hundred uploads of 3 MB took {grown} bytes");
}

#[tokio::test]
async fn uploads_to_s3_at_once_hold_a_few_parts_in_memory_and_no_more() {
    let service = S3Server::start().unwrap();
    let grown = grown(&on_s3(&service), 40, 23).await;
    assert!(grown < 150 << 20, "forty uploads of 6 MB took {grown} bytes");
}
