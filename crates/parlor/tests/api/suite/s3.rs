//! The program with its uploads on S3.

use reqwest::Method;
use test_support::S3Server;

use super::files::{download, upload, url};
use crate::support::{self, Parlor};

/// A server that keeps its files there.
pub(super) fn on_s3(service: &S3Server) -> Parlor {
    let variables = service.variables();
    let mut settings = vec![
        ("PARLOR_LIMITS", "off"),
        ("PARLOR_FILES_URL", "s3://parlor/some/prefix"),
        ("PARLOR_FILES_QUARANTINE", "0s"),
    ];
    settings.extend(variables.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    Parlor::with(&settings)
}

#[tokio::test]
async fn files_on_s3_behave_like_files_on_disk() {
    let mut service = S3Server::start().unwrap();
    let parlor = on_s3(&service);
    let alice = parlor.user("alice").await;
    let bytes: Vec<u8> = (0..3_000_000u32).flat_map(u32::to_le_bytes).collect();
    let (large, small) =
        (upload(&alice, "large.bin", &bytes).await, upload(&alice, "small.txt", b"hello").await);
    assert_eq!((&large["size"], &small["size"]), (&12_000_000.into(), &5.into()));
    assert!(download(&alice, &url(&large), &[]).await.1 == bytes);
    assert_eq!(download(&alice, &url(&small), &[]).await.1, b"hello");
    let (answer, part) = download(&alice, &url(&large), &[("range", "bytes=5242870-5242889")]).await;
    assert_eq!(answer.header("content-range"), Some("bytes 5242870-5242889/12000000"));
    assert_eq!((answer.status, part.as_slice()), (206, &bytes[5_242_870..5_242_890]));
    alice.delete(&url(&large)).await.expect(204);
    alice.get(&url(&large)).await.error(404, "FILE_NOT_FOUND");
    let output = parlor.run(&["files", "gc"]);
    let expected = "0 files that no message shows and 0 stored objects that belong to no file";
    assert!(output.contains(expected) && output.contains("removed the bytes of 1 files"), "{output}");
    let marks = 2;
    assert_eq!(service.objects().unwrap(), 1 + marks, "what was deleted is gone there too");
    assert!(!parlor.folder().join("data/files").exists(), "nothing of it is kept here");

    service.kill();
    download(&alice, &url(&small), &[]).await.0.error(503, "UNAVAILABLE");
    let part = reqwest::multipart::Part::bytes(b"hello".to_vec()).file_name("b.txt");
    let form = reqwest::multipart::Form::new().part("file", part);
    let request = alice.request(Method::POST, "/api/files").multipart(form);
    support::send(request).await.error(503, "UNAVAILABLE");
    assert_eq!(alice.get("/api/files").await.expect(200)["pagination"]["total"], 1);
}
