//! Who may do what: the table says it, the test plays it, each cell in its own place of one world.

mod dialects;

use std::collections::BTreeSet;

use api_actix::{Caller, Dialect, endpoints};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Parlor, Session};

/// `method path:` and a cell for each of [`CALLERS`]; of routes about one room two lines, for a public and a private one.
/// Dialects tell no code: of their errors the table has the status.
const TABLE: &str = include_str!("authorization.txt");
const UNDER_A_ROOM: &str = "/api/rooms/{id}";
const PASSWORD: &str = "correct horse";

/// In the order of the table's columns; the last is the admin of the room itself.
const CALLERS: [&str; 8] =
    ["anonymous", "stranger", "ex-member", "member", "other-admin", "invited", "server-admin", "admin"];

struct World {
    parlor: Parlor,
    bob: Session,
    callers: Vec<Session>,
}

impl World {
    async fn new() -> Self {
        let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_ADMINS", "server-admin")]);
        let bob = parlor.user("bob").await;
        let mut callers = vec![parlor.anonymous()];
        for name in &CALLERS[1..] {
            callers.push(parlor.user(name).await);
        }
        callers[4].room("Elsewhere", "public").await;
        Self { parlor, bob, callers }
    }

    fn admin(&self) -> &Session {
        &self.callers[7]
    }

    /// A room with a message of the admin's, a member `bob`, an ex-member, a member and somebody who is invited.
    async fn room(&self, visibility: &str) -> (String, String) {
        let room = self.admin().room("Here", visibility).await;
        for guest in [&self.bob, &self.callers[2], &self.callers[3]] {
            self.invite(&room, guest).await;
            guest.join(&room).await;
        }
        self.callers[2].post(&format!("{room}/leave"), json!({})).await.expect(204);
        self.invite(&room, &self.callers[5]).await;
        let message = self.admin().say(&room, "hello").await["id"].as_str().unwrap().to_owned();
        (room, message)
    }

    async fn invite(&self, room: &str, guest: &Session) {
        let invitation = json!({"userId": guest.id});
        self.admin().post(&format!("{room}/invitations"), invitation).await.expect(201);
    }

    /// The caller of a column, in a session of its own.
    async fn again(&self, column: usize) -> Session {
        let mut again = self.callers[column].clone();
        if again.token.is_some() {
            let login = json!({"username": CALLERS[column], "password": PASSWORD});
            let logged_in = again.post("/api/auth/login", login).await.expect(200);
            again.token = logged_in["data"]["accessToken"].as_str().map(str::to_owned);
        }
        again
    }
}

fn row(key: &str) -> Vec<&'static str> {
    let row = TABLE.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
    assert!(row.is_some(), "{key} has no row");
    let row: Vec<&str> = row.unwrap_or_default().split(' ').collect();
    assert_eq!(row.len(), CALLERS.len(), "{key}");
    row
}

async fn outcome(caller: &Session, method: &Method, path: &str, body: &Value) -> String {
    let answer = Session::send(caller.request(method.clone(), path).json(body)).await;
    let code = answer.body["code"].as_str();
    code.map_or_else(|| answer.status.to_string(), str::to_owned)
}

/// A body that is right for the path.
fn body(method: &Method, path: &str, column: usize) -> Value {
    let newcomer = format!("newcomer-{column}");
    match (method.as_str(), path.rsplit('/').next().unwrap()) {
        ("POST", "messages") | ("PATCH", "{messageId}") => json!({"content": "words"}),
        ("POST", "invitations") => json!({"username": "stranger"}),
        ("POST", "read") => json!({"seq": 1}),
        ("PATCH", "{userId}") => json!({"role": "admin"}),
        ("POST", "signup") => {
            json!({"username": newcomer, "email": format!("{newcomer}@example.com"), "password": PASSWORD})
        }
        ("POST", "login") => json!({"username": "bob", "password": PASSWORD}),
        ("PATCH", "me") => json!({"currentPassword": PASSWORD, "password": PASSWORD}),
        ("POST", "rooms") => json!({"name": "Another"}),
        _ => json!({}),
    }
}

#[tokio::test]
async fn the_table_holds_for_every_route_under_a_room() {
    let world = World::new().await;
    let routes = endpoints().into_iter().filter(|endpoint| endpoint.path.starts_with(UNDER_A_ROOM));
    let mut wrong = vec![];
    for endpoint in routes {
        let method = Method::from_bytes(endpoint.method.as_str().as_bytes()).unwrap();
        for visibility in ["public", "private"] {
            let key = format!("{method} {} {visibility}", endpoint.path);
            let mut place = world.room(visibility).await;
            for (column, expected) in row(&key).into_iter().enumerate() {
                let (room, message) = &place;
                let path = endpoint.path.replace(UNDER_A_ROOM, room);
                let path = path.replace("{userId}", &world.bob.id).replace("{messageId}", message);
                // The one parameter that must be there.
                let path = if path.ends_with("/changes") { path + "?since=0" } else { path };
                let body = body(&method, endpoint.path, column);
                let found = outcome(&world.callers[column], &method, &path, &body).await;
                if found != expected {
                    wrong.push(format!("{key}: {} gets {found}, not {expected}", CALLERS[column]));
                }
                // What may have changed something is not for the next caller to find.
                if method != Method::GET {
                    place = world.room(visibility).await;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn the_table_holds_for_every_route_outside_rooms() {
    let world = World::new().await;
    let routes = endpoints().into_iter().filter(|endpoint| !endpoint.path.starts_with(UNDER_A_ROOM));
    let mut wrong = vec![];
    for endpoint in routes {
        let method = Method::from_bytes(endpoint.method.as_str().as_bytes()).unwrap();
        let key = format!("{method} {}", endpoint.path);
        for (column, expected) in row(&key).into_iter().enumerate() {
            let caller = world.again(column).await;
            let body = body(&method, endpoint.path, column);
            // An id that names no file of anybody's.
            let path = endpoint.path.replace("{id}", &world.bob.id);
            let found = outcome(&caller, &method, &path, &body).await;
            if found != expected {
                wrong.push(format!("{key}: {} gets {found}, not {expected}", CALLERS[column]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_row_of_the_table_is_of_a_route_and_no_route_has_two() {
    let mut routes = BTreeSet::new();
    let dialects = Dialect::ALL.into_iter().flat_map(Dialect::endpoints);
    for endpoint in endpoints().into_iter().chain(dialects) {
        let route = format!("{} {}", endpoint.method, endpoint.path);
        if endpoint.path.starts_with(UNDER_A_ROOM) || dialects::about_a_room(endpoint.path) {
            routes.extend(["public", "private"].map(|visibility| format!("{route} {visibility}")));
        } else {
            routes.insert(route);
        }
    }
    let rows = || TABLE.lines().skip(1).map(|line| line.split(": ").next().unwrap().to_owned());
    assert_eq!(rows().collect::<BTreeSet<_>>(), routes);
    assert_eq!(rows().count(), routes.len());
}

#[tokio::test]
async fn a_message_is_reached_through_its_own_room_only() {
    let world = World::new().await;
    let ((home, message), (other, _)) = (world.room("public").await, world.room("public").await);
    let path = format!("{other}/messages/{message}");
    let admin = world.admin();
    admin.get(&path).await.error(404, "MESSAGE_NOT_FOUND");
    admin.patch(&path, json!({"content": "x"})).await.error(404, "MESSAGE_NOT_FOUND");
    admin.delete(&path).await.error(404, "MESSAGE_NOT_FOUND");
    let untouched = admin.get(&format!("{home}/messages/{message}")).await.expect(200);
    assert_eq!(untouched["data"]["content"], "hello");
}

#[tokio::test]
async fn a_member_is_reached_through_a_room_they_are_in_only() {
    let world = World::new().await;
    let (home, _) = world.room("public").await;
    let admin = world.admin();
    let guest = world.parlor.user("guest").await;
    guest.join(&home).await;
    let (other, _) = world.room("public").await;
    let path = format!("{other}/members/{}", guest.id);
    admin.patch(&path, json!({"role": "admin"})).await.error(404, "MEMBER_NOT_FOUND");
    admin.delete(&path).await.error(404, "MEMBER_NOT_FOUND");
    let untouched = guest.get(&home).await.expect(200);
    assert_eq!(untouched["data"]["membership"]["role"], "member");
}

#[tokio::test]
async fn an_invitation_is_reached_through_its_own_room_only() {
    let world = World::new().await;
    let ((home, _), (other, _)) = (world.room("private").await, world.room("private").await);
    let admin = world.admin();
    let guest = world.parlor.user("guest").await;
    world.invite(&home, &guest).await;
    let path = format!("{other}/invitations/{}", guest.id);
    admin.delete(&path).await.error(404, "INVITATION_NOT_FOUND");
    guest.delete(&path).await.error(404, "ROOM_NOT_FOUND");
    guest.post(&format!("{other}/join"), json!({})).await.error(404, "ROOM_NOT_FOUND");
    assert_eq!(guest.get("/api/invitations").await.expect(200)["data"].as_array().unwrap().len(), 1);
    guest.join(&home).await;
}

#[tokio::test]
async fn an_invitation_is_declined_by_the_invited_and_withdrawn_by_admins_and_nobody_else() {
    let world = World::new().await;
    let (room, _) = world.room("public").await;
    let invited = &world.callers[5];
    let path = format!("{room}/invitations/{}", invited.id);
    world.callers[3].delete(&path).await.error(403, "ADMIN_REQUIRED");
    world.callers[1].delete(&path).await.error(403, "NOT_A_MEMBER");
    invited.delete(&path).await.expect(204);
    world.admin().delete(&path).await.error(404, "INVITATION_NOT_FOUND");
    world.invite(&room, invited).await;
    world.admin().delete(&path).await.expect(204);
    invited.delete(&path).await.error(403, "NOT_A_MEMBER");
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_told_so_wherever_it_is_needed() {
    let parlor = Parlor::start();
    for endpoint in endpoints()
        .into_iter()
        .filter(|endpoint| matches!(endpoint.caller, Caller::SignedIn | Caller::Sender))
    {
        let path = endpoint.path.replace(['{', '}'], "");
        let method = Method::from_bytes(endpoint.method.as_str().as_bytes()).unwrap();
        Session::send(parlor.anonymous().request(method, &path)).await.error(401, "UNAUTHENTICATED");
    }
}
