//! The table's rows of dialects: the same callers, on the same server.

use api_actix::Dialect;
use reqwest::Method;

use super::{CALLERS, Fixture, Row, outcome};
use crate::socket::id;

/// Returns true where a dialect's route is about one room, named by its path or its body.
pub(super) fn about_a_room(path: &str) -> bool {
    let in_path = path.contains("{roomId}") || path.starts_with("/dialects/ryos/api/rooms/{id}");
    in_path || ["/dialects/actions/api/join-room", "/dialects/envelope/api/messages"].contains(&path)
}

/// Makes a room and returns its ids in dialects: the UUID, and the slug where it has one.
async fn room_ids(fixture: &Fixture, visibility: &str) -> (String, String) {
    let (room, _) = fixture.room(visibility).await;
    let shown = fixture.admin().get(&room).await.expect(200);
    let slug = shown["data"]["slug"].as_str().map(str::to_owned);
    (id(&room).to_owned(), slug.unwrap_or_else(|| id(&room).replace('-', "")))
}

#[tokio::test]
async fn the_table_holds_for_every_dialect_route_about_a_room() {
    let fixture = Fixture::new().await;
    let routes = Dialect::ALL.into_iter().flat_map(Dialect::endpoints);
    let mut wrong = vec![];
    for endpoint in routes.filter(|endpoint| about_a_room(endpoint.path)) {
        let method = Method::from_bytes(endpoint.method.as_str().as_bytes()).unwrap();
        for visibility in ["public", "private"] {
            let key = format!("{method} {} {visibility}", endpoint.path);
            let mut ids = room_ids(&fixture, visibility).await;
            let row = Row::find(&key);
            for (column, &expected) in row.cells.iter().enumerate() {
                let (room, name) = &ids;
                let (query, body) = row.request(column, room);
                let path = endpoint.path.replace("{roomId}", room).replace("{id}", name) + &query;
                let found = outcome(&fixture.callers[column], &method, &path, &body).await;
                if found != expected {
                    wrong.push(format!("{key}: {} gets {found}, not {expected}", CALLERS[column]));
                }
                if method != Method::GET {
                    ids = room_ids(&fixture, visibility).await;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn the_table_holds_for_every_other_dialect_route() {
    let fixture = Fixture::new().await;
    let routes = Dialect::ALL.into_iter().flat_map(Dialect::endpoints);
    let mut wrong = vec![];
    for endpoint in routes.filter(|endpoint| !about_a_room(endpoint.path)) {
        let method = Method::from_bytes(endpoint.method.as_str().as_bytes()).unwrap();
        let key = format!("{method} {}", endpoint.path);
        let row = Row::find(&key);
        for (column, &expected) in row.cells.iter().enumerate() {
            let caller = fixture.again(column).await;
            let (query, body) = row.request(column, "");
            // An id that names no file of anybody's.
            let path = endpoint.path.replace("{fileId}", &fixture.bob.id) + &query;
            let found = outcome(&caller, &method, &path, &body).await;
            if found != expected {
                wrong.push(format!("{key}: {} gets {found}, not {expected}", CALLERS[column]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
