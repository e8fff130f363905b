//! Section 13 of the contract: reactions.

mod live;

use serde_json::{Value, json};

use crate::support::{Parlor, Session};

const THUMB: &str = "%F0%9F%91%8D";

/// A room of several people, with a message of the first, by its path.
struct Place {
    parlor: Parlor,
    people: Vec<Session>,
    room: String,
    message: String,
}

impl Place {
    async fn of(names: &[&str]) -> Self {
        let parlor = Parlor::start();
        let mut people = vec![];
        for name in names {
            people.push(parlor.user(name).await);
        }
        let room = people[0].room("Chat", "public").await;
        for user in &people[1..] {
            user.join(&room).await;
        }
        let sent = people[0].send(&room, "hello").await;
        let message = format!("{room}/messages/{}", sent["id"].as_str().unwrap());
        Self { parlor, people, room, message }
    }

    fn reaction(&self, emoji: &str) -> String {
        format!("{}/reactions/{emoji}", self.message)
    }

    async fn react(&self, person: usize, emoji: &str) {
        self.people[person].put(&self.reaction(emoji)).await.expect(204);
    }

    async fn show(&self) -> Value {
        self.people[0].get(&self.message).await.expect(200)["data"].take()
    }

    async fn revision(&self) -> i64 {
        self.people[0].get(&self.room).await.expect(200)["data"]["revision"].as_i64().unwrap()
    }

    /// The emoji, the number and the names of the first users of each reaction.
    async fn reactions(&self) -> Vec<(String, i64, Vec<String>)> {
        let names = |users: &Value| {
            let names =
                users.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned());
            names.collect()
        };
        let message = self.show().await;
        let shown = message["reactions"].as_array().unwrap().iter().map(|reaction| {
            let emoji = reaction["emoji"].as_str().unwrap().to_owned();
            (emoji, reaction["count"].as_i64().unwrap(), names(&reaction["users"]))
        });
        shown.collect()
    }
}

fn shown(emoji: &str, names: &[&str]) -> (String, i64, Vec<String>) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    (emoji.to_owned(), i64::try_from(names.len()).unwrap(), names)
}

#[tokio::test]
async fn reactions_show_in_the_order_of_the_earliest_use_that_is_still_there() {
    let place = Place::of(&["alice", "bob", "carol"]).await;
    for (person, emoji) in [(0, "a"), (1, "b"), (2, "a"), (0, "b")] {
        place.react(person, emoji).await;
    }
    assert_eq!(place.reactions().await, [shown("a", &["alice", "carol"]), shown("b", &["bob", "alice"])]);
    place.people[0].delete(&place.reaction("a")).await.expect(204);
    assert_eq!(place.reactions().await, [shown("b", &["bob", "alice"]), shown("a", &["carol"])]);
    place.react(0, "a").await;
    place.people[2].delete(&place.reaction("a")).await.expect(204);
    assert_eq!(place.reactions().await, [shown("b", &["bob", "alice"]), shown("a", &["alice"])]);
    let edited = place.people[0].patch(&place.message, json!({"content": "hello again"})).await.expect(200);
    assert_eq!(edited["data"]["reactions"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_change_moves_the_revision_of_room_and_message_and_none_moves_nothing() {
    let place = Place::of(&["alice", "bob"]).await;
    let before = place.revision().await;
    place.react(0, THUMB).await;
    assert_eq!(place.revision().await, before + 1);
    assert_eq!(place.show().await["revision"], before + 1);
    place.react(0, THUMB).await;
    place.people[1].delete(&place.reaction(THUMB)).await.expect(204);
    place.people[0].delete(&place.reaction("other")).await.expect(204);
    assert_eq!(place.revision().await, before + 1);
    place.people[0].delete(&place.reaction(THUMB)).await.expect(204);
    assert_eq!(place.revision().await, before + 2);
    assert_eq!(place.show().await["reactions"], json!([]));
}

#[tokio::test]
async fn all_users_are_listed_in_the_order_of_use_and_the_first_ten_shown_at_the_message() {
    let names: Vec<String> = (0..12).map(|n| format!("user-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let place = Place::of(&names).await;
    for person in (0..12).rev() {
        place.react(person, THUMB).await;
    }
    let mut order = names.clone();
    order.reverse();
    let [(emoji, count, users)] = &place.reactions().await[..] else { panic!("one reaction") };
    assert_eq!((emoji.as_str(), *count), ("\u{1f44d}", 12));
    assert_eq!(*users, order[..10]);
    // Those of former members stay.
    place.people[11].post(&format!("{}/leave", place.room), json!({})).await.expect(204);
    let page = place.people[0].get(&format!("{}?page=2&limit=5", place.reaction(THUMB))).await.expect(200);
    let listed: Vec<&str> =
        page["data"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap()).collect();
    assert_eq!(listed, order[5..10]);
    assert_eq!(page["data"][0].as_object().unwrap().len(), 2, "id and username");
    assert_eq!(page["pagination"], json!({"page": 2, "limit": 5, "total": 12, "hasMore": true}));
    let unused = place.people[0].get(&place.reaction("unused")).await.expect(200);
    assert_eq!((&unused["data"], &unused["pagination"]["total"]), (&json!([]), &json!(0)));
}

#[tokio::test]
async fn an_emoji_is_what_its_percent_encoding_says_in_its_composed_form() {
    let place = Place::of(&["alice"]).await;
    let (thumbs, thumbs_shown) = (THUMB.repeat(32), "\u{1f44d}".repeat(32));
    for (path, emoji) in [
        ("%E2%9D%A4", "\u{2764}"),
        ("%E2%9D%A4%EF%B8%8F", "\u{2764}\u{fe0f}"),
        ("a%2Fb", "a/b"),
        ("a%2fb%2F", "a/b/"),
        ("100%25", "100%"),
        ("%252F", "%2F"),
        ("%2B1", "+1"),
        ("e%CC%81", "\u{e9}"),
        ("%3F%23", "?#"),
        (thumbs.as_str(), thumbs_shown.as_str()),
        ("%F0%9F%91%A9%E2%80%8D%F0%9F%9A%80", "\u{1f469}\u{200d}\u{1f680}"),
    ] {
        place.react(0, path).await;
        let reactions = place.reactions().await;
        assert_eq!(reactions.last().unwrap().0, emoji, "{path}");
        let page = place.people[0].get(&place.reaction(path)).await.expect(200);
        assert_eq!(page["pagination"]["total"], 1, "{path}");
    }
    assert_eq!(place.reactions().await.len(), 11);
    // The same ones, written otherwise.
    for again in ["+1", "%C3%A9"] {
        place.react(0, again).await;
    }
    assert_eq!(place.reactions().await.len(), 11);
}

#[tokio::test]
async fn a_bad_emoji_is_named() {
    let place = Place::of(&["alice"]).await;
    let alice = &place.people[0];
    for bad in [
        "%20",
        "a%20b",
        "%F0%9F%91%8D%20",
        "%E3%80%80x",
        "%00",
        "%7F",
        "a%0Ab",
        "%FF",
        "%zz",
        "%",
        &"x".repeat(33),
    ] {
        let path = place.reaction(bad);
        for answer in [alice.put(&path).await, alice.delete(&path).await, alice.get(&path).await] {
            let error = answer.error(400, "VALIDATION_FAILED");
            assert_eq!(error["details"][0]["field"], "emoji", "{bad}: {error}");
        }
    }
    let error = alice.put("/api/rooms/x/messages/y/reactions/%20").await.error(400, "VALIDATION_FAILED");
    let named: Vec<_> = error["details"].as_array().unwrap().iter().map(|detail| &detail["field"]).collect();
    assert_eq!(named, ["id", "messageId", "emoji"]);
    alice.put(&place.reaction("")).await.error(404, "NOT_FOUND");
    assert_eq!(place.show().await["reactions"], json!([]));
}

#[tokio::test]
async fn a_message_has_at_most_20_different_reactions() {
    let place = Place::of(&["alice", "bob"]).await;
    for n in 0..20 {
        place.react(n % 2, &format!("e{n}")).await;
    }
    place.people[0].put(&place.reaction("more")).await.error(409, "TOO_MANY_REACTIONS");
    place.react(1, "e0").await;
    place.people[1].delete(&place.reaction("e1")).await.expect(204);
    place.react(0, "more").await;
    assert_eq!(place.reactions().await.len(), 20);
}

#[tokio::test]
async fn a_deleted_message_has_no_reactions_any_more() {
    let place = Place::of(&["alice", "bob"]).await;
    place.react(1, "canary").await;
    place.people[0].delete(&place.message).await.expect(204);
    let path = place.reaction("canary");
    let bob = &place.people[1];
    for answer in [bob.put(&path).await, bob.delete(&path).await, bob.get(&path).await] {
        answer.error(404, "MESSAGE_NOT_FOUND");
    }
    assert_eq!(place.show().await["reactions"], json!([]));
    for path in ["messages", "changes?since=0", "pins"] {
        let answer = bob.get(&format!("{}/{path}", place.room)).await.expect(200);
        assert!(!answer.to_string().contains("canary"), "{answer}");
    }
}
