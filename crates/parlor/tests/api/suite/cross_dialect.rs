//! Every surface serves the same rooms and messages: each change in one of them shows in all the others.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::receivers::{Events, StockClient};
use crate::socket::{Socket, id};
use crate::support::{self, Parlor, Session};

const ENVELOPE: &str = "/dialects/envelope/api";
const ACTIONS: &str = "/dialects/actions/api";
const RYOS: &str = "/dialects/ryos/api";

/// Starts a server whose admin is `ryo`, with two more users.
async fn fixture() -> (Parlor, Session, Session, Session) {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_ADMINS", "ryo")]);
    let (ryo, alice) = (parlor.user("ryo").await, parlor.user("alice").await);
    let bob = parlor.user("bob").await;
    (parlor, ryo, alice, bob)
}

/// Returns the room of that name in a list.
fn listed<'a>(list: &'a Value, field: &str, name: &str) -> Option<&'a Value> {
    list.as_array().unwrap().iter().find(|room| room[field] == name)
}

/// Returns the id under which each surface lists the room of that name to a user: REST, `envelope`, `actions`, `ryos`.
async fn everywhere(user: &Session, name: &str) -> [Option<String>; 4] {
    let rest = user.get("/api/rooms").await.expect(200);
    let envelope = user.get(&format!("{ENVELOPE}/rooms")).await.expect(200);
    let actions = user.get(&format!("{ACTIONS}/rooms")).await.expect(200);
    let me = user.get("/api/users/me").await.expect(200);
    let own = me["data"]["username"].as_str().unwrap();
    let ryos = user.get(&format!("{RYOS}/rooms?username={own}")).await.expect(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    [
        listed(&rest["data"], "name", name).map(|room| text(&room["id"])),
        listed(&envelope["data"], "name", name).map(|room| text(&room["_id"])),
        listed(&actions, "roomName", name).map(|room| text(&room["roomId"])),
        listed(&ryos["rooms"], "name", name).map(|room| text(&room["id"])),
    ]
}

#[tokio::test]
async fn a_public_room_created_in_one_surface_is_listed_in_all() {
    let (_parlor, ryo, alice, bob) = fixture().await;
    let made = [
        alice.post("/api/rooms", json!({"name": "By REST"})).await.expect(201)["data"]["id"].take(),
        alice.post(&format!("{ENVELOPE}/rooms"), json!({"name": "By envelope"})).await.expect(201)["data"]
            ["_id"]
            .take(),
        alice.post(&format!("{ACTIONS}/create-room"), json!({"roomName": "By actions"})).await.expect(201)
            ["roomId"]
            .take(),
        ryo.post(&format!("{RYOS}/rooms"), json!({"name": "By ryos"})).await.expect(201)["room"]["id"].take(),
    ];
    for (name, made) in ["By REST", "By envelope", "By actions", "By ryos"].into_iter().zip(made) {
        let [rest, envelope, actions, ryos] = everywhere(&bob, name).await;
        let slug = name.to_lowercase().replace(' ', "-");
        assert_eq!(ryos.as_deref(), Some(slug.as_str()));
        let shown = bob.get(&format!("/api/rooms/{}", rest.as_deref().unwrap())).await.expect(200);
        assert_eq!(shown["data"]["slug"], slug);
        assert_eq!((&rest, &rest), (&envelope, &actions), "{name}");
        assert!(made == rest.unwrap() || made == slug, "{name}: {made}");
    }
}

#[tokio::test]
async fn a_private_room_is_listed_to_its_members_only() {
    let (_parlor, ryo, alice, bob) = fixture().await;
    let body = json!({"type": "private", "members": ["alice"]});
    let group = alice.post(&format!("{RYOS}/rooms"), body).await.expect(201);
    let hidden = alice.room("Hidden", "private").await;
    for (name, id) in [
        (group["room"]["name"].as_str().unwrap(), group["room"]["id"].as_str().unwrap().to_owned()),
        ("Hidden", id(&hidden).replace('-', "")),
    ] {
        for found in everywhere(&alice, name).await {
            assert_eq!(found.map(|found| found.replace('-', "")), Some(id.clone()), "{name}");
        }
        for other in [&bob, &ryo] {
            assert_eq!(everywhere(other, name).await, [None, None, None, None], "{name}");
        }
    }
}

#[tokio::test]
async fn a_deleted_room_is_gone_from_all() {
    let (_parlor, ryo, alice, bob) = fixture().await;
    let room = alice.room("Doomed", "public").await;
    ryo.delete(&format!("{RYOS}/rooms/doomed")).await.expect(200);
    assert_eq!(everywhere(&bob, "Doomed").await, [None, None, None, None]);
    let body = json!({"roomId": id(&room), "content": "x"});
    assert_eq!(alice.post(&format!("{ENVELOPE}/messages"), body).await.status, 404);
    let body = json!({"roomId": id(&room)});
    assert_eq!(alice.post(&format!("{ACTIONS}/join-room"), body).await.status, 404);
}

/// Receivers of a room on every transport.
struct Receivers {
    websocket: Socket,
    actions: Socket,
    stream: Events,
    stock: StockClient,
}

impl Receivers {
    async fn of(parlor: &Parlor, user: &Session, room: &str) -> Self {
        let mut websocket = Socket::of(parlor, user).await;
        websocket.join(room, None).await;
        let bearer = format!("Bearer {}", user.token());
        let (mut actions, _) =
            Socket::at(parlor, "/dialects/actions/chat", &[("authorization", bearer)]).await;
        actions.join(room, None).await;
        let stream = Events::open(user, &format!("{room}/events"), None).await;
        let stock = StockClient::join(parlor, user, room).await;
        Self { websocket, actions, stream, stock }
    }

    /// Checks that each receives that message next among the new messages, under its id and with its content.
    async fn expect(&mut self, message: &str, content: &Value) {
        for socket in [&mut self.websocket, &mut self.actions] {
            let event = socket.until("new-message").await;
            assert_eq!((&event["id"], &event["message"]), (&json!(message), content));
        }
        loop {
            let event = self.stream.next().await.unwrap();
            if event["action"] == "new-message" {
                assert_eq!((&event["id"], &event["message"]), (&json!(message), content));
                break;
            }
        }
        loop {
            let (name, event) = self.stock.next().await;
            if ["message", "fileUpload"].contains(&name.as_str()) {
                assert_eq!((&event["_id"], &event["content"]), (&json!(message), content));
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_message_sent_in_one_surface_arrives_on_every_transport() {
    let (parlor, _ryo, alice, bob) = fixture().await;
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let mut listeners = Receivers::of(&parlor, &bob, &room).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();

    let by_rest = text(&alice.send(&room, "By REST").await["id"]);
    listeners.expect(&by_rest, &json!("By REST")).await;

    let body = json!({"roomId": id(&room), "content": "By envelope"});
    let sent = alice.post(&format!("{ENVELOPE}/messages"), body).await.expect(201);
    let by_envelope = text(&sent["data"]["_id"]);
    listeners.expect(&by_envelope, &json!("By envelope")).await;

    let mut socket = Socket::of(&parlor, &alice).await;
    let frame = json!({"action": "send-message", "roomId": id(&room), "message": "By socket", "ref": 1});
    socket.send(frame).await;
    let by_socket = text(&socket.until("ack").await["data"]["id"]);
    listeners.expect(&by_socket, &json!("By socket")).await;

    let form = Form::new().part("file", Part::bytes(&b"hello"[..]).file_name("a.txt"));
    let request = alice.request(Method::POST, &format!("{ENVELOPE}/files/upload")).multipart(form);
    let file = support::send(request).await.expect(201)["data"].take();
    let body = json!({"roomId": id(&room), "fileId": file["_id"]});
    let sent = alice.post(&format!("{ENVELOPE}/messages"), body).await.expect(201);
    let by_file = text(&sent["data"]["_id"]);
    listeners.expect(&by_file, &Value::Null).await;

    // And each surface's history has them all, in one order.
    let all = [by_rest, by_envelope, by_socket, by_file];
    let rest = bob.get(&format!("{room}/messages?order=asc")).await.expect(200);
    let envelope = bob.get(&format!("{ENVELOPE}/messages/{}?order=asc", id(&room))).await.expect(200);
    let ids = |list: &Value, field: &str| {
        list.as_array().unwrap().iter().map(|message| text(&message[field])).collect::<Vec<_>>()
    };
    assert_eq!((ids(&rest["data"], "id"), ids(&envelope["data"], "_id")), (all.to_vec(), all.to_vec()));
    let actions = bob.get(&format!("{ACTIONS}/chat-history/{}", id(&room))).await.expect(200);
    let contents = ["By REST", "By envelope", "By socket", ""];
    assert_eq!(ids(&actions["messages"], "message"), contents);
    let shared = &rest["data"][3]["file"];
    assert_eq!((&shared["id"], &shared["url"]), (&file["_id"], &file["url"]));
}

#[tokio::test]
async fn joining_by_posting_publishes_the_same_events_as_joining() {
    let (parlor, _ryo, alice, bob) = fixture().await;
    let room = alice.room("Chat", "public").await;
    let mut socket = Socket::of(&parlor, &alice).await;
    socket.join(&room, None).await;
    let body = json!({"roomId": id(&room), "content": "Hello"});
    bob.post(&format!("{ENVELOPE}/messages"), body).await.expect(201);
    let added = socket.until("member-added").await;
    let message = socket.until("new-message").await;
    assert_eq!((&added["username"], &message["sender"]), (&json!("bob"), &json!("bob")));
    assert_eq!(message["revision"].as_i64(), added["revision"].as_i64().map(|revision| revision + 1));
}

#[tokio::test]
async fn every_dialect_has_a_description_that_the_docs_link_to() {
    let (parlor, ..) = fixture().await;
    let nobody = parlor.anonymous();
    let docs = nobody.request(Method::GET, "/docs/swagger-initializer.js").open().await.unwrap();
    let docs = docs.text().await.unwrap();
    for (name, path) in
        [("ryos", "/api/rooms/{id}"), ("actions", "/api/login"), ("envelope", "/api/messages")]
    {
        let url = format!("/dialects/{name}/openapi.json");
        assert!(docs.contains(&url));
        let document = nobody.get(&url).await.expect(200);
        assert_eq!(
            (&document["openapi"], &document["servers"][0]["url"]),
            (&json!("3.1.0"), &json!(format!("{}/dialects/{name}", parlor.url)))
        );
        assert!(document["paths"][path].is_object());
    }
    let few = Parlor::with(&[("PARLOR_DIALECTS", "ryos")]);
    few.anonymous().get("/dialects/envelope/openapi.json").await.error(404, "NOT_FOUND");
    few.anonymous().get("/dialects/ryos/openapi.json").await.expect(200);
}
