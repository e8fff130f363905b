//! Sessions that end while the body of a request arrives.

use api_actix::{Access, admin_endpoints, endpoints};
use futures_util::future::join_all;
use serde_json::json;

use super::{Fixture, Row};
use crate::socket::id;
use crate::suite::wire::raw::Wire;
use crate::support::Session;

/// The columns of the admin of the server, and of the admin of the room.
const ADMINS: [usize; 2] = [6, 7];

/// A request of which the first byte of the body has arrived.
struct Begun {
    line: String,
    rest: String,
    wire: Wire,
}

/// Begins a request. The server asks for the body once it has checked the session.
async fn begin(fixture: &Fixture, caller: &Session, line: String, body: String) -> Begun {
    let mut wire = Wire::connect(&fixture.parlor).await;
    let (token, length) = (caller.token(), body.len());
    wire.send(format!(
        "{line} HTTP/1.1\r\nHost: parlor\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
    ))
    .await;
    assert_eq!(wire.head().await.status, 100, "{line}");
    wire.send(&body[..1]).await;
    Begun { line, rest: body[1..].to_owned(), wire }
}

/// Every write of the canonical API but uploads, which have no JSON, and of the administration but those that find nothing to
/// write; and those of dialects by way of example. Each with its caller, of the two admins, and its body.
fn writes(fixture: &Fixture, room: &str, message: &str) -> Vec<(usize, String, String)> {
    let mut writes = vec![];
    let others = ["/api/files", "/admin/api/first/claim", "/admin/api/users/{userId}/sessions/{sessionId}"];
    let all = endpoints().into_iter().chain(admin_endpoints()).filter(|endpoint| {
        !endpoint.method.is_safe() && endpoint.access != Access::NoToken && !others.contains(&endpoint.path)
    });
    for endpoint in all {
        let caller = usize::from(!endpoint.path.starts_with("/admin"));
        let line = format!("{} {}", endpoint.method, endpoint.path);
        let visibility = if endpoint.path.starts_with("/api/rooms/{id}") { " public" } else { "" };
        let (query, body) = Row::find(&format!("{line}{visibility}")).request(ADMINS[caller], id(room));
        let line = line.replace("/api/rooms/{id}", room).replace("{messageId}", message);
        let line = line.replace("{userId}", &fixture.bob.id).replace("{id}", &fixture.bob.id);
        writes.push((caller, line.replace("{emoji}", "%F0%9F%91%8D") + &query, body.to_string()));
    }
    let name = json!({"name": "Another", "type": "private", "members": ["bob"]}).to_string();
    writes.push((1, "POST /dialects/ryos/api/rooms".into(), name.clone()));
    writes.push((1, "POST /dialects/envelope/api/rooms".into(), name));
    let body = json!({"creator": "admin", "roomName": "Another"}).to_string();
    writes.push((1, "POST /dialects/actions/api/create-room".into(), body));
    writes
}

#[tokio::test]
async fn a_session_that_ends_while_a_body_arrives_writes_nothing() {
    let fixture = Fixture::new().await;
    let (room, message) = fixture.room("public").await;
    let rooms = async || fixture.admin().get("/api/rooms?joined=true").await.expect(200);
    let before = rooms().await;
    let callers = [fixture.again(ADMINS[0]).await, fixture.again(ADMINS[1]).await];
    let writes = writes(&fixture, &room, &message).into_iter();
    let begun = writes.map(|(caller, line, body)| begin(&fixture, &callers[caller], line, body));
    let begun = join_all(begun).await;
    for caller in &callers {
        caller.post("/api/auth/logout", json!({})).await.expect(204);
    }
    for Begun { line, rest, mut wire } in begun {
        wire.send(rest).await;
        let answer = wire.answer().await;
        assert_eq!(answer.status, 401, "{line}: {}", answer.text());
        if !line.contains("/dialects/") {
            assert_eq!(answer.json()["code"], "UNAUTHENTICATED", "{line}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{line}");
        }
    }
    assert_eq!(rooms().await, before);
}
