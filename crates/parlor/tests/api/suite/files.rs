//! Section 6 of the contract: files.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt;
use parlor_client::Response;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method};
use serde_json::{Value, json};

use crate::socket::Socket;
use crate::support::{self, Answer, Parlor, Session};

/// The smallest PNG that there is: one point.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
pub(super) const HELLO: &[u8] = b"hello";
const HELLO_SHA256: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

pub(crate) async fn post(user: &Session, form: Form) -> Answer {
    support::send(user.request(Method::POST, "/api/files").multipart(form)).await
}

pub(super) async fn upload(user: &Session, name: &str, bytes: &[u8]) -> Value {
    let part = Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    post(user, Form::new().part("file", part)).await.expect(201)["data"].take()
}

pub(super) fn url(file: &Value) -> String {
    file["url"].as_str().unwrap().to_owned()
}

/// Sends a message that shows the file and returns the message's path.
async fn share(user: &Session, room: &str, kind: &str, file: &Value) -> String {
    let body = json!({"type": kind, "fileId": file["id"]});
    let message = user.post(&format!("{room}/messages"), body).await.expect(201);
    assert_eq!(message["data"]["file"], *file);
    format!("{room}/messages/{}", message["data"]["id"].as_str().unwrap())
}

pub(super) async fn download(user: &Session, path: &str, headers: &[(&str, &str)]) -> (Answer, Vec<u8>) {
    let mut request = user.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let response = request.open().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap().to_vec();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    (Answer(Response { status, headers, body }), bytes)
}

/// Returns the stored files on the disk, without the marks beside them.
pub(super) fn stored(parlor: &Parlor) -> Vec<PathBuf> {
    let folder = parlor.folder().join("data/files");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| !path.file_name().unwrap().to_str().unwrap().starts_with("parlor.")).collect()
}

#[tokio::test]
async fn a_file_comes_back_as_it_went_in() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let file = upload(&alice, "hello.txt", HELLO).await;
    assert_eq!(file["name"], "hello.txt");
    assert_eq!(file["contentType"], "text/plain; charset=utf-8");
    assert_eq!(file["size"], 5);
    assert_eq!(file["sha256"], HELLO_SHA256);
    assert_eq!(file["uploadedBy"], json!({"id": alice.id, "username": "alice"}));
    let (answer, bytes) = download(&alice, &url(&file), &[("accept-encoding", "gzip")]).await;
    assert_eq!((answer.status, bytes.as_slice()), (200, HELLO));
    let tag = format!("\"{HELLO_SHA256}\"");
    assert_eq!(answer.header("etag"), Some(tag.as_str()));
    assert_eq!((answer.header("content-length"), answer.header("content-encoding")), (Some("5"), None));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"hello.txt\""));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("content-security-policy").unwrap().contains("sandbox"));
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    let (answer, bytes) = download(&alice, &url(&file), &[("if-none-match", &tag)]).await;
    assert_eq!((answer.status, bytes.len(), answer.header("etag")), (304, 0, Some(tag.as_str())));
    let head = support::send(alice.request(Method::HEAD, &url(&file))).await;
    assert_eq!((head.status, head.header("content-length")), (200, Some("5")));
    let empty = upload(&alice, "empty", b"").await;
    let (answer, bytes) = download(&alice, &url(&empty), &[]).await;
    assert_eq!((answer.status, bytes.len(), empty["size"].as_u64()), (200, 0, Some(0)));
    let list = alice.get("/api/files?limit=1").await.expect(200);
    assert_eq!((&list["data"][0], &list["pagination"]["total"]), (&empty, &json!(2)));
}

#[tokio::test]
async fn ranges_of_a_file_are_served() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let bytes: Vec<u8> = (0..3_000_000u32).map(|n| n.to_le_bytes()[1]).collect();
    let path = url(&upload(&alice, "large.bin", &bytes).await);
    assert!(download(&alice, &path, &[]).await.1 == bytes);
    for (range, expected, content_range) in [
        ("bytes=0-9", 0..10, "bytes 0-9/3000000"),
        ("bytes=2999990-", 2_999_990..3_000_000, "bytes 2999990-2999999/3000000"),
        ("bytes=-3", 2_999_997..3_000_000, "bytes 2999997-2999999/3000000"),
        ("bytes=1000000-1999999", 1_000_000..2_000_000, "bytes 1000000-1999999/3000000"),
    ] {
        let (answer, part) = download(&alice, &path, &[("range", range)]).await;
        assert_eq!((answer.status, answer.header("content-range")), (206, Some(content_range)));
        assert!(part == bytes[expected], "{range}");
    }
    let (answer, _) = download(&alice, &path, &[("range", "bytes=3000000-")]).await;
    assert_eq!(answer.header("content-range"), Some("bytes */3000000"));
    answer.error(416, "RANGE_NOT_SATISFIABLE");
    let (answer, whole) = download(&alice, &path, &[("range", "bytes=0-9"), ("if-range", "\"old\"")]).await;
    assert_eq!((answer.status, whole.len()), (200, bytes.len()));
    // Ranges are of GET alone.
    for range in ["bytes=0-9", "bytes=3000000-"] {
        let head = support::send(alice.request(Method::HEAD, &path).header("range", range)).await;
        assert_eq!((head.status, head.header("content-range")), (200, None));
        assert_eq!(head.header("content-length"), Some("3000000"));
    }
}

#[tokio::test]
async fn a_file_is_readable_only_where_a_visible_message_shows_it() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let (carol, eve) = (parlor.user("carol").await, parlor.user("eve").await);
    let room = alice.room("Chat", "public").await;
    for guest in [&bob, &carol] {
        guest.join(&room).await;
    }
    let file = upload(&alice, "hello.txt", HELLO).await;
    let path = url(&file);
    download(&bob, &path, &[]).await.0.error(404, "FILE_NOT_FOUND");
    let message = share(&alice, &room, "file", &file).await;
    assert_eq!(download(&bob, &path, &[]).await.1, HELLO);
    carol.post(&format!("{room}/leave"), json!({})).await.expect(204);
    for other in [&eve, &carol] {
        for headers in [&[][..], &[("range", "bytes=0-0")], &[("if-none-match", "*")]] {
            download(other, &path, headers).await.0.error(404, "FILE_NOT_FOUND");
        }
        other.delete(&path).await.error(404, "FILE_NOT_FOUND");
    }
    parlor.anonymous().get(&path).await.error(401, "UNAUTHENTICATED");
    bob.delete(&path).await.error(404, "FILE_NOT_FOUND");
    alice.delete(&path).await.error(409, "FILE_IN_USE");
    alice.delete(&message).await.expect(204);
    download(&bob, &path, &[]).await.0.error(404, "FILE_NOT_FOUND");
    let tombstone = bob.get(&message).await.expect(200);
    assert_eq!(tombstone["data"]["file"], Value::Null);
    assert_eq!(download(&alice, &path, &[]).await.1, HELLO);
    alice.delete(&path).await.expect(204);
    alice.get(&path).await.error(404, "FILE_NOT_FOUND");
}

#[tokio::test]
async fn hostile_names_and_types_do_no_harm() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let html = b"<!DOCTYPE html><script>alert(1)</script>".as_slice();
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".as_slice();
    for (name, bytes, kind, shown) in [
        ("../../../etc/passwd", HELLO, "text/plain; charset=utf-8", "attachment; filename=\"passwd\""),
        ("C:\\boot.ini", HELLO, "text/plain; charset=utf-8", "attachment; filename=\"boot.ini\""),
        ("page.png", html, "text/html", "attachment; filename=\"page.png\""),
        ("photo.png", svg, "image/svg+xml", "attachment; filename=\"photo.png\""),
        ("page.html", PNG, "image/png", "inline; filename=\"page.html\""),
        (
            "gr\u{fc}\u{df}e.txt",
            HELLO,
            "text/plain; charset=utf-8",
            "attachment; filename=\"gr__e.txt\"; filename*=UTF-8''gr%C3%BC%C3%9Fe.txt",
        ),
    ] {
        let part = Part::bytes(bytes.to_vec()).file_name(name.to_owned()).mime_str("image/png").unwrap();
        let file = post(&alice, Form::new().part("file", part)).await.expect(201);
        let (answer, _) = download(&alice, file["data"]["url"].as_str().unwrap(), &[]).await;
        assert_eq!(answer.header("content-type"), Some(kind), "{name}");
        assert_eq!(answer.header("content-disposition"), Some(shown), "{name}");
    }
    // A name that would break a header, as no client library would send it.
    let body = "--x\r\ncontent-disposition: form-data; name=\"file\"; \
        filename*=UTF-8''a%0D%0ASet-Cookie:%20x=y%22.txt\r\n\r\nhello\r\n--x--\r\n";
    let request = alice.request(Method::POST, "/api/files");
    let request = request.header("content-type", "multipart/form-data; boundary=x").body(body);
    let file = support::send(request).await.expect(201);
    let (answer, _) = download(&alice, file["data"]["url"].as_str().unwrap(), &[]).await;
    assert_eq!(answer.header("set-cookie"), None);
    assert!(answer.header("content-disposition").unwrap().starts_with("attachment; filename=\"aSet-Cookie"));
    let names: Vec<_> = stored(&parlor).into_iter().map(|path| path.file_name().unwrap().len()).collect();
    assert_eq!(names, [36; 7], "on the disk a file is called by its id");
}

#[tokio::test]
async fn a_malformed_upload_is_refused_and_leaves_nothing() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_MAX_UPLOAD_BYTES", "100000")]);
    let alice = parlor.user("alice").await;
    let part = |size: usize| Part::bytes(vec![b'a'; size]).file_name("a.txt");
    upload(&alice, "fits.bin", &vec![0; 100_000]).await;
    for size in [100_001, 5_000_000] {
        post(&alice, Form::new().part("file", part(size))).await.error(413, "PAYLOAD_TOO_LARGE");
    }
    for (form, field) in [
        (Form::new().part("fiel", part(10)), "fiel"),
        (Form::new().part("file", part(10)).part("file", part(10)), "file"),
        (Form::new().part("file", part(10)).text("note", "x"), "note"),
    ] {
        let error = post(&alice, form).await.error(400, "VALIDATION_FAILED");
        assert_eq!(error["details"][0]["field"], field);
    }
    let none =
        alice.request(Method::POST, "/api/files").header("content-type", "multipart/form-data; boundary=x");
    let error = support::send(none.body("--x--\r\n")).await.error(400, "VALIDATION_FAILED");
    assert_eq!(error["details"][0]["field"], "file");
    let cut =
        alice.request(Method::POST, "/api/files").header("content-type", "multipart/form-data; boundary=x");
    let body = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhel";
    support::send(cut.body(body)).await.error(400, "VALIDATION_FAILED");
    alice.post("/api/files", json!({})).await.error(415, "UNSUPPORTED_MEDIA_TYPE");
    expect_stored(&parlor, 1).await;
    assert_eq!(alice.get("/api/files").await.expect(200)["pagination"]["total"], 1);
}

/// Waits until so many files are stored: an aborted upload is removed a moment later, without an event.
async fn expect_stored(parlor: &Parlor, count: usize) {
    for _ in 0..200 {
        if stored(parlor).len() == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(stored(parlor).len(), count, "left behind");
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    // It sends so much and then stalls.
    let begun = futures_util::stream::iter((0..20).map(|_| Ok::<_, std::io::Error>(vec![7u8; 100_000])));
    let body = Body::wrap_stream(begun.chain(futures_util::stream::pending()));
    let part = Part::stream(body).file_name("a.bin");
    let request = alice.request(Method::POST, "/api/files").multipart(Form::new().part("file", part));
    let sending = tokio::spawn(request.send());
    while stored(&parlor).is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sending.abort();
    expect_stored(&parlor, 0).await;
    assert_eq!(alice.get("/api/files").await.expect(200)["pagination"]["total"], 0);
}

#[tokio::test]
async fn images_and_files_are_seen_by_all_in_the_room() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let (image, text) = (upload(&alice, "a.png", PNG).await, upload(&alice, "a.txt", HELLO).await);
    let foreign = upload(&bob, "b.txt", HELLO).await;
    let mut socket = Socket::of(&parlor, &bob).await;
    socket.join(&room, None).await;
    share(&alice, &room, "image", &image).await;
    let event = socket.until("new-message").await;
    assert_eq!((&event["type"], &event["file"]), (&json!("image"), &image));
    share(&alice, &room, "file", &text).await;
    assert_eq!(socket.until("new-message").await["file"], text);
    let frame = json!({"action": "send-message", "roomId": crate::socket::id(&room), "type": "file",
        "fileId": foreign["id"], "message": "mine"});
    socket.send(frame).await;
    let event = socket.until("new-message").await;
    assert_eq!((&event["message"], &event["file"]), (&json!("mine"), &foreign));
    let messages = format!("{room}/messages");
    for (kind, file) in [("file", &foreign), ("image", &foreign)] {
        let body = json!({"type": kind, "fileId": file["id"]});
        alice.post(&messages, body).await.error(404, "FILE_NOT_FOUND");
    }
    let body = json!({"type": "image", "fileId": text["id"]});
    let error = alice.post(&messages, body).await.error(400, "VALIDATION_FAILED");
    assert_eq!(error["details"][0]["field"], "fileId");
    let history = bob.get(&format!("{messages}?order=asc")).await.expect(200);
    let shown: Vec<_> = history["data"].as_array().unwrap().iter().map(|message| &message["file"]).collect();
    assert_eq!(shown, [&image, &text, &foreign]);
    let changes = bob.get(&format!("{room}/changes?since=2")).await.expect(200);
    assert_eq!(changes["data"][0]["file"], image);
}
