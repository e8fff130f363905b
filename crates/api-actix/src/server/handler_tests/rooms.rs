//! The handlers of rooms.

use actix_web::http::Method;
use domain::event::Event;
use domain::membership::Role;
use domain::room::{
    Access, PrivateKind, Room, RoomName, RoomQuery, RoomSort, RoomView, Search, Slug, Visibility,
};
use domain::store::MockUnitOfWork;
use domain::{Page, PageRequest, SortOrder};
use serde_json::{Value, json};

use super::{Answer, Mocks, NEW, get, in_room, john, member_of, now, signed_in, unavailable};
use crate::json::samples;

/// The caller is an admin of the samples' room, which is locked.
fn locked() -> MockUnitOfWork {
    let mut work = MockUnitOfWork::new();
    work.expect_lock_room()
        .withf(|room| *room == samples::ROOM)
        .times(1)
        .returning(|_| Ok(Some(samples::room())));
    work.expect_membership()
        .withf(|room, user| *room == samples::ROOM && *user == john().id)
        .returning(|_, user| Ok(Some(member_of(&samples::room(), user))));
    work
}

#[tokio::test]
async fn a_list_passes_its_parameters_to_the_reader() {
    let mut mocks = Mocks::new();
    mocks
        .rooms
        .expect_list()
        .withf(|query, page, caller| {
            let wanted = RoomQuery {
                search: Search::parse("tea").ok(),
                visibility: Some(Visibility::Private),
                joined: Some(true),
                sort: RoomSort::Name,
                order: SortOrder::Ascending,
            };
            let request = PageRequest { page: 2, limit: 5 };
            *query == wanted && *page == request && *caller == Some(john().id)
        })
        .times(1)
        .returning(|_, _, _| Ok(Page { items: vec![samples::view()], total: 11 }));
    let path = "/api/rooms?page=2&limit=5&search=%20tea&visibility=private&joined=true&sort=name&order=asc";
    let body = mocks.call(get(path)).await.expect(200);
    assert_eq!(body["pagination"], json!({"page": 2, "limit": 5, "total": 11, "hasMore": true}));
    assert_eq!(body["data"][0]["id"], samples::ROOM.to_string());
}

#[tokio::test]
async fn a_list_without_parameters_has_the_defaults_also_for_the_anonymous() {
    let mut mocks = Mocks::new();
    mocks
        .rooms
        .expect_list()
        .withf(|query, page, caller| {
            let defaults = (query.sort, query.order) == (RoomSort::CreatedAt, SortOrder::Descending);
            let unfiltered = query.search.is_none() && query.visibility.is_none() && query.joined.is_none();
            defaults && unfiltered && *page == PageRequest { page: 1, limit: 20 } && caller.is_none()
        })
        .times(1)
        .returning(|_, _, _| Ok(Page { items: vec![], total: 0 }));
    let request = actix_web::test::TestRequest::get().uri("/api/rooms");
    assert_eq!(mocks.call(request).await.expect(200)["data"], json!([]));
}

#[tokio::test]
async fn every_bad_parameter_is_named_and_no_port_is_called() {
    let path = "/api/rooms?page=0&limit=101&visibility=open&joined=maybe&sort=size&order=up&typo=1";
    let answer = Mocks::new().call(get(path)).await;
    let named = answer.refused(400, "VALIDATION_FAILED");
    assert_eq!(named, ["page", "limit", "visibility", "joined", "sort", "order", "typo"]);
}

#[tokio::test]
async fn a_room_is_shown_as_the_reader_has_it_and_by_head_without_a_body() {
    for method in [Method::GET, Method::HEAD] {
        let mut mocks = Mocks::new();
        mocks
            .rooms
            .expect_room()
            .withf(|room, caller| *room == samples::ROOM && *caller == Some(john().id))
            .times(1)
            .returning(|_, _| Ok(Some(samples::view())));
        let answer = mocks.call(signed_in(method.clone(), &in_room(""))).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        if method == Method::GET {
            let room = &answer.body["data"];
            assert_eq!((&room["slug"], &room["revision"]), (&json!("general-discussion"), &json!(2)));
            assert_eq!(room["membership"]["role"], "admin");
        }
    }
}

/// Creates a room of that body in a unit of work that stores the room's name and access.
async fn create(body: Value, name: &'static str, access: Access) -> Answer {
    let mut work = MockUnitOfWork::new();
    work.expect_free_slug().returning(|candidates| Ok(candidates[0].clone()));
    work.expect_insert_room()
        .withf(move |room| room.name.as_str() == name && room.access == access && room.created_by == john())
        .times(1)
        .returning(|_| Ok(()));
    work.expect_save_membership()
        .withf(|saved| saved.user == john().id && saved.role == Role::Admin)
        .times(1)
        .returning(|_| Ok(()));
    work.expect_record().times(1).returning(|_| Ok(()));
    work.expect_commit().times(1).returning(|| Ok(()));
    let mut mocks = Mocks::new().unit(work);
    let own = |event: &Event| matches!(event, Event::Own(user, _) if *user == john().id);
    mocks.events.expect_publish().withf(own).times(1).return_const(());
    mocks.call(signed_in(Method::POST, "/api/rooms").set_json(body)).await
}

#[tokio::test]
async fn a_created_room_is_answered_with_its_path() {
    let slug = Slug::stored("tea-house".to_owned());
    let answer = create(json!({"name": " Tea House "}), "Tea House", Access::Public { slug }).await;
    assert_eq!(answer.header("location"), Some(format!("/api/rooms/{NEW}").as_str()));
    let room = answer.expect(201);
    assert_eq!((&room["data"]["id"], &room["data"]["memberCount"]), (&json!(NEW.to_string()), &json!(1)));
    let body = json!({"name": "Secret", "visibility": "private", "description": null});
    let private = create(body, "Secret", Access::Private(PrivateKind::ByInvitation)).await.expect(201);
    assert_eq!(private["data"]["slug"], Value::Null);
}

#[tokio::test]
async fn a_body_with_bad_fields_creates_nothing() {
    let body = json!({"name": "x", "description": 7, "visibility": "open", "colour": "red"});
    let answer = Mocks::new().call(signed_in(Method::POST, "/api/rooms").set_json(body)).await;
    let mut named = answer.refused(400, "VALIDATION_FAILED");
    named.sort_unstable();
    assert_eq!(named, ["colour", "description", "name", "visibility"]);
    let broken = signed_in(Method::POST, "/api/rooms").insert_header(("content-type", "application/json"));
    Mocks::new().call(broken.set_payload("{\"name\": ")).await.refused(400, "MALFORMED_JSON");
    let text = signed_in(Method::POST, "/api/rooms").insert_header(("content-type", "text/plain"));
    Mocks::new().call(text.set_payload("{}")).await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn a_change_is_stored_published_and_answered() {
    let mut work = locked();
    work.expect_save_room()
        .withf(|room| room.name.as_str() == "Renamed" && room.description == samples::room().description)
        .times(1)
        .returning(|_| Ok(()));
    work.expect_record().times(1).returning(|_| Ok(()));
    work.expect_commit().times(1).returning(|| Ok(()));
    let mut mocks = Mocks::new().unit(work);
    mocks.events.expect_publish().times(1).return_const(());
    let renamed = RoomName::parse("Renamed").unwrap();
    mocks.rooms.expect_room().returning(move |_, _| {
        Ok(Some(RoomView { room: Room { name: renamed.clone(), ..samples::room() }, ..samples::view() }))
    });
    let request = signed_in(Method::PATCH, &in_room("")).set_json(json!({"name": "Renamed"}));
    assert_eq!(mocks.call(request).await.expect(200)["data"]["name"], "Renamed");
}

#[tokio::test]
async fn a_deletion_has_no_body() {
    let mut work = locked();
    work.expect_delete_room()
        .withf(|room, _, at| *room == samples::ROOM && *at == now())
        .times(1)
        .returning(|_, _, _| Ok(()));
    work.expect_record().times(1).returning(|_| Ok(()));
    work.expect_commit().times(1).returning(|| Ok(()));
    let mut mocks = Mocks::new().unit(work);
    mocks.events.expect_publish().times(1).return_const(());
    let answer = mocks.call(signed_in(Method::DELETE, &in_room(""))).await;
    assert_eq!((answer.status, answer.bytes.as_slice()), (204, &b""[..]));
}

#[tokio::test]
async fn what_the_caller_cannot_see_is_not_found() {
    let mut mocks = Mocks::new();
    mocks.rooms.expect_room().times(1).returning(|_, _| Ok(None));
    mocks.call(get(&in_room(""))).await.refused(404, "ROOM_NOT_FOUND");
    let named = Mocks::new().call(get("/api/rooms/7")).await;
    assert_eq!(named.refused(400, "VALIDATION_FAILED"), ["id"]);
}

#[tokio::test]
async fn a_write_that_cannot_begin_is_unavailable_for_now() {
    let mut mocks = Mocks::new();
    mocks.store.expect_begin_in().times(1).returning(|_, _| Err(unavailable().into()));
    let answer = mocks.call(signed_in(Method::DELETE, &in_room(""))).await;
    answer.refused(503, "UNAVAILABLE");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(!answer.body.to_string().contains("10.0.0.7"), "{}", answer.body);
}
