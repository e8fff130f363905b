//! Encodings of bodies, and links by a public URL.

use serde_json::json;

use super::{Place, refused};

const ROOM: &str = r#"{"name": "Another"}"#;

#[tokio::test]
async fn a_byte_order_mark_before_json_is_ignored() {
    let place = Place::new().await;
    let marked = format!("\u{feff}{ROOM}");
    for path in ["/api/rooms", "/dialects/envelope/api/rooms"] {
        let made = place.json(&format!("POST {path} HTTP/1.1"), "", &marked).await;
        assert_eq!(made.status, 201, "{path}: {}", made.text());
    }
    let twice = place.json("POST /api/rooms HTTP/1.1", "", format!("\u{feff}{marked}")).await;
    refused(&twice, 400, "MALFORMED_JSON");
}

#[tokio::test]
async fn other_charsets_and_every_content_encoding_are_unsupported() {
    let place = Place::new().await;
    let kinds = ["iso-8859-1", "utf-16", "\"windows-1252\""]
        .map(|charset| format!("Content-Type: application/json; charset={charset}"));
    let encodings = ["gzip", "br", "deflate", "zstd", "x-mine", "identity, gzip", "identity", ""]
        .map(|encoding| format!("Content-Encoding: {encoding}"));
    for headers in kinds.iter().chain(&encodings) {
        let answer = place.json("POST /api/rooms HTTP/1.1", headers, ROOM).await;
        refused(&answer, 415, "UNSUPPORTED_MEDIA_TYPE");
        let answer = place.json("POST /dialects/ryos/api/rooms HTTP/1.1", headers, ROOM).await;
        assert_eq!((answer.status, answer.json()["error"].is_string()), (415, true), "{headers}");
        let answer = place
            .json("POST /dialects/actions/api/create-room HTTP/1.1", headers, r#"{"room_name": "Another"}"#)
            .await;
        assert_eq!((answer.status, &answer.json()["status"]), (415, &json!("error")), "{headers}");
        let answer = place.json("POST /dialects/envelope/api/rooms HTTP/1.1", headers, ROOM).await;
        assert_eq!((answer.status, &answer.json()["success"]), (415, &json!(false)), "{headers}");
    }
    for path in ["/api/files", "/dialects/envelope/api/files/upload"] {
        for headers in [
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Encoding: gzip",
            "Content-Type: multipart/form-data; boundary=x; charset=utf-16",
        ] {
            let line = format!("POST {path} HTTP/1.1");
            assert_eq!(place.json(&line, headers, "--x--\r\n").await.status, 415, "{path} {headers}");
        }
    }
    // Nothing is decoded where nothing is read, either.
    let leave = format!("POST /api/rooms/{}/leave HTTP/1.1", place.room);
    refused(&place.json(&leave, "Content-Encoding: gzip", "").await, 415, "UNSUPPORTED_MEDIA_TYPE");
    let headers = "Content-Type: application/json; charset=\"UTF-8\"";
    assert_eq!(place.json("POST /api/rooms HTTP/1.1", headers, ROOM).await.status, 201);
    // A token counts before the encoding.
    let anonymous = "POST /api/rooms HTTP/1.1\r\nHost: parlor\r\nContent-Encoding: gzip\r\n";
    refused(&place.exchange(anonymous, b"{}").await, 401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn parameters_are_percent_encoded_utf_8() {
    let place = Place::new().await;
    for query in ["search=%ff", "search=%zz", "search=100%", "search=a&search%=1"] {
        let line = format!("GET /api/rooms?{query} HTTP/1.1");
        let answer = place.exchange(&place.request(&line, ""), b"").await;
        refused(&answer, 400, "VALIDATION_FAILED");
        assert_eq!(answer.json()["details"][0]["message"], "must be percent-encoded UTF-8", "{query}");
        let line = format!("GET /dialects/envelope/api/rooms?{query} HTTP/1.1");
        assert_eq!(place.exchange(&place.request(&line, ""), b"").await.status, 200, "{query}");
    }
    let line = "GET /api/rooms?search=100%25+%C3%A9 HTTP/1.1";
    assert_eq!(place.exchange(&place.request(line, ""), b"").await.status, 200);
}

#[tokio::test]
async fn links_begin_with_the_public_url() {
    let public = "https://chat.example/team";
    let place =
        Place::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_PUBLIC_URL", "https://Chat.Example:443/team/")])
            .await;
    let made = place.json("POST /api/rooms HTTP/1.1", "", ROOM).await;
    let id = made.json()["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), Some(&*format!("{public}/api/rooms/{id}")));
    let file = place.bob.get("/api/files").await.expect(200)["data"][0].take();
    assert_eq!(file["url"], format!("{public}/api/files/{}", place.file));
    let body = json!({"type": "file", "fileId": place.file}).to_string();
    let sent = place.json(&format!("POST /api/rooms/{}/messages HTTP/1.1", place.room), "", body).await;
    assert!(sent.header("location").unwrap().starts_with(public));
    assert_eq!(sent.json()["data"]["file"]["url"], file["url"]);
    let part = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\na\r\n--x--\r\n";
    let kind = "Content-Type: multipart/form-data; boundary=x";
    let uploaded = place.json("POST /dialects/envelope/api/files/upload HTTP/1.1", kind, part).await;
    assert!(uploaded.json()["data"]["url"].as_str().unwrap().starts_with(&format!("{public}/api/files/")));
    let get =
        async |path: &str| place.exchange(&place.request(&format!("GET {path} HTTP/1.1"), ""), b"").await;
    assert_eq!(get("/docs").await.header("location"), Some(&*format!("{public}/docs/")));
    for (path, server) in [
        ("/api/openapi.json", public.to_owned()),
        ("/api/openapi-3.0.json", public.to_owned()),
        ("/dialects/envelope/openapi.json", format!("{public}/dialects/envelope")),
    ] {
        let document = get(path).await;
        assert_eq!(document.json()["servers"][0]["url"], server, "{path}");
        assert!(!document.text().contains("](/"), "{path} has a link without the public URL");
    }
    let socket = &get("/api/asyncapi.json").await.json()["servers"]["websocket"];
    assert_eq!(
        (&socket["host"], &socket["pathname"], &socket["protocol"]),
        (&json!("chat.example"), &json!("/team"), &json!("wss"))
    );
    assert!(get("/").await.text().contains(&format!("href=\"{public}/docs/\"")));
    assert!(get("/docs/swagger-initializer.js").await.text().contains(&format!("{public}/api/openapi.json")));
    // Its origin is the server's own, whatever host a proxy names.
    let socket = "Origin: https://chat.example\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let mut wire = super::Wire::connect(&place.parlor).await;
    wire.send(place.request("GET /chat HTTP/1.1", socket) + "\r\n").await;
    assert_eq!(wire.head().await.status, 101);
}

#[tokio::test]
async fn without_a_public_url_links_are_paths() {
    let place = Place::new().await;
    let made = place.json("POST /api/rooms HTTP/1.1", "", ROOM).await;
    assert!(made.header("location").unwrap().starts_with("/api/rooms/"));
    let document = place.exchange(&place.request("GET /dialects/ryos/openapi.json HTTP/1.1", ""), b"").await;
    assert_eq!(document.json()["servers"][0]["url"], "http://parlor/dialects/ryos");
}
