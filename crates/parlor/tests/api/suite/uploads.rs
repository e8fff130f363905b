//! Section 6 of the contract: what is taken as an upload, whose session must stand, how long it may take, and the quota.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method};
use serde_json::json;
use tokio::sync::mpsc::{self, UnboundedSender};

use super::files::{post, stored, upload, url};
use crate::growth::Growth;
use crate::support::{self, Answer, Parlor, Session};

/// Posts a body whose one part has those header lines.
async fn post_part(user: &Session, path: &str, head: &[u8], content: &[u8], end: &str) -> Answer {
    let body = [b"--B\r\n".as_slice(), head, b"\r\n\r\n", content, b"\r\n--B", end.as_bytes()].concat();
    let request = user.request(Method::POST, path).header("content-type", "multipart/form-data; boundary=B");
    support::send(request.body(body)).await
}

#[tokio::test]
async fn a_client_may_say_of_a_file_what_it_likes() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let cases: &[(&[u8], &str, &str)] = &[
        (b"; filename=\"a.txt\"\r\nContent-Length: 5", "--\r\n", "a.txt"),
        (b"; filename=\"a.txt\"\r\nContent-Length: 500", "-- ", "a.txt"),
        (b"; filename=\"a.txt\"\r\nContent-Type: multipart/related", "-- \t\r\n", "a.txt"),
        (b"; filename=\"caf\xe9.txt\"\r\nContent-Type: ;nonsense", "--", "caf\u{e9}.txt"),
        (b"; filename=\"C:\\fakepath\\photo.png\"", "--\r\nepilogue", "photo.png"),
        (b"; filename=\"a%22b.txt\"; filename*=UTF-8''%ff", "--\r\n", "a\"b.txt"),
    ];
    for (path, id) in [("/api/files", "id"), ("/dialects/envelope/api/files/upload", "_id")] {
        for &(claims, end, name) in cases {
            let head = [b"Content-Disposition: form-data; name=\"file\"".as_slice(), claims].concat();
            let answer = post_part(&alice, path, &head, b"sixsix", end).await;
            let file = answer.expect(201)["data"].take();
            let file = alice.get(&format!("/api/files/{}", file[id].as_str().unwrap())).await;
            assert_eq!(file.header("content-length"), Some("6"), "{name}");
            let newest = alice.get("/api/files?limit=1").await.expect(200)["data"][0].take();
            assert_eq!((&newest["name"], &newest["size"]), (&json!(name), &json!(6)));
        }
    }
}

/// An upload that is under way.
struct Begun {
    chunks: UnboundedSender<Result<Vec<u8>, std::io::Error>>,
    answer: tokio::task::JoinHandle<Answer>,
}

/// Begins an upload of that length, `None` for one that is not announced, and waits until its first bytes are stored.
async fn begin(parlor: &Parlor, user: &Session, length: Option<u64>) -> Begun {
    let before = stored(parlor).len();
    let (chunks, received) = mpsc::unbounded_channel();
    let body =
        stream::unfold(received, |mut received| async move { Some((received.recv().await?, received)) });
    let body = Body::wrap_stream(body);
    let part = match length {
        Some(length) => Part::stream_with_length(body, length),
        None => Part::stream(body),
    };
    let (user, form) = (user.clone(), Form::new().part("file", part.file_name("a.bin")));
    let answer = tokio::spawn(async move { post(&user, form).await });
    chunks.send(Ok(vec![7; 100_000])).unwrap();
    while stored(parlor).len() == before {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Begun { chunks, answer }
}

async fn change_password(user: &Session) {
    let body = json!({"currentPassword": "correct horse", "password": "battery staple"});
    user.patch("/api/users/me", body).await.expect(200);
}

#[tokio::test]
async fn an_upload_is_stored_only_if_its_session_stands_when_it_ends() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let body = json!({"username": "alice", "password": "correct horse"});
    let login = parlor.anonymous().post("/api/auth/login", body).await.expect(200);
    let other = alice.with_token(login["data"]["accessToken"].as_str().unwrap());
    let by_logout = begin(&parlor, &other, Some(200_000)).await;
    other.post("/api/auth/logout", json!({})).await.expect(204);
    let login = parlor
        .anonymous()
        .post("/api/auth/login", json!({"username": "alice", "password": "correct horse"}))
        .await;
    let another = alice.with_token(login.expect(200)["data"]["accessToken"].as_str().unwrap());
    let by_password = begin(&parlor, &another, None).await;
    let of_the_changing = begin(&parlor, &alice, None).await;
    change_password(&alice).await;
    for (begun, status) in [(by_logout, 401), (by_password, 401), (of_the_changing, 201)] {
        begun.chunks.send(Ok(vec![7; 100_000])).unwrap();
        drop(begun.chunks);
        let answer = begun.answer.await.unwrap();
        if status == 401 {
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            answer.error(401, "UNAUTHENTICATED");
        } else {
            answer.expect(status);
        }
    }
    assert_eq!(alice.get("/api/files").await.expect(200)["pagination"]["total"], 1);
    assert_eq!(stored(&parlor).len(), 1, "no bytes are left of the others");
}

#[tokio::test]
async fn an_upload_that_takes_too_long_is_refused_and_leaves_nothing() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_UPLOAD_TIMEOUT", "1s")]);
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let Begun { chunks, answer } = begin(&parlor, &alice, None).await;
    // It never pauses for long.
    let sending = tokio::spawn(async move {
        while chunks.send(Ok(vec![7; 10])).is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let answer = answer.await.unwrap();
    sending.abort();
    answer.error(408, "REQUEST_TIMEOUT");
    assert_eq!(stored(&parlor), Vec::<PathBuf>::new());
    assert_eq!(alice.get("/api/files").await.expect(200)["pagination"]["total"], 0);
}

#[tokio::test]
async fn an_upload_that_pauses_is_given_up() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let Begun { chunks: _silent, answer } = begin(&parlor, &alice, None).await;
    answer.await.unwrap().error(408, "REQUEST_TIMEOUT");
    assert_eq!(stored(&parlor), Vec::<PathBuf>::new());
}

fn of_size(size: usize) -> Form {
    Form::new().part("file", Part::bytes(vec![7; size]).file_name("a.bin"))
}

fn with_quota(quota: &str) -> Parlor {
    Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_QUOTA_FILES", quota)])
}

#[tokio::test]
async fn the_files_of_a_user_have_a_quota_of_bytes() {
    let parlor = with_quota("1MiB");
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let _growth = Growth::of(&parlor);
    let first = upload(&alice, "a.bin", &vec![7; (1 << 20) - 1_000]).await;
    for size in [1_001, 1 << 20] {
        post(&alice, of_size(size)).await.error(403, "QUOTA_EXCEEDED");
    }
    let chunked = Part::stream(Body::wrap_stream(stream::iter([Ok::<_, std::io::Error>(vec![7; 1_001])])));
    post(&alice, Form::new().part("file", chunked.file_name("a"))).await.error(403, "QUOTA_EXCEEDED");
    let envelope =
        alice.request(Method::POST, "/dialects/envelope/api/files/upload").multipart(of_size(1_001));
    let refused = support::send(envelope).await.expect(403);
    assert_eq!(refused["success"], false);
    assert!(refused["errors"][0].as_str().unwrap().contains("delete some"), "{refused}");
    post(&alice, of_size(1_000)).await.expect(201);
    post(&alice, of_size(1)).await.error(403, "QUOTA_EXCEEDED");
    post(&alice, of_size(0)).await.expect(201);
    upload(&bob, "b.bin", &vec![7; 1 << 20]).await;
    // A deleted file gives its bytes back, although they are still kept.
    alice.delete(&url(&first)).await.expect(204);
    upload(&alice, "c.bin", &vec![7; (1 << 20) - 1_000]).await;
    assert_eq!(stored(&parlor).len(), 5);
}

#[tokio::test]
async fn parallel_uploads_do_not_exceed_the_quota_together() {
    let parlor = with_quota("1000000");
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let answers = join_all((0..12).map(|_| post(&alice, of_size(200_000)))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [[201; 5].as_slice(), &[403; 7]].concat());
    assert_eq!(stored(&parlor).len(), 5);
}

#[tokio::test]
async fn an_upload_reserves_its_bytes_until_it_ends() {
    let parlor = with_quota("1000000");
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let begun = begin(&parlor, &alice, Some(900_000)).await;
    post(&alice, of_size(100_001)).await.error(403, "QUOTA_EXCEEDED");
    post(&alice, of_size(100_000)).await.expect(201);
    // Its client leaves.
    begun.answer.abort();
    let mut answer = post(&alice, of_size(900_000)).await;
    for _ in 0..200 {
        if answer.status == 201 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = post(&alice, of_size(900_000)).await;
    }
    answer.expect(201);
}

#[tokio::test]
async fn a_quota_that_is_off_counts_nothing() {
    let parlor = with_quota("off");
    let alice = parlor.user("alice").await;
    post(&alice, of_size(2_000_000)).await.expect(201);
}
