//! Administration at `/admin/api`: what server admins see and do, and what they don't.

use parlor_client::Method;
use serde_json::{Value, json};

use crate::socket::Socket;
use crate::support::{self, Answer, Parlor, Session};

/// Starts a server with the admin `ryo` by configuration.
async fn administered() -> (Parlor, Session) {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_ADMINS", "ryo")]);
    let ryo = parlor.user("ryo").await;
    (parlor, ryo)
}

fn upon(user: &Session, act: &str) -> String {
    format!("/admin/api/users/{}/{act}", user.id)
}

async fn log_in(parlor: &Parlor, name: &str, password: &str) -> Answer {
    parlor.anonymous().post("/api/auth/login", json!({"username": name, "password": password})).await
}

/// The names of the accounts on a part of the list, and where to go on.
async fn names(admin: &Session, query: &str) -> (Vec<String>, Value) {
    let listed = admin.get(&format!("/admin/api/users{query}")).await.expect(200);
    let accounts = listed["data"].as_array().unwrap().iter();
    let names = accounts.map(|account| account["username"].as_str().unwrap().to_owned()).collect();
    (names, listed["pagination"].clone())
}

#[tokio::test]
async fn accounts_are_found_by_the_start_of_a_name_or_by_an_address_in_parts() {
    let (parlor, ryo) = administered().await;
    for name in ["Bea", "alice", "Albert", "al.b"] {
        parlor.user(name).await;
    }
    let (all, last) = names(&ryo, "").await;
    assert_eq!(all, ["al.b", "Albert", "alice", "Bea", "ryo"]);
    assert_eq!(last, json!({"limit": 50, "hasMore": false, "after": "ryo"}));
    let (first, next) = names(&ryo, "?search=AL&limit=2").await;
    assert_eq!((first, &next["hasMore"]), (vec!["al.b".to_owned(), "Albert".to_owned()], &json!(true)));
    let after = next["after"].as_str().unwrap();
    assert_eq!(names(&ryo, &format!("?search=AL&limit=2&after={after}")).await.0, ["alice"]);
    assert_eq!(names(&ryo, "?search=ALICE@example.com").await.0, ["alice"]);
    let (nobody, end) = names(&ryo, "?search=zoe").await;
    assert_eq!((nobody.len(), &end["after"]), (0, &Value::Null));
    let refused =
        ryo.get("/admin/api/users?search=a%20b&limit=0&page=1").await.error(400, "VALIDATION_FAILED");
    let mut fields: Vec<&str> =
        refused["details"].as_array().unwrap().iter().map(|bad| bad["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["limit", "page", "search"]);
}

#[tokio::test]
async fn an_account_shows_its_rights_and_whether_it_is_in_use() {
    let (parlor, ryo) = administered().await;
    let [alice, bob] = [parlor.user("alice").await, parlor.user("bob").await];
    ryo.put(&upon(&alice, "admin")).await.expect(204);
    ryo.put(&upon(&bob, "disabled")).await.expect(204);
    let listed = ryo.get("/admin/api/users").await.expect(200);
    let shown: Vec<(&Value, bool)> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| (&account["admin"], account["disabledAt"].is_string()))
        .collect();
    assert_eq!(shown, [(&json!("grant"), false), (&Value::Null, true), (&json!("configuration"), false)]);
    let account = &listed["data"][0];
    assert_eq!((&account["id"], &account["email"]), (&json!(alice.id), &json!("alice@example.com")));
}

#[tokio::test]
async fn disabling_an_account_ends_its_sessions_and_refuses_logins_as_with_a_wrong_password() {
    let (parlor, ryo) = administered().await;
    let alice = parlor.user("alice").await;
    let mut socket = Socket::of(&parlor, &alice).await;
    for _again in 0..2 {
        ryo.put(&upon(&alice, "disabled")).await.expect(204);
    }
    assert_eq!(socket.closed().await, Some(1008));
    alice.get("/api/users/me").await.error(401, "UNAUTHENTICATED");
    let wrong = log_in(&parlor, "alice", "wrong horse").await.error(401, "INVALID_CREDENTIALS");
    let right = log_in(&parlor, "alice", "correct horse").await.error(401, "INVALID_CREDENTIALS");
    assert_eq!(wrong["error"], right["error"]);
    for _again in 0..2 {
        ryo.delete(&upon(&alice, "disabled")).await.expect(204);
    }
    log_in(&parlor, "alice", "correct horse").await.expect(200);

    let events = parlor.run(&["audit", "list", "--user", "alice", "--json"]);
    let events: Vec<Value> = serde_json::from_str(&events).unwrap();
    let acts: Vec<(&str, &str)> = events
        .iter()
        .filter(|event| event["event"].as_str().unwrap().starts_with("account-"))
        .map(|event| (event["event"].as_str().unwrap(), event["actor"]["username"].as_str().unwrap()))
        .collect();
    assert_eq!(acts, [("account-enabled", "ryo"), ("account-disabled", "ryo"), ("account-created", "alice")]);
    assert_eq!(
        events.iter().find(|event| event["event"] == "account-disabled").unwrap()["address"],
        "127.0.0.1"
    );
}

#[tokio::test]
async fn the_command_line_disables_and_enables_accounts_and_ends_sessions_too() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    parlor.run(&["user", "end-sessions", "Alice"]);
    // What changes something reads the session from the store, not from a cache.
    let refresh = async |session: &Session| session.post("/api/auth/refresh", json!({})).await;
    refresh(&alice).await.error(401, "UNAUTHENTICATED");
    let again = log_in(&parlor, "alice", "correct horse").await.expect(200);
    let again = alice.with_token(again["data"]["accessToken"].as_str().unwrap());
    parlor.run(&["user", "disable", "alice"]);
    refresh(&again).await.error(401, "UNAUTHENTICATED");
    log_in(&parlor, "alice", "correct horse").await.error(401, "INVALID_CREDENTIALS");
    parlor.run(&["user", "enable", "alice"]);
    log_in(&parlor, "alice", "correct horse").await.expect(200);
}

#[tokio::test]
async fn a_new_password_by_an_admin_ends_all_sessions() {
    let (parlor, ryo) = administered().await;
    let alice = parlor.user("alice").await;
    let reset = async |password: &str| {
        let request =
            ryo.request(Method::PUT, &upon(&alice, "password")).json(&json!({"password": password}));
        support::send(request).await
    };
    let refused = reset("short").await.error(400, "VALIDATION_FAILED");
    assert_eq!(refused["details"][0]["field"], "password");
    alice.get("/api/users/me").await.expect(200);
    reset("another horse").await.expect(204);
    alice.get("/api/users/me").await.error(401, "UNAUTHENTICATED");
    log_in(&parlor, "alice", "correct horse").await.error(401, "INVALID_CREDENTIALS");
    log_in(&parlor, "alice", "another horse").await.expect(200);
}

#[tokio::test]
async fn sessions_are_listed_latest_first_and_end_one_by_one_or_all() {
    let (parlor, ryo) = administered().await;
    let first = parlor.user("alice").await;
    let mut others = vec![];
    for _ in 0..3 {
        let token = log_in(&parlor, "alice", "correct horse").await.expect(200);
        others.push(first.with_token(token["data"]["accessToken"].as_str().unwrap()));
    }
    let path = upon(&first, "sessions");
    let listed = async |query: &str| ryo.get(&format!("{path}{query}")).await.expect(200);
    let page = listed("?limit=3").await;
    let ids: Vec<&str> =
        page["data"].as_array().unwrap().iter().map(|session| session["id"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), &page["pagination"]["hasMore"]), (3, &json!(true)));
    let rest = listed(&format!("?limit=3&after={}", ids[2])).await;
    assert_eq!(rest["data"].as_array().unwrap().len(), 1);

    // The latest login is the first of the list.
    for _again in 0..2 {
        ryo.delete(&format!("{path}/{}", ids[0])).await.expect(204);
    }
    others[2].get("/api/users/me").await.error(401, "UNAUTHENTICATED");
    others[1].get("/api/users/me").await.expect(200);
    let others_session = upon(&ryo, "sessions");
    let own = ryo.get(&others_session).await.expect(200)["data"][0]["id"].as_str().unwrap().to_owned();
    ryo.delete(&format!("{path}/{own}")).await.expect(204);
    ryo.get("/api/users/me").await.expect(200);

    ryo.delete(&path).await.expect(204);
    for session in [&first, &others[0], &others[1]] {
        session.get("/api/users/me").await.error(401, "UNAUTHENTICATED");
    }
    assert_eq!(listed("").await["data"], json!([]));
}

#[tokio::test]
async fn the_files_of_users_are_summed_up_and_stay_unseen() {
    let (parlor, ryo) = administered().await;
    let [alice, bob] = [parlor.user("alice").await, parlor.user("bob").await];
    assert_eq!(ryo.get("/admin/api/files").await.expect(200)["data"], json!([]));
    super::files::upload(&alice, "a.txt", b"four").await;
    super::files::upload(&bob, "b.txt", b"eight...").await;
    let secret = super::files::upload(&bob, "c.txt", b"eight...").await;
    let first = ryo.get("/admin/api/files?limit=1").await.expect(200);
    let user = json!({"id": bob.id, "username": "bob"});
    assert_eq!(first["data"], json!([{"user": user, "files": 2, "bytes": 16}]));
    let after = first["pagination"]["after"].as_str().unwrap();
    let second = ryo.get(&format!("/admin/api/files?after={after}")).await.expect(200);
    assert_eq!(second["data"][0]["user"]["username"], "alice");
    assert_eq!((&second["data"][0]["bytes"], &second["pagination"]["hasMore"]), (&json!(4), &json!(false)));
    let path = format!("/api/files/{}", secret["id"].as_str().unwrap());
    ryo.get(&path).await.error(404, "FILE_NOT_FOUND");
    ryo.get("/admin/api/files?after=7").await.error(400, "VALIDATION_FAILED");
}

#[tokio::test]
async fn the_server_is_examined_as_the_doctor_does() {
    let (_parlor, ryo) = administered().await;
    let found = ryo.get("/admin/api/health").await.expect(200)["data"].take();
    let checks = found["checks"].as_array().unwrap();
    for name in ["data directory", "disk", "database", "files", "redis", "admins", "clock"] {
        let check = checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}"));
        assert!(check["finding"].as_str().is_some_and(|text| !text.is_empty()), "{check}");
        assert_ne!(check["state"], "wrong", "{check}");
    }
    assert_ne!(found["state"], "wrong");
}

#[tokio::test]
async fn granted_rights_hold_from_the_next_call_on_and_withdrawn_ones_no_longer() {
    let (parlor, ryo) = administered().await;
    let alice = parlor.user("alice").await;
    alice.get("/admin/api/users").await.error(403, "ADMIN_REQUIRED");
    ryo.put(&upon(&alice, "admin")).await.expect(204);
    alice.get("/admin/api/users").await.expect(200);
    alice.delete(&upon(&alice, "admin")).await.error(403, "NOT_ALLOWED");
    ryo.delete(&upon(&alice, "admin")).await.expect(204);
    alice.get("/admin/api/users").await.error(403, "ADMIN_REQUIRED");
}

#[tokio::test]
async fn nobody_administers_their_own_account_or_that_of_nobody() {
    let (_parlor, ryo) = administered().await;
    ryo.put(&upon(&ryo, "disabled")).await.error(403, "NOT_ALLOWED");
    ryo.delete(&upon(&ryo, "sessions")).await.error(403, "NOT_ALLOWED");
    ryo.get("/api/users/me").await.expect(200);
    let nobody = "/admin/api/users/0193b089-3a00-7000-8000-000000000009";
    ryo.put(&format!("{nobody}/disabled")).await.error(404, "USER_NOT_FOUND");
    ryo.get(&format!("{nobody}/sessions")).await.error(404, "USER_NOT_FOUND");
    ryo.put("/admin/api/users/nobody/disabled").await.error(400, "VALIDATION_FAILED");
    ryo.get("/admin/api/nothing").await.error(404, "NOT_FOUND");
}

#[tokio::test]
async fn administration_can_be_turned_off() {
    let parlor = Parlor::with(&[("PARLOR_ADMINS", "ryo"), ("PARLOR_ADMIN_PAGE", "off")]);
    let ryo = parlor.user("ryo").await;
    for path in ["/admin", "/admin/openapi.json", "/admin/api/users"] {
        ryo.get(path).await.error(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn calls_count_for_the_limits_of_the_api() {
    let parlor = Parlor::with(&[("PARLOR_ADMINS", "ryo"), ("PARLOR_LIMIT_API", "3/1h")]);
    let ryo = parlor.user("ryo").await;
    for left in [2, 1, 0] {
        let answer = ryo.get("/admin/api/users").await;
        assert_eq!(answer.headers["ratelimit-remaining"], left.to_string().as_str());
    }
    ryo.get("/admin/api/users").await.error(429, "RATE_LIMITED");
    ryo.get("/api/users/me").await.error(429, "RATE_LIMITED");
}
