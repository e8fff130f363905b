//! Authorization: the table has a row for every route and a column for every kind of caller, and each cell is tried.

mod dialects;
mod ended_sessions;

use std::collections::BTreeSet;

use api_actix::{Access, Dialect, admin_endpoints, endpoints};
use reqwest::Method;
use serde_json::{Value, json};

use crate::socket::id;
use crate::support::{self, Parlor, Session};

/// `method path:` and a cell for each of [`CALLERS`]; of routes about one room two lines, for a public and a private one.
/// Where a route needs a query (`?…`) or a JSON body (`{…}`), it stands before the colon; see [`Row::request`].
/// Errors of dialects have no code: the table has their status.
const TABLE: &str = include_str!("authorization.txt");
const UNDER_A_ROOM: &str = "/api/rooms/{id}";
const PASSWORD: &str = "correct horse";

/// In the order of the table's columns; the last is the admin of the room itself.
const CALLERS: [&str; 8] =
    ["anonymous", "stranger", "ex-member", "member", "other-admin", "invited", "server-admin", "admin"];

struct Fixture {
    parlor: Parlor,
    bob: Session,
    callers: Vec<Session>,
}

impl Fixture {
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

    /// Makes a room with a message of its admin, the members `bob` and `member`, an ex-member and an invited user.
    async fn room(&self, visibility: &str) -> (String, String) {
        let room = self.admin().room("Here", visibility).await;
        for guest in [&self.bob, &self.callers[2], &self.callers[3]] {
            self.invite(&room, guest).await;
            guest.join(&room).await;
        }
        self.callers[2].post(&format!("{room}/leave"), json!({})).await.expect(204);
        self.invite(&room, &self.callers[5]).await;
        let message = self.admin().send(&room, "hello").await["id"].as_str().unwrap().to_owned();
        (room, message)
    }

    async fn invite(&self, room: &str, guest: &Session) {
        let invitation = json!({"userId": guest.id});
        self.admin().post(&format!("{room}/invitations"), invitation).await.expect(201);
    }

    /// The caller of a column, in a session of its own.
    async fn again(&self, column: usize) -> Session {
        let caller = &self.callers[column];
        if caller.client().token().is_none() {
            return caller.clone();
        }
        let login = json!({"username": CALLERS[column], "password": PASSWORD});
        let logged_in = caller.post("/api/auth/login", login).await.expect(200);
        caller.with_token(logged_in["data"]["accessToken"].as_str().unwrap())
    }
}

/// A line of the table: what each caller sends, and what it gets.
struct Row {
    request: &'static str,
    cells: Vec<&'static str>,
}

impl Row {
    /// Finds the row of `method path` or `method path visibility`.
    fn find(key: &str) -> Self {
        let rest =
            TABLE.lines().find_map(|line| line.strip_prefix(key).filter(|rest| rest.starts_with([' ', ':'])));
        assert!(rest.is_some(), "{key} has no row");
        let (request, cells) = rest.unwrap_or_default().rsplit_once(": ").unwrap_or_default();
        let cells: Vec<&str> = cells.split(' ').collect();
        assert_eq!(cells.len(), CALLERS.len(), "{key}");
        Self { request: request.trim(), cells }
    }

    /// The query (empty where there is none) and the body (`{}` where there is none) that a caller sends, with the names
    /// that differ from caller to caller filled in.
    fn request(&self, column: usize, room: &str) -> (String, Value) {
        let name = if column == 0 { "bob" } else { CALLERS[column] };
        let request = self
            .request
            .replace("<newcomer>", &format!("newcomer-{column}"))
            .replace("<password>", PASSWORD)
            .replace("<name>", name)
            .replace("<room>", room);
        if request.starts_with('{') {
            (String::new(), serde_json::from_str(&request).unwrap())
        } else {
            (request, json!({}))
        }
    }
}

async fn outcome(caller: &Session, method: &Method, path: &str, body: &Value) -> String {
    let answer = support::send(caller.request(method.clone(), path).json(body)).await;
    let code = answer.body["code"].as_str();
    code.map_or_else(|| answer.status.to_string(), str::to_owned)
}

#[tokio::test]
async fn the_table_holds_for_every_route_under_a_room() {
    let fixture = Fixture::new().await;
    let routes = endpoints().into_iter().filter(|endpoint| endpoint.path.starts_with(UNDER_A_ROOM));
    let mut wrong = vec![];
    for endpoint in routes {
        let method = Method::from_bytes(endpoint.method.as_str().as_bytes()).unwrap();
        for visibility in ["public", "private"] {
            let key = format!("{method} {} {visibility}", endpoint.path);
            let mut fresh = fixture.room(visibility).await;
            let row = Row::find(&key);
            for (column, &expected) in row.cells.iter().enumerate() {
                let (room, message) = &fresh;
                let (query, body) = row.request(column, id(room));
                let path = endpoint.path.replace(UNDER_A_ROOM, room);
                let path = path.replace("{userId}", &fixture.bob.id).replace("{messageId}", message);
                let path = path.replace("{emoji}", "%F0%9F%91%8D") + &query;
                let found = outcome(&fixture.callers[column], &method, &path, &body).await;
                if found != expected {
                    wrong.push(format!("{key}: {} gets {found}, not {expected}", CALLERS[column]));
                }
                // The next caller must not find a change of this one.
                if method != Method::GET {
                    fresh = fixture.room(visibility).await;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn the_table_holds_for_every_route_outside_rooms() {
    let fixture = Fixture::new().await;
    let outside = endpoints().into_iter().filter(|endpoint| !endpoint.path.starts_with(UNDER_A_ROOM));
    // Administration comes last: it changes bob's account.
    let routes = outside.chain(admin_endpoints());
    let mut wrong = vec![];
    for endpoint in routes {
        let method = Method::from_bytes(endpoint.method.as_str().as_bytes()).unwrap();
        let key = format!("{method} {}", endpoint.path);
        let row = Row::find(&key);
        for (column, &expected) in row.cells.iter().enumerate() {
            let caller = fixture.again(column).await;
            let (query, body) = row.request(column, "");
            // An id that names no file of anybody's.
            let path = endpoint.path.replace("{id}", &fixture.bob.id).replace("{userId}", &fixture.bob.id);
            let path = path.replace("{sessionId}", &fixture.bob.id) + &query;
            let found = outcome(&caller, &method, &path, &body).await;
            if found != expected {
                wrong.push(format!("{key}: {} gets {found}, not {expected}", CALLERS[column]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_row_of_the_table_belongs_to_a_route_and_no_route_has_two() {
    let mut routes = BTreeSet::new();
    let dialects = Dialect::ALL.into_iter().flat_map(Dialect::endpoints);
    for endpoint in endpoints().into_iter().chain(admin_endpoints()).chain(dialects) {
        let route = format!("{} {}", endpoint.method, endpoint.path);
        if endpoint.path.starts_with(UNDER_A_ROOM) || dialects::about_a_room(endpoint.path) {
            routes.extend(["public", "private"].map(|visibility| format!("{route} {visibility}")));
        } else {
            routes.insert(route);
        }
    }
    let key =
        |line: &str| line.split([':', '?']).next().unwrap().split(" {\"").next().unwrap().trim().to_owned();
    let rows = || TABLE.lines().skip(1).map(key);
    assert_eq!(rows().collect::<BTreeSet<_>>(), routes);
    assert_eq!(rows().count(), routes.len());
}

#[tokio::test]
async fn a_message_is_found_only_through_its_own_room() {
    let fixture = Fixture::new().await;
    let ((home, message), (other, _)) = (fixture.room("public").await, fixture.room("public").await);
    let path = format!("{other}/messages/{message}");
    let admin = fixture.admin();
    admin.get(&path).await.error(404, "MESSAGE_NOT_FOUND");
    admin.patch(&path, json!({"content": "x"})).await.error(404, "MESSAGE_NOT_FOUND");
    admin.delete(&path).await.error(404, "MESSAGE_NOT_FOUND");
    let untouched = admin.get(&format!("{home}/messages/{message}")).await.expect(200);
    assert_eq!(untouched["data"]["content"], "hello");
}

#[tokio::test]
async fn a_member_is_found_only_through_a_room_of_theirs() {
    let fixture = Fixture::new().await;
    let (home, _) = fixture.room("public").await;
    let admin = fixture.admin();
    let guest = fixture.parlor.user("guest").await;
    guest.join(&home).await;
    let (other, _) = fixture.room("public").await;
    let path = format!("{other}/members/{}", guest.id);
    admin.patch(&path, json!({"role": "admin"})).await.error(404, "MEMBER_NOT_FOUND");
    admin.delete(&path).await.error(404, "MEMBER_NOT_FOUND");
    let untouched = guest.get(&home).await.expect(200);
    assert_eq!(untouched["data"]["membership"]["role"], "member");
}

#[tokio::test]
async fn an_invitation_is_found_only_through_its_own_room() {
    let fixture = Fixture::new().await;
    let ((home, _), (other, _)) = (fixture.room("private").await, fixture.room("private").await);
    let admin = fixture.admin();
    let guest = fixture.parlor.user("guest").await;
    fixture.invite(&home, &guest).await;
    let path = format!("{other}/invitations/{}", guest.id);
    admin.delete(&path).await.error(404, "INVITATION_NOT_FOUND");
    guest.delete(&path).await.error(404, "ROOM_NOT_FOUND");
    guest.post(&format!("{other}/join"), json!({})).await.error(404, "ROOM_NOT_FOUND");
    assert_eq!(guest.get("/api/invitations").await.expect(200)["data"].as_array().unwrap().len(), 1);
    guest.join(&home).await;
}

#[tokio::test]
async fn an_invitation_is_declined_by_the_invited_and_withdrawn_by_admins_only() {
    let fixture = Fixture::new().await;
    let (room, _) = fixture.room("public").await;
    let invited = &fixture.callers[5];
    let path = format!("{room}/invitations/{}", invited.id);
    fixture.callers[3].delete(&path).await.error(403, "ADMIN_REQUIRED");
    fixture.callers[1].delete(&path).await.error(403, "NOT_A_MEMBER");
    invited.delete(&path).await.expect(204);
    fixture.admin().delete(&path).await.error(404, "INVITATION_NOT_FOUND");
    fixture.invite(&room, invited).await;
    fixture.admin().delete(&path).await.expect(204);
    invited.delete(&path).await.error(403, "NOT_A_MEMBER");
}

#[tokio::test]
async fn every_route_that_needs_a_session_answers_unauthenticated_without_one() {
    let parlor = Parlor::start();
    let needs = [Access::SignedIn, Access::SessionCheckedOnWrite, Access::ServerAdmin];
    let all = endpoints().into_iter().chain(admin_endpoints());
    for endpoint in all.filter(|endpoint| needs.contains(&endpoint.access)) {
        let path = endpoint.path.replace(['{', '}'], "");
        let method = Method::from_bytes(endpoint.method.as_str().as_bytes()).unwrap();
        support::send(parlor.anonymous().request(method, &path)).await.error(401, "UNAUTHENTICATED");
    }
}
