//! Who may do what: the table says it, the test plays it, each cell in its own place of one world.

use api_actix::{Caller, endpoints};
use reqwest::Method;
use serde_json::json;

use crate::support::{Parlor, Session};

/// `method path: anonymous, stranger, ex-member, member, admin of another room`, of a public and of a private room.
const TABLE: &str = include_str!("authorization.txt");

struct World {
    _parlor: Parlor,
    admin: Session,
    bob: Session,
    callers: Vec<Session>,
}

impl World {
    async fn new() -> Self {
        let parlor = Parlor::start();
        let admin = parlor.user("admin").await;
        let bob = parlor.user("bob").await;
        let callers = vec![
            parlor.anonymous(),
            parlor.user("stranger").await,
            parlor.user("ex-member").await,
            parlor.user("member").await,
            parlor.user("other-admin").await,
        ];
        callers[4].room("Elsewhere", "public").await;
        Self { _parlor: parlor, admin, bob, callers }
    }

    /// A room with a message of the admin's, a member `bob`, an ex-member and a member: the paths of them all.
    async fn room(&self, visibility: &str) -> (String, String) {
        let room = self.admin.room("Here", visibility).await;
        for guest in [&self.bob, &self.callers[2], &self.callers[3]] {
            self.admin.post(&format!("{room}/invitations"), json!({"userId": guest.id})).await.expect(201);
            guest.join(&room).await;
        }
        self.callers[2].post(&format!("{room}/leave"), json!({})).await.expect(204);
        let message = self.admin.say(&room, "hello").await["id"].as_str().unwrap().to_owned();
        (room, message)
    }
}

fn body(method: &Method, path: &str) -> serde_json::Value {
    match (method.as_str(), path.rsplit('/').next().unwrap()) {
        ("POST", "messages") | ("PATCH", "{messageId}") => json!({"content": "words"}),
        ("POST", "invitations") => json!({"username": "stranger"}),
        ("POST", "read") => json!({"seq": 1}),
        ("PATCH", "{userId}") => json!({"role": "admin"}),
        _ => json!({}),
    }
}

#[tokio::test]
async fn the_table_holds_for_every_route_under_a_room() {
    let world = World::new().await;
    let routes = endpoints().into_iter().filter(|endpoint| endpoint.path.starts_with("/api/rooms/{id}"));
    for endpoint in routes {
        let name = format!("{} {}", endpoint.method, endpoint.path);
        for visibility in ["public", "private"] {
            let key = format!("{name} {visibility}:");
            let row = TABLE.lines().find_map(|line| line.strip_prefix(&key));
            let row: Vec<&str> =
                row.unwrap_or_else(|| panic!("{key} has no row")).split_whitespace().collect();
            assert_eq!(row.len(), world.callers.len(), "{key}");
            for (caller, expected) in world.callers.iter().zip(row) {
                let (room, message) = world.room(visibility).await;
                let path = endpoint.path.replace("/api/rooms/{id}", &room);
                let path = path.replace("{userId}", &world.bob.id).replace("{messageId}", &message);
                // The one parameter that must be there.
                let path = if path.ends_with("/changes") { path + "?since=0" } else { path };
                let method = Method::from_bytes(endpoint.method.as_str().as_bytes()).unwrap();
                let request = caller.request(method.clone(), &path).json(&body(&method, endpoint.path));
                let answer = Session::send(request).await;
                let code =
                    answer.body["code"].as_str().map_or_else(|| answer.status.to_string(), str::to_owned);
                assert_eq!(code, expected, "{key} {}", caller.id);
            }
        }
    }
}

#[tokio::test]
async fn a_message_is_reached_through_its_own_room_only() {
    let world = World::new().await;
    let ((_, message), (other, _)) = (world.room("public").await, world.room("public").await);
    let path = format!("{other}/messages/{message}");
    world.admin.get(&path).await.error(404, "MESSAGE_NOT_FOUND");
    world.admin.patch(&path, json!({"content": "x"})).await.error(404, "MESSAGE_NOT_FOUND");
    world.admin.delete(&path).await.error(404, "MESSAGE_NOT_FOUND");
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_told_so_wherever_it_is_needed() {
    let parlor = Parlor::start();
    for endpoint in endpoints().into_iter().filter(|endpoint| endpoint.caller == Caller::SignedIn) {
        let path = endpoint.path.replace(['{', '}'], "");
        let method = Method::from_bytes(endpoint.method.as_str().as_bytes()).unwrap();
        Session::send(parlor.anonymous().request(method, &path)).await.error(401, "UNAUTHENTICATED");
    }
}
