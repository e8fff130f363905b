//! Uploading, downloading, listing files, and sending them.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::{BASE, NOBODY, get, post, refused, success};
use crate::socket::id;
use crate::support::{self, Answer, Parlor, Session};

/// The smallest PNG that there is: one point.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

pub(super) async fn send(user: &Session, form: Form) -> Answer {
    support::send(user.request(Method::POST, &format!("{BASE}/files/upload")).multipart(form)).await
}

fn part(name: &str, bytes: &'static [u8]) -> Part {
    Part::bytes(bytes).file_name(name.to_owned())
}

async fn upload(user: &Session, name: &str, bytes: &'static [u8]) -> Value {
    let form = Form::new().part("file", part(name, bytes));
    success(send(user, form).await, 201, "File uploaded successfully")
}

async fn bytes(user: &Session, path: &str) -> (u16, String) {
    let response = user.request(Method::GET, path).open().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn the_documented_exchange_of_files() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let file = upload(&alice, "my-document.pdf", b"%PDF-1.7\n%%EOF\n").await;
    let file_id = file["_id"].as_str().unwrap();
    let url = format!("/api/files/{file_id}");
    let expected = json!({"_id": file_id, "filename": "my-document.pdf", "originalName": "my-document.pdf",
        "mimetype": "application/pdf", "size": 15, "url": url, "uploadedBy": alice.id,
        "createdAt": file["createdAt"]});
    assert_eq!(file, expected);

    let path = format!("{BASE}/files/{file_id}");
    let response = alice.request(Method::GET, &path).open().await.unwrap();
    assert_eq!(response.status(), 200);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/pdf");
    assert_eq!(header("content-disposition"), "attachment; filename=\"my-document.pdf\"");
    assert_eq!((header("content-length"), header("x-content-type-options")), ("15".into(), "nosniff".into()));
    assert_eq!(response.bytes().await.unwrap(), &b"%PDF-1.7\n%%EOF\n"[..]);
    // The url leads there from the dialect's base and from the server's.
    for base in ["", "/dialects/envelope"] {
        assert_eq!(bytes(&alice, &format!("{base}{url}")).await, (200, "%PDF-1.7\n%%EOF\n".to_owned()));
    }
    let request = alice.request(Method::GET, &path).header("range", "bytes=0-3");
    let some = request.open().await.unwrap();
    assert_eq!((some.status().as_u16(), some.text().await.unwrap()), (206, "%PDF".to_owned()));
    let beyond = support::send(alice.request(Method::GET, &path).header("range", "bytes=99-")).await;
    assert_eq!((beyond.status, &beyond.body["success"]), (416, &json!(false)));

    let list = success(get(&alice, "/files").await, 200, "Files retrieved successfully");
    let expected = json!([{"_id": file_id, "filename": "my-document.pdf", "originalName": "my-document.pdf",
        "size": 15, "createdAt": file["createdAt"]}]);
    assert_eq!(list, expected);
}

#[tokio::test]
async fn own_files_are_listed_in_every_order() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    for (name, content) in [("b.txt", &b"22"[..]), ("c.txt", b"1"), ("a.txt", b"333")] {
        upload(&alice, name, content).await;
    }
    upload(&bob, "bobs.txt", b"x").await;
    for (query, expected) in [
        ("", ["a.txt", "c.txt", "b.txt"]),
        ("?order=asc", ["b.txt", "c.txt", "a.txt"]),
        ("?sort=originalName&order=asc", ["a.txt", "b.txt", "c.txt"]),
        ("?sort=originalName", ["c.txt", "b.txt", "a.txt"]),
        ("?sort=size", ["a.txt", "b.txt", "c.txt"]),
        ("?sort=size&order=asc&limit=200", ["c.txt", "b.txt", "a.txt"]),
    ] {
        let list = success(get(&alice, &format!("/files{query}")).await, 200, "Files retrieved successfully");
        let names: Vec<_> = list.as_array().unwrap().iter().map(|file| &file["originalName"]).collect();
        assert_eq!(names, expected, "{query}");
    }
    let page = success(get(&alice, "/files?page=2&limit=2").await, 200, "Files retrieved successfully");
    assert_eq!((page.as_array().unwrap().len(), &page[0]["originalName"]), (1, &json!("b.txt")));
}

#[tokio::test]
async fn a_message_may_show_a_file_of_its_sender() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    let (text, image) = (upload(&alice, "a.txt", b"hello").await, upload(&alice, "a.png", PNG).await);
    let path = format!("{BASE}/files/{}", text["_id"].as_str().unwrap());
    let file = |file: &Value| json!({"roomId": id(&room), "fileId": file["_id"]});
    refused(&post(&bob, "/messages", file(&text)).await, 404, "File not found");
    let missing = bob.get(&path).await;
    refused(&missing, 404, "File not found");

    let sent = success(post(&alice, "/messages", file(&text)).await, 201, "Message sent successfully");
    assert_eq!((&sent["content"], &sent["file"]), (&Value::Null, &text));
    let mut captioned = file(&image);
    captioned["content"] = json!("Look");
    let sent = success(post(&alice, "/messages", captioned).await, 201, "Message sent successfully");
    assert_eq!((&sent["content"], &sent["file"]), (&json!("Look"), &image));
    bob.join(&room).await;
    let read = get(&bob, &format!("/messages/{}", id(&room))).await.expect(200);
    assert_eq!((&read["data"][0]["file"], &read["data"][1]["file"]), (&image, &text));
    assert_eq!(bytes(&bob, &path).await, (200, "hello".to_owned()));
    // The type comes from its bytes.
    let there = bob.get(&format!("{room}/messages")).await.expect(200);
    assert_eq!((&there["data"][0]["type"], &there["data"][1]["type"]), (&json!("image"), &json!("file")));
}

#[tokio::test]
async fn a_malformed_upload_is_refused_and_leaves_nothing() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_MAX_UPLOAD_BYTES", "1000")]);
    let alice = parlor.user("alice").await;
    let large = Part::bytes(vec![b'x'; 1_001]).file_name("large");
    let answer = send(&alice, Form::new().part("file", large)).await;
    refused(&answer, 413, "The file is too large");
    let twice = Form::new().part("file", part("a", b"a")).part("file", part("b", b"b"));
    refused(&send(&alice, twice).await, 400, "Validation failed");
    let none = send(&alice, Form::new().text("room", "x")).await;
    assert_eq!(refused(&none, 400, "Validation failed"), ["file is missing"]);
    let long = Form::new().text("room", "x".repeat(100_000)).part("file", part("a", b"a"));
    refused(&send(&alice, long).await, 400, "Validation failed");
    let json = post(&alice, "/files/upload", json!({})).await;
    refused(&json, 415, "Send the body as multipart/form-data");
    let request = alice.request(Method::POST, &format!("{BASE}/files/upload"));
    let kind = "multipart/form-data; boundary=x";
    let broken = support::send(request.header("content-type", kind).body("not a part")).await;
    refused(&broken, 400, "Validation failed");
    let nobody = parlor.anonymous().with_token("nonsense");
    refused(&send(&nobody, Form::new().part("file", part("a", b"a"))).await, 401, "Unauthorized");
    assert_eq!(get(&alice, "/files").await.expect(200)["data"], json!([]));
    // Other parts are ignored, before the file and after it.
    let form = Form::new().text("room", "x").part("file", part("a", b"a")).text("color", "red");
    success(send(&alice, form).await, 201, "File uploaded successfully");
    refused(&get(&alice, &format!("/files/{NOBODY}")).await, 404, "File not found");
    refused(&get(&alice, "/files/document-1.pdf").await, 400, "Validation failed");
}
