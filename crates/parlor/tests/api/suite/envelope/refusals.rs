//! Refusals of the dialect `envelope`, and hostile input.

use reqwest::Method;
use serde_json::json;

use super::{BASE, NOBODY, get, post, refused, say, success, texts};
use crate::socket::id;
use crate::support::{self, Answer, Parlor};

#[tokio::test]
async fn every_error_has_the_dialects_shape() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    for path in ["", "/", "/nothing", "/rooms/", "/rooms/a/b", "/auth", "/files/upload/x"] {
        refused(&get(&alice, path).await, 404, "Resource not found");
    }
    for path in ["/dialects/envelope", "/dialects/envelope/", "/dialects/envelope/rooms"] {
        refused(&alice.get(path).await, 404, "Resource not found");
    }
    for (method, path, allow) in [
        (Method::GET, "/auth/signup", "POST"),
        (Method::GET, "/auth/login", "POST"),
        (Method::POST, "/auth/logout", "GET, HEAD"),
        (Method::DELETE, "/rooms", "POST, GET, HEAD"),
        (Method::PUT, "/rooms/x", "GET, HEAD"),
        (Method::GET, "/messages", "POST"),
        (Method::POST, "/messages/x", "GET, HEAD"),
        (Method::GET, "/files/upload", "POST"),
        (Method::POST, "/files", "GET, HEAD"),
        (Method::DELETE, "/files/x", "GET, HEAD"),
    ] {
        let wrong = support::send(alice.request(method.clone(), &format!("{BASE}{path}"))).await;
        refused(&wrong, 405, &format!("This path knows the methods {allow}"));
        assert_eq!(wrong.header("allow"), Some(allow), "{method} {path}");
    }
    let (json_type, deep) = ("application/json", "[".repeat(20_000));
    let raw = |path: &str, body: &str, kind: &str| {
        let request = alice.request(Method::POST, &format!("{BASE}{path}"));
        support::send(request.header("content-type", kind).body(body.to_owned()))
    };
    for path in ["/auth/signup", "/auth/login", "/rooms", "/messages"] {
        for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
            refused(&raw(path, "{}", kind).await, 415, "Send the body as application/json");
        }
        for body in ["", "{", "\u{0}", &deep, "{\"a\": 1} x"] {
            let answer = raw(path, body, json_type).await;
            let words = answer.body["message"].as_str().unwrap().to_owned();
            assert!(words.starts_with("This is not JSON"), "{words}");
            refused(&answer, 400, &words);
        }
        for body in ["[]", "null", "1", "{}", "\"x\""] {
            refused(&raw(path, body, json_type).await, 400, "Validation failed");
        }
        refused(
            &raw(path, &"x".repeat(100_000), json_type).await,
            413,
            "The body is larger than 65536 bytes",
        );
    }
    // The rest of the server keeps its own shape.
    alice.get("/dialects/envelopes/api/rooms").await.error(404, "NOT_FOUND");
}

#[tokio::test]
async fn one_answer_names_every_invalid_field_of_a_body() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let all = |answer: &Answer| {
        let mut fields: Vec<String> = refused(answer, 400, "Validation failed")
            .iter()
            .map(|error| error.split(' ').next().unwrap().to_owned())
            .collect();
        fields.sort_unstable();
        fields
    };
    let signup = json!({"username": "a", "email": "nowhere", "password": "short"});
    assert_eq!(all(&post(&alice, "/auth/signup", signup).await), ["email", "password", "username"]);
    assert_eq!(all(&post(&alice, "/auth/login", json!({})).await), ["email", "password"]);
    let room = json!({"name": 7, "description": "x".repeat(501)});
    assert_eq!(all(&post(&alice, "/rooms", room).await), ["description", "name"]);
    let message = json!({"roomId": "64f8a1b2c3d4e5f6a7b8c9d1", "content": " "});
    assert_eq!(all(&post(&alice, "/messages", message).await), ["content", "roomId"]);
    assert_eq!(all(&post(&alice, "/messages", json!({"fileId": "x"})).await), ["fileId", "roomId"]);
    assert_eq!(all(&post(&alice, "/messages", json!({})).await), ["content", "roomId"]);
    for value in [r#""\ud800abc""#, r#""a\u0000bc""#, "1e999", "[]", "\"\"", "{}", "true"] {
        for (path, field) in [
            ("/auth/signup", "username"),
            ("/auth/signup", "email"),
            ("/auth/login", "email"),
            ("/rooms", "name"),
            ("/messages", "content"),
            ("/messages", "roomId"),
            ("/messages", "fileId"),
        ] {
            let request = alice.request(Method::POST, &format!("{BASE}{path}"));
            let body = format!("{{\"{field}\": {value}}}");
            let request = request.header("content-type", "application/json").body(body);
            let fields = all(&support::send(request).await);
            assert!(fields.iter().any(|known| known == field), "{path} {field} {value}: {fields:?}");
        }
    }
}

#[tokio::test]
async fn malformed_ids_are_bad_requests_and_unknown_ids_are_not_found() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    for path in ["/rooms/64f8a1b2c3d4e5f6a7b8c9d1", "/messages/x", "/files/%00", "/rooms/..%2f..%2fapi"] {
        refused(&get(&alice, path).await, 400, "Validation failed");
    }
    refused(&get(&alice, &format!("/rooms/{NOBODY}")).await, 404, "Room not found");
    refused(&get(&alice, &format!("/messages/{NOBODY}")).await, 404, "Room not found");
    let message = json!({"roomId": NOBODY, "content": "x"});
    refused(&post(&alice, "/messages", message).await, 404, "Room not found");
}

#[tokio::test]
async fn everything_but_signup_login_and_reading_rooms_needs_the_token() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let anonymous = parlor.anonymous();
    for nobody in [anonymous.clone(), anonymous.with_token("nonsense"), anonymous.with_token("a.b.c")] {
        let answers = [
            get(&nobody, "/auth/logout").await,
            post(&nobody, "/rooms", json!({"name": "Mine"})).await,
            post(&nobody, "/messages", json!({"roomId": id(&room), "content": "x"})).await,
            get(&nobody, &format!("/messages/{}", id(&room))).await,
            post(&nobody, "/files/upload", json!({})).await,
            get(&nobody, "/files").await,
            get(&nobody, &format!("/files/{NOBODY}")).await,
        ];
        for answer in answers {
            refused(&answer, 401, "Unauthorized");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
        for path in ["/rooms".to_owned(), format!("/rooms/{}", id(&room))] {
            let answer = get(&nobody, &path).await;
            // A token that is sent must be good.
            if nobody.client().token().is_some() {
                refused(&answer, 401, "Unauthorized");
            } else {
                answer.expect(200);
            }
        }
    }
}

#[tokio::test]
async fn contents_come_back_as_text_only() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let hostile = "<script>alert(1)</script> '; DROP TABLE users; -- {\"$gt\": \"\"} \u{202e}\u{1F408}";
    // A name may not reorder its line.
    let name = hostile.replace('\u{202e}', "");
    let body = json!({"name": name, "description": hostile, "admin": true, "__proto__": {"x": 1}});
    let made = success(post(&alice, "/rooms", body).await, 201, "Room created successfully");
    assert_eq!((&made["name"], &made["description"]), (&json!(name), &json!(hostile)));
    let room = made["_id"].as_str().unwrap();
    say(&alice, room, hostile).await;
    let answer = get(&alice, &format!("/messages/{room}")).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(texts(&answer.expect(200)["data"]), [hostile]);
    // An object is no password, however a database would read it.
    let login = json!({"email": "alice@example.com", "password": {"$ne": null}});
    refused(&post(&parlor.anonymous(), "/auth/login", login).await, 400, "Validation failed");
}

#[tokio::test]
async fn a_disabled_dialect_is_not_found() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_DIALECTS", "ryos,actions")]);
    let alice = parlor.user("alice").await;
    get(&alice, "/rooms").await.error(404, "NOT_FOUND");
    let login = json!({"email": "alice@example.com", "password": "correct horse"});
    post(&alice, "/auth/login", login).await.error(404, "NOT_FOUND");
}
