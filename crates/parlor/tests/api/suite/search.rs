//! Section 14 of the contract: search.

use reqwest::Method;
use serde_json::{Value, json};

use super::files;
use crate::socket::id;
use crate::support::{Parlor, Session, send};

/// Searches with these parameters, of which `q` needs no encoding beyond that of the client.
async fn search(user: &Session, parameters: &[(&str, &str)]) -> Value {
    send(user.request(Method::GET, &path(parameters))).await.expect(200)
}

fn path(parameters: &[(&str, &str)]) -> String {
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    let parameters: Vec<_> =
        parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    format!("/api/search/messages?{}", parameters.join("&"))
}

/// The contents of the messages found, in their order.
async fn found(user: &Session, q: &str) -> Vec<String> {
    contents(&search(user, &[("q", q)]).await)
}

fn contents(page: &Value) -> Vec<String> {
    let messages = page["data"].as_array().unwrap().iter();
    messages.map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn a_message_is_found_by_its_words_in_any_case_with_any_accents_and_in_any_form() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "private").await;
    for (said, finding, others) in [
        (
            "Der Straße RÉSUMÉ",
            vec!["strasse", "STRASSE re\u{301}sume\u{301}", "ｄｅｒ"],
            vec!["strase", "resum", "derr"],
        ),
        (
            "see example.com, don't use snake_case or 3.14",
            vec!["example.com", "DON'T", "snake_case 3.14"],
            vec!["example", "snake", "don", "3.1"],
        ),
        ("well-known and/or", vec!["known", "or and", "and/or", "well-known"], vec!["wellknown", "unknown"]),
        (
            "searching beginnings",
            vec!["sea*", "begin＊ search*", "searching*"],
            vec!["*ing", "s*ing", "ear*", "sea"],
        ),
        (
            "東京タワーに行きたい",
            vec!["タワー", "東", "京タワーに行", "東京* たい"],
            vec!["東タワー", "大阪"],
        ),
        ("한국어test", vec!["국어", "test", "한"], vec!["한어", "국어te", "est"]),
        ("party 🎉❤️👍🏽", vec!["🎉", "❤", "❤️ 🎉", "👍🏽", "👍*"], vec!["👍", "🎊"]),
        ("Ørsted Łódź", vec!["ørsted", "łodz"], vec!["orsted", "lodz"]),
        ("שָׁלוֹם مُحَمَّد", vec!["שלום", "محمد"], vec![]),
    ] {
        alice.send(&room, said).await;
        for q in finding {
            assert!(found(&alice, q).await.contains(&said.to_owned()), "{q:?} finds {said:?}");
        }
        for q in others {
            assert!(!found(&alice, q).await.contains(&said.to_owned()), "{q:?} does not find {said:?}");
        }
    }
}

#[tokio::test]
async fn every_bad_parameter_is_named_and_a_bad_cursor_alone_has_its_code() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let long = "x".repeat(201);
    for q in ["", " ", "a", "7", "!", "?!", "* *", &long] {
        let refused = alice.get(&path(&[("q", q)])).await.error(400, "VALIDATION_FAILED");
        assert_eq!(refused["details"][0]["field"], "q", "{q:?}");
    }
    for q in ["xy", "x*", "日", "👍", &long[1..]] {
        search(&alice, &[("q", q)]).await;
    }
    let bad = [
        ("roomId", "x"),
        ("senderId", "1"),
        ("before", "x"),
        ("limit", "51"),
        ("after", "x"),
        ("order", "asc"),
        ("a", ""),
    ];
    let refused = alice.get(&path(&bad)).await.error(400, "VALIDATION_FAILED");
    let mut named: Vec<_> =
        refused["details"].as_array().unwrap().iter().map(|one| text(&one["field"])).collect();
    named.sort_unstable();
    assert_eq!(named, ["a", "after", "before", "limit", "order", "q", "roomId", "senderId"]);
    alice.get(&path(&[("q", "xy"), ("limit", "0")])).await.error(400, "VALIDATION_FAILED");
    let refused = alice.get(&path(&[("q", "xy"), ("before", "x")])).await.error(400, "INVALID_CURSOR");
    assert_eq!(refused["details"][0]["field"], "before");
    parlor.anonymous().get(&path(&[("q", "xy")])).await.error(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn only_the_rooms_that_the_caller_is_a_member_of_now_are_searched() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let (open, closed) = (alice.room("Open", "public").await, alice.room("Closed", "private").await);
    alice.send(&open, "a word in public").await;
    alice.send(&closed, "a word in private").await;
    assert_eq!(found(&alice, "word").await, ["a word in private", "a word in public"]);
    assert!(found(&bob, "word").await.is_empty());
    alice.get(&path(&[("q", "word"), ("roomId", id(&open))])).await.expect(200);
    bob.get(&path(&[("q", "word"), ("roomId", id(&open))])).await.error(403, "NOT_A_MEMBER");
    bob.get(&path(&[("q", "word"), ("roomId", id(&closed))])).await.error(404, "ROOM_NOT_FOUND");
    bob.join(&open).await;
    assert_eq!(found(&bob, "word").await, ["a word in public"]);
    bob.post(&format!("{open}/leave"), json!({})).await.expect(204);
    assert!(found(&bob, "word").await.is_empty());
    alice.delete(&open).await.expect(204);
    assert_eq!(found(&alice, "word").await, ["a word in private"]);
}

#[tokio::test]
async fn a_room_and_a_sender_narrow_the_search() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let (one, two) = (alice.room("One", "public").await, alice.room("Two", "public").await);
    for room in [&one, &two] {
        bob.join(room).await;
        alice.send(room, &format!("hers {room}")).await;
        bob.send(room, &format!("his {room}")).await;
    }
    let narrowed = async |room: &str, sender: &str| {
        contents(&search(&alice, &[("q", "rooms"), ("roomId", id(room)), ("senderId", sender)]).await)
    };
    assert_eq!(narrowed(&one, &bob.id).await, [format!("his {one}")]);
    assert_eq!(narrowed(&two, &alice.id).await, [format!("hers {two}")]);
    assert!(narrowed(&one, "00000000-0000-4000-8000-000000000001").await.is_empty());
    let of_bob = search(&alice, &[("q", "rooms"), ("senderId", &bob.id)]).await;
    assert_eq!(contents(&of_bob), [format!("his {two}"), format!("his {one}")]);
}

#[tokio::test]
async fn a_search_reflects_each_change_once_it_is_answered() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "private").await;
    let sent = alice.send(&room, "former words").await;
    let message = format!("{room}/messages/{}", text(&sent["id"]));
    assert_eq!(found(&alice, "former").await, ["former words"]);
    alice.patch(&message, json!({"content": "present words"})).await.expect(200);
    assert!(found(&alice, "former").await.is_empty());
    let page = search(&alice, &[("q", "words")]).await;
    assert_eq!(page["data"][0], alice.get(&message).await.expect(200)["data"]);
    alice.patch(&message, json!({"metadata": {"a": "hidden"}})).await.expect(200);
    assert_eq!(found(&alice, "present").await.len(), 1);
    assert!(found(&alice, "hidden").await.is_empty());
    alice.delete(&message).await.expect(204);
    for q in ["former", "present", "words", "present words", "pre*"] {
        assert_eq!(search(&alice, &[("q", q)]).await["data"], json!([]), "{q}");
    }
}

#[tokio::test]
async fn captions_are_searched_and_names_of_files_are_not() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "private").await;
    let file = files::upload(&alice, "holiday.txt", b"a text").await;
    let body = json!({"type": "file", "fileId": file["id"], "content": "from the seaside"});
    alice.post(&format!("{room}/messages"), body).await.expect(201);
    let bare = json!({"type": "file", "fileId": file["id"]});
    alice.post(&format!("{room}/messages"), bare).await.expect(201);
    assert_eq!(found(&alice, "seaside").await, ["from the seaside"]);
    assert!(found(&alice, "holiday.txt").await.is_empty());
    assert!(found(&alice, "holi*").await.is_empty());
}

#[tokio::test]
async fn pages_are_newest_first_over_all_rooms_and_a_cursor_is_a_position() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let rooms = [alice.room("One", "private").await, alice.room("Two", "private").await];
    let foreign = bob.send(&bob.room("Bobs", "private").await, "number").await;
    let mut sent = vec![];
    for n in 0..25 {
        sent.push(
            alice
                .send(&rooms[n % 2], &format!("number {n} of {}", if n % 5 == 0 { "five" } else { "one" }))
                .await,
        );
    }
    let first = search(&alice, &[("q", "number")]).await;
    let wanted: Vec<String> = (5..25).rev().map(|n| text(&sent[n]["content"]).to_owned()).collect();
    assert_eq!(contents(&first), wanted);
    let pagination = &first["pagination"];
    assert_eq!((pagination["limit"].as_i64(), pagination["hasMore"].as_bool()), (Some(20), Some(true)));
    assert!(pagination["after"].is_string());
    let rest = search(&alice, &[("q", "number"), ("before", text(&pagination["before"]))]).await;
    assert_eq!((contents(&rest).len(), rest["pagination"]["hasMore"].as_bool()), (5, Some(false)));
    // Of another search, and by a message or a time.
    let fives = search(&alice, &[("q", "fiv*"), ("before", text(&pagination["before"]))]).await;
    assert_eq!(contents(&fives), ["number 0 of five"]);
    for before in ["id", "createdAt"] {
        let fives =
            search(&alice, &[("q", "five"), ("before", text(&sent[10][before])), ("limit", "1")]).await;
        assert_eq!(contents(&fives), ["number 5 of five"], "{before}");
        assert_eq!(fives["pagination"]["hasMore"], true);
    }
    let none = search(&alice, &[("q", "number"), ("before", text(&sent[0]["id"]))]).await;
    assert_eq!(none["pagination"], json!({"limit": 20, "hasMore": false, "before": null, "after": null}));
    for unknown in [text(&foreign["id"]), "00000000-0000-4000-8000-000000000001"] {
        alice.get(&path(&[("q", "number"), ("before", unknown)])).await.error(404, "MESSAGE_NOT_FOUND");
    }
}

#[tokio::test]
async fn messages_that_are_sent_at_once_are_all_found_at_once() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "private").await;
    let sends = (0..40).map(|n| {
        let (alice, room) = (alice.clone(), room.clone());
        tokio::spawn(async move {
            let sent = alice.send(&room, &format!("crowd{n} together")).await;
            assert_eq!(found(&alice, &format!("crowd{n}")).await.len(), 1);
            if n % 2 == 0 {
                alice.delete(&format!("{room}/messages/{}", text(&sent["id"]))).await.expect(204);
                assert!(found(&alice, &format!("crowd{n}")).await.is_empty());
            }
        })
    });
    for task in sends.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(
        search(&alice, &[("q", "together"), ("limit", "50")]).await["data"].as_array().unwrap().len(),
        20
    );
}
