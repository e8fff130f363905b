//! Pages, sorts and orders.

use serde_json::{Value, json};

use super::{get, post, refused, say, success, texts};
use crate::socket::id;
use crate::support::{Parlor, Session};

async fn read(who: &Session, room: &str, query: &str) -> Value {
    let read = get(who, &format!("/messages/{}{query}", id(room))).await;
    success(read, 200, "Messages retrieved successfully")
}

async fn names(who: &Session, path: &str, field: &str) -> Vec<String> {
    let list = get(who, path).await.expect(200);
    let items = list["data"].as_array().unwrap();
    items.iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn messages_come_in_numbered_pages_from_either_end() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    assert_eq!(read(&alice, &room, "").await, json!([]));
    for n in 1..=45 {
        say(&alice, &room, &n.to_string()).await;
    }
    let numbers = |from: u32, to: u32| (from..=to).map(|n| n.to_string()).collect::<Vec<_>>();
    let down = |from: u32, to: u32| numbers(to, from).into_iter().rev().collect::<Vec<_>>();
    for (query, expected) in [
        ("", down(45, 26)),
        ("?page=2", down(25, 6)),
        ("?page=3", down(5, 1)),
        ("?page=4", vec![]),
        ("?page=9223372036854775807", vec![]),
        ("?order=asc", numbers(1, 20)),
        ("?order=asc&page=3", numbers(41, 45)),
        ("?page=2&limit=10&sort=createdAt&order=asc", numbers(11, 20)),
        ("?limit=100", down(45, 1)),
        ("?limit=5000", down(45, 1)),
        ("?page=45&limit=1", down(1, 1)),
        ("?color=red", down(45, 26)),
    ] {
        assert_eq!(texts(&read(&alice, &room, query).await), expected, "{query}");
    }
    for n in 46..=110 {
        say(&alice, &room, &n.to_string()).await;
    }
    for limit in ["101", "1000", "99999999999999999999999999"] {
        assert_eq!(read(&alice, &room, &format!("?limit={limit}")).await.as_array().unwrap().len(), 100);
    }
}

#[tokio::test]
async fn rooms_are_sorted_by_time_or_name() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    for name in ["Beta", "alpha", "Gamma"] {
        post(&alice, "/rooms", json!({"name": name})).await.expect(201);
    }
    for (query, expected) in [
        ("", ["Gamma", "alpha", "Beta"]),
        ("?order=asc", ["Beta", "alpha", "Gamma"]),
        ("?sort=name&order=asc", ["alpha", "Beta", "Gamma"]),
        ("?sort=name", ["Gamma", "Beta", "alpha"]),
        ("?sort=createdAt&order=desc", ["Gamma", "alpha", "Beta"]),
    ] {
        assert_eq!(names(&alice, &format!("/rooms{query}"), "name").await, expected, "{query}");
    }
    assert_eq!(names(&alice, "/rooms?limit=2&page=2", "name").await, ["Beta"]);
    for n in 0..22 {
        alice.room(&format!("Room {n}"), "public").await;
    }
    assert_eq!(names(&alice, "/rooms", "name").await.len(), 20);
}

#[tokio::test]
async fn all_parameters_out_of_range_are_named_in_one_refusal() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let messages = format!("/messages/{}", id(&room));
    for list in ["/rooms", "/files", messages.as_str()] {
        for bad in [
            "page=0",
            "page=-1",
            "page=x",
            "page=",
            "page=99999999999999999999",
            "limit=0",
            "limit=-5",
            "limit=ten",
            "limit=",
            "limit=1.5",
            "sort=password",
            "sort=memberCount",
            "sort=",
            "order=sideways",
            "order=ASC",
            "page=1&page=2",
        ] {
            let errors = refused(&get(&alice, &format!("{list}?{bad}")).await, 400, "Validation failed");
            let field = bad.split('=').next().unwrap();
            assert!(errors.len() == 1 && errors[0].starts_with(field), "{list}?{bad}: {errors:?}");
        }
        let all = get(&alice, &format!("{list}?page=0&limit=0&sort=x&order=y")).await;
        assert_eq!(refused(&all, 400, "Validation failed").len(), 4);
    }
    for (list, sort) in [("/rooms", "size"), ("/files", "name"), (messages.as_str(), "name")] {
        refused(&get(&alice, &format!("{list}?sort={sort}")).await, 400, "Validation failed");
    }
}
