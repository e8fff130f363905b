//! Typed calls: each reaches its endpoint, and reads what the server writes.

use futures_util::{StreamExt, TryStreamExt};
use parlor_client::{
    Error, Event, MessageKind, NewMessage, NewRoom, Order, Role, RoomSort, RoomUpdate, Visibility,
};

use super::{public_room, user};
use crate::support::Parlor;

#[tokio::test]
async fn accounts_and_sessions() {
    let parlor = Parlor::start();
    let anonymous = parlor.anonymous().client().clone();
    let account = anonymous.sign_up("alice", "alice@example.com", "correct horse").await.unwrap();
    let login = anonymous.log_in("alice@example.com", "correct horse").await.unwrap();
    assert_eq!(login.user, account);
    assert!(!format!("{login:?}").contains(&login.token.access_token));
    let alice = anonymous.sign_in("ALICE", "correct horse").await.unwrap();
    let clone = alice.clone();
    let fresh = alice.refresh().await.unwrap();
    assert_eq!(clone.token(), Some(fresh.access_token));
    assert_eq!(clone.me().await.unwrap(), account);
    alice.change_password("correct horse", "another horse").await.unwrap();
    let other = anonymous.with_token(login.token.access_token);
    assert_eq!(other.me().await.unwrap_err().code(), Some("UNAUTHENTICATED"), "other sessions end");
    alice.log_out().await.unwrap();
    assert_eq!(clone.me().await.unwrap_err().code(), Some("UNAUTHENTICATED"));
}

#[tokio::test]
async fn refusals_are_values_and_a_server_that_is_away_is_a_transport_error() {
    let mut parlor = Parlor::start();
    let alice = user(&parlor, "alice").await;
    let Err(Error::Api(error)) = alice.create_room(&NewRoom::public("x")).await else { panic!() };
    assert_eq!((error.status, error.code.as_str()), (Some(400), "VALIDATION_FAILED"));
    assert_eq!(error.details[0].field, "name");
    assert!(error.request_id.is_some() && !error.is_temporary());
    parlor.kill();
    let away = alice.me().await.unwrap_err();
    assert!(matches!(away, Error::Transport(_)) && away.is_temporary(), "{away:?}");
}

#[tokio::test]
async fn people_and_direct_rooms() {
    let parlor = Parlor::start();
    let (alice, bob) = (user(&parlor, "alice").await, user(&parlor, "bob").await);
    let bobs = bob.me().await.unwrap();
    let person = alice.person(bobs.id).await.unwrap();
    assert_eq!((person.id, &person.username, person.created_at), (bobs.id, &bobs.username, bobs.created_at));
    assert_eq!(alice.people("BO").items().try_collect::<Vec<_>>().await.unwrap(), [person]);
    let direct = alice.direct(&[bobs.id]).await.unwrap();
    assert!(direct.direct && direct.name == "@alice, @bob");
    assert_eq!(bob.direct_by_names(&["alice"]).await.unwrap().id, direct.id);
    assert_eq!(alice.direct_by_names(&["nobody"]).await.unwrap_err().code(), Some("USER_NOT_FOUND"));

    let (alices, bobs_room) = (alice.room(direct.id), bob.room(direct.id));
    let sent = alices.send("Shall we?").await.unwrap();
    bobs_room.mark_read(sent.seq).await.unwrap();
    let readers: Vec<_> = alices.readers(sent.id).items().try_collect().await.unwrap();
    assert_eq!(
        readers.iter().map(|reader| (reader.user.id, reader.last_read_seq)).collect::<Vec<_>>(),
        [(bobs.id, 1)]
    );
    bobs_room.mark_unread(sent.seq).await.unwrap();
    assert_eq!(bobs_room.get().await.unwrap().membership.unwrap().unread_count, 1);
}

#[tokio::test]
async fn rooms_members_and_invitations() {
    let parlor = Parlor::start();
    let (alice, bob) = (user(&parlor, "alice").await, user(&parlor, "bob").await);
    let bobs_id = bob.me().await.unwrap().id;
    let secret = NewRoom::private("Secret").with_description("of two");
    let made = alice.create_room(&secret).await.unwrap();
    assert_eq!((made.visibility, made.slug.as_deref()), (Visibility::Private, None));
    assert_eq!(made.membership.as_ref().map(|mine| mine.role), Some(Role::Admin));
    let room = alice.room(made.id);
    assert_eq!(room.get().await.unwrap(), made);

    assert_eq!(bob.room(made.id).get().await.unwrap_err().code(), Some("ROOM_NOT_FOUND"));
    let invitation = room.invite("bob").await.unwrap();
    assert_eq!(room.invitations().page(1).await.unwrap().items, std::slice::from_ref(&invitation));
    assert_eq!(bob.invitations().items().try_collect::<Vec<_>>().await.unwrap(), [invitation]);
    room.withdraw_invitation(bobs_id).await.unwrap();
    assert_eq!(bob.room(made.id).join().await.unwrap_err().code(), Some("ROOM_NOT_FOUND"));
    room.invite("bob").await.unwrap();
    assert_eq!(bob.room(made.id).join().await.unwrap().role, Role::Member);

    assert_eq!(room.set_role(bobs_id, Role::Admin).await.unwrap().role, Role::Admin);
    room.set_role(bobs_id, Role::Member).await.unwrap();
    let members: Vec<_> = room.members().role(Role::Member).items().try_collect().await.unwrap();
    assert_eq!(members.iter().map(|member| member.user.id).collect::<Vec<_>>(), [bobs_id]);
    assert!(room.presence().await.unwrap().is_empty());
    bob.room(made.id).leave().await.unwrap();
    assert_eq!(room.leave().await.unwrap_err().code(), Some("LAST_ADMIN"));

    let update =
        RoomUpdate { name: Some("Open".to_owned()), description: Some(None), ..RoomUpdate::default() };
    let updated = room.update(&update).await.unwrap();
    assert_eq!((updated.name.as_str(), updated.description), ("Open", None));
    room.delete().await.unwrap();
    assert_eq!(room.get().await.unwrap_err().code(), Some("ROOM_NOT_FOUND"));
}

#[tokio::test]
async fn lists_are_walked_page_by_page_and_item_by_item() {
    let parlor = Parlor::start();
    let alice = user(&parlor, "alice").await;
    let mut names = vec![];
    for n in 0..7 {
        let name = format!("Tea & talk {n}");
        alice.create_room(&NewRoom::public(name.as_str())).await.unwrap();
        names.push(name);
    }
    alice.create_room(&NewRoom::public("Coffee")).await.unwrap();
    let rooms =
        || alice.rooms().search("tea & TALK").joined().sort(RoomSort::Name, Order::Ascending).limit(3);
    let pages: Vec<_> = rooms().pages().try_collect().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.items.len()).collect::<Vec<_>>(), [3, 3, 1]);
    assert_eq!((pages[0].pagination.total, pages[2].pagination.has_more), (7, false));
    let found: Vec<_> = rooms().items().map_ok(|room| room.name).try_collect().await.unwrap();
    assert_eq!(found, names);
    let private = alice.rooms().visibility(Visibility::Private).page(1).await.unwrap();
    assert_eq!(private.pagination.total, 0);
    let refused = alice.rooms().limit(101).items().next().await.unwrap().unwrap_err();
    assert_eq!(refused.code(), Some("VALIDATION_FAILED"));
}

#[tokio::test]
async fn replies_threads_metadata_and_versions() {
    let parlor = Parlor::start();
    let alice = user(&parlor, "alice").await;
    let room = alice.room(public_room(&alice).await);
    let root = room.send("root").await.unwrap();
    let metadata = serde_json::Map::from_iter([("color".to_owned(), "red".into())]);
    let reply =
        NewMessage::text("reply").replying_to(root.id).in_thread(root.id).with_metadata(metadata.clone());
    let reply = room.send(reply).await.unwrap();
    assert_eq!(reply.extras.reply_to.unwrap().content.as_deref(), Some("root"));
    assert_eq!((reply.extras.thread_id, &reply.extras.metadata), (Some(root.id), &metadata));
    let thread = room.message(root.id).await.unwrap().extras.thread.unwrap();
    assert_eq!((thread.reply_count, thread.last_reply_at), (1, reply.created_at));
    let listed = |history: parlor_client::History| async move {
        let items = history.items().map_ok(|message| message.content.unwrap());
        items.try_collect::<Vec<_>>().await.unwrap()
    };
    assert_eq!(listed(room.messages().thread(root.id)).await, ["reply"]);
    assert_eq!(listed(room.messages().without_threads()).await, ["root"]);
    let replaced = room.set_metadata(reply.id, &serde_json::Map::new()).await.unwrap();
    assert!(replaced.extras.metadata.is_empty());
    room.edit(reply.id, "edited").await.unwrap();
    let versions: Vec<_> = room.versions(reply.id).items().try_collect().await.unwrap();
    assert_eq!(
        versions.iter().map(|one| one.content.as_deref()).collect::<Vec<_>>(),
        [Some("reply"), Some("edited")]
    );
}

#[tokio::test]
async fn reactions_pins_and_mentions() {
    let parlor = Parlor::start();
    let alice = user(&parlor, "alice").await;
    let room = alice.room(public_room(&alice).await);
    let message = room.send("@alice and @room").await.unwrap();
    assert!(message.extras.mentions_room && message.extras.mentions[0].username == "alice");
    for emoji in ["\u{1f44d}", "a/b%"] {
        room.react(message.id, emoji).await.unwrap();
        let users: Vec<_> = room.reaction_users(message.id, emoji).items().try_collect().await.unwrap();
        assert_eq!(users, std::slice::from_ref(&message.sender));
    }
    room.unreact(message.id, "a/b%").await.unwrap();
    room.pin(message.id).await.unwrap();
    let pinned: Vec<_> = room.pins().items().try_collect().await.unwrap();
    let now = room.message(message.id).await.unwrap();
    assert_eq!(pinned, std::slice::from_ref(&now));
    assert_eq!((now.extras.reactions.len(), now.extras.reactions[0].count), (1, 1));
    let mentions: Vec<_> = alice.mentions().limit(1).items().try_collect().await.unwrap();
    assert_eq!(mentions, pinned);
    let other = alice.search("someone").room(room.id()).sender(message.sender.id);
    assert!(other.page().await.unwrap().messages.is_empty());
    let found: Vec<_> =
        alice.search("roo* and").room(room.id()).limit(1).items().try_collect().await.unwrap();
    assert_eq!(found, pinned);
    assert!(alice.search("room").before(&message.id.to_string()).page().await.unwrap().messages.is_empty());
    room.unpin(message.id).await.unwrap();
    assert_eq!(room.pins().page(1).await.unwrap().pagination.total, 0);
    assert_eq!(room.get().await.unwrap().membership.unwrap().mention_count, 0);

    let changes: Vec<_> = room.changes(2).try_collect().await.unwrap();
    assert!(matches!(&changes[..], [Event::MessageEdited(edited)] if edited.revision == 7), "{changes:?}");
    let mut events = room.events(None).await.unwrap();
    room.react(message.id, "x").await.unwrap();
    room.pin(message.id).await.unwrap();
    let reaction = events.next().await.unwrap().unwrap();
    assert!(matches!(&reaction, Event::ReactionAdded(added) if added.emoji == "x" && added.count == 1));
    let pin = events.next().await.unwrap().unwrap();
    assert!(matches!(&pin, Event::MessagePinned(pinned) if pinned.message == message.id));
    assert_eq!((pin.room(), pin.revision()), (Some(room.id()), Some(9)));
}

#[tokio::test]
async fn messages_histories_changes_and_events() {
    let parlor = Parlor::start();
    let alice = user(&parlor, "alice").await;
    let room = alice.room(public_room(&alice).await);
    let message = NewMessage::text("1");
    let first = room.send(message.clone()).await.unwrap();
    assert_eq!(room.send(message).await.unwrap(), first, "under one key it is one message");
    for n in 2..=9 {
        room.send(n.to_string()).await.unwrap();
    }
    let contents = |history: parlor_client::History| async move {
        let items = history.limit(2).items().map_ok(|message| message.content.unwrap());
        items.try_collect::<Vec<_>>().await.unwrap().concat()
    };
    assert_eq!(contents(room.messages()).await, "987654321");
    assert_eq!(contents(room.messages().from_start()).await, "123456789");
    let page = room.messages().limit(4).keep_unread().page().await.unwrap();
    assert_eq!(contents(room.messages().before(page.pagination.before.as_deref().unwrap())).await, "54321");
    let sender = first.sender.id;
    assert_eq!(contents(room.messages().sender(sender).kind(MessageKind::Text)).await.len(), 9);
    assert_eq!(contents(room.messages().kind(MessageKind::Image)).await, "");

    assert_eq!(room.edit(first.id, "one").await.unwrap().content.as_deref(), Some("one"));
    assert!(room.message(first.id).await.unwrap().edited_at.is_some());
    room.delete_message(first.id).await.unwrap();
    let deleted = room.message(first.id).await.unwrap();
    assert!(deleted.content.is_none() && deleted.deleted_at.is_some());
    room.mark_read(9).await.unwrap();
    room.typing().await.unwrap();
    assert_eq!(room.get().await.unwrap().membership.unwrap().unread_count, 0);

    let changes: Vec<_> = room.changes(9).try_collect().await.unwrap();
    assert_eq!(changes.iter().filter_map(Event::revision).collect::<Vec<_>>(), [10, 12]);
    let mut events = room.events(Some(9)).await.unwrap();
    for change in &changes {
        assert_eq!(events.next().await.unwrap().as_ref(), Some(change));
    }
    let caught_up = events.next().await.unwrap();
    assert_eq!(caught_up, Some(Event::CaughtUp { room: room.id(), revision: 12 }));
    assert_eq!(events.last_revision(), Some(12));
}

#[tokio::test]
async fn files_are_uploaded_shown_downloaded_and_deleted() {
    let parlor = Parlor::start();
    let alice = user(&parlor, "alice").await;
    let room = alice.room(public_room(&alice).await);
    let file = alice.upload("hello.txt", "hello").await.unwrap();
    assert_eq!((file.name.as_str(), file.size), ("hello.txt", 5));
    assert_eq!(alice.download(file.id).await.unwrap(), "hello");
    let message = room.send(NewMessage::file(file.id, Some("look".to_owned()))).await.unwrap();
    assert_eq!((message.kind, message.file.as_ref()), (MessageKind::File, Some(&file)));
    assert_eq!(alice.delete_file(file.id).await.unwrap_err().code(), Some("FILE_IN_USE"));
    room.delete_message(message.id).await.unwrap();
    assert_eq!(alice.files().items().try_collect::<Vec<_>>().await.unwrap(), std::slice::from_ref(&file));
    alice.delete_file(file.id).await.unwrap();
    assert_eq!(alice.download(file.id).await.unwrap_err().code(), Some("FILE_NOT_FOUND"));
}

#[tokio::test]
async fn the_audit_log_of_a_room() {
    let parlor = Parlor::start();
    let (alice, bob) = (user(&parlor, "alice").await, user(&parlor, "bob").await);
    let room = alice.room(public_room(&alice).await);
    bob.room(room.id()).join().await.unwrap();
    let bobs_id = bob.me().await.unwrap().id;
    room.set_role(bobs_id, Role::Admin).await.unwrap();
    room.update(&RoomUpdate { name: Some("Renamed".to_owned()), ..RoomUpdate::default() }).await.unwrap();
    let events: Vec<_> = room.audit().limit(2).items().try_collect().await.unwrap();
    let names: Vec<_> = events.iter().map(|event| event.event.as_str()).collect();
    assert_eq!(names, ["room-updated", "role-changed", "member-joined", "room-created"]);
    assert_eq!(events[0].details.fields, ["name"]);
    assert_eq!(events[1].details.role, Some(Role::Admin));
    assert_eq!(events[1].target.as_ref().map(|user| user.id), Some(bobs_id));
    assert_eq!((events[2].address.as_deref(), events[2].message_id), (Some("127.0.0.1"), None));
    let upwards: Vec<_> =
        room.audit().after("1970-01-01T00:00:00Z").limit(3).items().try_collect().await.unwrap();
    assert_eq!(upwards, events.into_iter().rev().collect::<Vec<_>>());
}
