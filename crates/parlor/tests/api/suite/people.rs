//! Finding people: what others see of a user, the search for names, and the directory's settings.

use serde_json::{Value, json};

use crate::support::{Parlor, Session};

/// The usernames on a page of people.
fn names(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|person| person["username"].as_str().unwrap()).collect()
}

async fn found(by: &Session, search: &str) -> Vec<String> {
    let page = by.get(&format!("/api/users?search={search}")).await.expect(200);
    assert_eq!(page["pagination"]["total"], names(&page).len());
    names(&page).into_iter().map(String::from).collect()
}

fn fields(person: &Value) -> Vec<&str> {
    let mut fields: Vec<&str> = person.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    fields
}

#[tokio::test]
async fn a_user_is_shown_to_others_and_to_themself_with_three_fields() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("Alice").await, parlor.user("bob").await);
    let account = alice.get("/api/users/me").await.expect(200)["data"].take();
    for caller in [&alice, &bob] {
        let shown = caller.get(&format!("/api/users/{}", alice.id)).await.expect(200);
        assert_eq!(
            shown["data"],
            json!({"id": alice.id, "username": "Alice", "createdAt": account["createdAt"]})
        );
        let listed = caller.get("/api/users?search=ali").await.expect(200);
        assert_eq!(listed["data"], json!([shown["data"]]));
    }
    let unknown = "/api/users/0197a5c2-8f00-7000-8000-000000000000";
    bob.get(unknown).await.error(404, "USER_NOT_FOUND");
    let bad = bob.get("/api/users/alice").await.error(400, "VALIDATION_FAILED");
    assert_eq!(bad["details"][0]["field"], "userId");
    for path in [unknown, "/api/users?search=al"] {
        parlor.anonymous().get(path).await.error(401, "UNAUTHENTICATED");
    }
    bob.delete(unknown).await.error(405, "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn people_are_found_by_the_start_of_their_names_in_the_order_of_lower_case() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off")]);
    let bob = parlor.user("bob").await;
    for name in ["Ann_b", "ann.b", "ANN-b", "annab", "anna", "Anja", "hanna", "AN9"] {
        parlor.user(name).await;
    }
    assert_eq!(found(&bob, "an").await, ["AN9", "Anja", "ANN-b", "ann.b", "Ann_b", "anna", "annab"]);
    for (search, expected) in [
        ("AnNa", vec!["anna", "annab"]),
        ("ann_", vec!["Ann_b"]),
        ("ann.", vec!["ann.b"]),
        ("ann-", vec!["ANN-b"]),
        ("%20anj%20", vec!["Anja"]),
        ("bo", vec!["bob"]),
        ("zz", vec![]),
        // No username can hold these.
        ("an%25", vec![]),
        ("a%20n", vec![]),
        ("%C3%A4nn", vec![]),
        ("%F0%9F%A6%80%F0%9F%A6%80", vec![]),
        ("ann%27--", vec![]),
    ] {
        assert_eq!(found(&bob, search).await, expected, "{search}");
    }
    let mut walked = vec![];
    for page in 1..=4 {
        let read = bob.get(&format!("/api/users?search=an&limit=3&page={page}")).await.expect(200);
        walked.extend(names(&read).into_iter().map(String::from));
        let pagination = json!({"page": page, "limit": 3, "total": 7, "hasMore": page < 3});
        assert_eq!(read["pagination"], pagination);
    }
    assert_eq!(walked, found(&bob, "an").await);
    for (query, field) in [
        ("", "search"),
        ("?search=", "search"),
        ("?search=a", "search"),
        ("?search=%20a%20", "search"),
        (&format!("?search={}", "a".repeat(33)), "search"),
        ("?search=a%00b", "search"),
        ("?search=an&limit=101", "limit"),
        ("?search=an&page=0", "page"),
        ("?search=an&name=x", "name"),
    ] {
        let refused = bob.get(&format!("/api/users{query}")).await.error(400, "VALIDATION_FAILED");
        assert_eq!(refused["details"][0]["field"], field, "{query}");
        assert_eq!(refused["details"].as_array().unwrap().len(), 1, "{query}");
    }
}

#[tokio::test]
async fn a_shared_directory_shows_those_with_whom_the_caller_shares_a_room() {
    let parlor = Parlor::with(&[("PARLOR_DIRECTORY", "shared"), ("PARLOR_LIMITS", "off")]);
    let (alice, bob) = (parlor.user("user-a").await, parlor.user("user-b").await);
    let (carol, dave) = (parlor.user("user-c").await, parlor.user("user-d").await);
    assert_eq!(found(&alice, "user").await, ["user-a"], "the caller is found too");
    alice.get(&format!("/api/users/{}", alice.id)).await.expect(200);
    alice.get(&format!("/api/users/{}", bob.id)).await.error(404, "USER_NOT_FOUND");
    let hall = alice.room("Hall", "public").await;
    bob.join(&hall).await;
    // The directory limits neither invitations nor direct rooms. An invitation shares no room yet.
    let den = carol.room("Den", "private").await;
    carol.post(&format!("{den}/invitations"), json!({"username": "user-a"})).await.expect(201);
    dave.post("/api/directs", json!({"usernames": ["user-a"]})).await.expect(201);
    assert_eq!(found(&alice, "user").await, ["user-a", "user-b", "user-d"]);
    assert_eq!(found(&bob, "user").await, ["user-a", "user-b"]);
    assert_eq!(found(&carol, "user").await, ["user-c"]);
    alice.join(&den).await;
    alice.get(&format!("/api/users/{}", carol.id)).await.expect(200);
    bob.post(&format!("{hall}/leave"), json!({})).await.expect(204);
    assert_eq!(found(&alice, "user").await, ["user-a", "user-c", "user-d"]);
    carol.delete(&den).await.expect(204);
    assert_eq!(found(&alice, "user").await, ["user-a", "user-d"]);
    alice.get(&format!("/api/users/{}", carol.id)).await.error(404, "USER_NOT_FOUND");
}

#[tokio::test]
async fn without_a_directory_its_paths_do_not_exist() {
    let parlor = Parlor::with(&[("PARLOR_DIRECTORY", "off")]);
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    for path in [&format!("/api/users/{}", bob.id), "/api/users?search=bo", "/api/users"] {
        alice.get(path).await.error(404, "NOT_FOUND");
    }
    alice.get("/api/users/me").await.expect(200);
    let room = alice.room("Den", "private").await;
    alice.post(&format!("{room}/invitations"), json!({"userId": bob.id})).await.expect(201);
    alice.post("/api/directs", json!({"userIds": [bob.id]})).await.expect(201);
}

#[tokio::test]
async fn addresses_show_to_their_owner_alone() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Hall", "public").await;
    bob.join(&room).await;
    bob.send(&room, "hello").await;
    alice.post("/api/directs", json!({"usernames": ["bob"]})).await.expect(201);
    for path in [
        format!("/api/users/{}", bob.id),
        "/api/users?search=bo".to_owned(),
        room.clone(),
        format!("{room}/members"),
        format!("{room}/messages"),
        format!("{room}/changes?since=0"),
        "/api/rooms".to_owned(),
        "/api/sync".to_owned(),
    ] {
        let answer = alice.get(&path).await.expect(200);
        assert!(!answer.to_string().contains("bob@example.com"), "{path}: {answer}");
        for person in
            answer["data"].as_array().into_iter().flatten().filter(|item| item["username"].is_string())
        {
            assert!(!fields(person).contains(&"email"), "{path}");
        }
    }
    let own = bob.get("/api/users/me").await.expect(200);
    assert_eq!(own["data"]["email"], "bob@example.com");
    let others = alice.get(&format!("/api/users/{}", bob.id)).await.expect(200);
    assert_eq!(fields(&others["data"]), ["createdAt", "id", "username"]);
}
