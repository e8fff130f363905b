//! Laws of the audit log.

use std::net::IpAddr;

use domain::account::UserRef;
use domain::audit::{
    AuditAnchor, AuditDetail, AuditEntry, AuditEvent, AuditKind, AuditPosition, AuditQuery, AuditWindow,
    RoomFields,
};
use domain::membership::Role;
use domain::{AuditEventId, RoomId};
use uuid::Uuid;

use crate::store::AnyStore;
use crate::store::fixtures::{self, at, delete_room, message_id, private, public, users};

/// Returns event `n` of that kind and nothing else, at the moment `n`.
#[must_use]
pub fn entry(n: u32, kind: AuditKind) -> AuditEntry {
    AuditEntry {
        id: AuditEventId(Uuid::from_u128(n.into())),
        kind,
        detail: None,
        room: None,
        actor: None,
        target: None,
        message: None,
        address: None,
        at: at(n.into()),
    }
}

/// Records events, each in a unit of work of its own that locks its room.
pub(crate) async fn record(store: &impl AnyStore, entries: impl IntoIterator<Item = AuditEntry>) {
    for entry in entries {
        let mut work = store.begin().await.unwrap();
        if let Some(room) = entry.room {
            work.lock_room(room).await.unwrap();
        }
        work.record(entry).await.unwrap();
        work.commit().await.unwrap();
    }
}

const EVERYTHING: AuditQuery =
    AuditQuery { room: None, user: None, kind: None, since: None, anchor: AuditAnchor::Newest, limit: 100 };

async fn events(store: &impl AnyStore, query: AuditQuery) -> AuditWindow {
    store.events(query).await.unwrap()
}

/// The numbers of the events that the query selects.
async fn found(store: &impl AnyStore, query: AuditQuery) -> Vec<u128> {
    events(store, query).await.events.iter().map(|event| event.id.0.as_u128()).collect()
}

fn shown(entry: &AuditEntry, users: &[&UserRef]) -> AuditEvent {
    let named = |id| users.iter().find(|user| Some(user.id) == id).map(|user| (*user).clone());
    AuditEvent {
        id: entry.id,
        kind: entry.kind,
        detail: entry.detail,
        room: entry.room,
        actor: named(entry.actor),
        target: named(entry.target),
        message: entry.message,
        address: entry.address,
        created_at: entry.at,
    }
}

/// Of every kind, with every detail, and without anything that may be absent.
pub async fn an_audit_event_comes_back_whole(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await.id;
    let kinds = AuditKind::ALL.iter().copied();
    let mut entries: Vec<AuditEntry> = (1..).zip(kinds).map(|(n, kind)| entry(n, kind)).collect();
    let addresses = ["203.0.113.7", "2001:db8::1:0:7"].map(|text| text.parse::<IpAddr>().unwrap());
    let fields = RoomFields { name: true, description: false, visibility: true, metadata: true };
    let details = [
        AuditDetail::Role(Role::Admin),
        AuditDetail::Role(Role::Member),
        AuditDetail::Fields(fields),
        AuditDetail::ByServerAdmin,
    ];
    for (n, detail) in (100..).zip(details) {
        entries.push(AuditEntry {
            detail: Some(detail),
            room: Some(room),
            actor: Some(alice.id),
            target: Some(bob.id),
            message: Some(message_id(n)),
            address: addresses.into_iter().nth(usize::from(n % 2 == 0)),
            ..entry(n, AuditKind::RoleChanged)
        });
    }
    record(&store, entries.clone()).await;
    let read = events(&store, EVERYTHING).await;
    let stored: Vec<_> = entries.iter().map(|entry| shown(entry, &[&alice, &bob])).collect();
    assert_eq!(read, AuditWindow { events: stored, has_more: false });
}

/// A unit that is dropped leaves neither the change nor the event.
pub async fn an_audit_event_shares_the_fate_of_its_unit(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await.id;
    for commits in [false, true] {
        let mut work = store.begin().await.unwrap();
        let locked = fixtures::lock(&mut *work, room).await;
        work.record(AuditEntry { room: Some(room), ..entry(1, AuditKind::RoomDeleted) }).await.unwrap();
        work.delete_room(room, locked.log.revision, at(50)).await.unwrap();
        if commits {
            work.commit().await.unwrap();
        } else {
            drop(work);
        }
        assert_eq!(found(&store, EVERYTHING).await, if commits { vec![1] } else { vec![] });
        assert_eq!(fixtures::room(&store, room, &alice).await.is_none(), commits);
    }
}

/// Clocks of replicas differ and step back; events of other rooms, or of none, keep their times.
pub async fn the_times_of_a_rooms_events_rise_strictly(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let [here, there] = [1, 2].map(|n| private(n, &alice));
    for room in [&here, &there] {
        fixtures::open(&store, room.clone()).await;
    }
    let of = |n: u32, moment, room: Option<RoomId>| AuditEntry {
        at: at(moment),
        room,
        ..entry(n, AuditKind::MemberJoined)
    };
    let (here, there) = (Some(here.id), Some(there.id));
    record(&store, [of(9, 500, here), of(8, 500, here), of(7, 20, here), of(6, 501, here)]).await;
    record(&store, [of(5, 30, there), of(4, 40, None), of(3, 900, here)]).await;
    let read = events(&store, AuditQuery { room: here, ..EVERYTHING }).await.events;
    let read: Vec<_> = read.iter().map(|event| (event.id.0.as_u128(), event.created_at)).collect();
    assert_eq!(read, [(9, at(500)), (8, at(501)), (7, at(502)), (6, at(503)), (3, at(900))]);
    let all = events(&store, EVERYTHING).await.events;
    assert_eq!((all[0].created_at, all[1].created_at), (at(30), at(40)));
}

/// Both ways, from events and from moments; several events outside rooms have the same time.
pub async fn audit_windows_concatenate_to_all_events(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let entries = (1..=11).map(|n| AuditEntry {
        at: at(i64::from(n) / 3),
        actor: Some(alice.id),
        ..entry(n, AuditKind::LoggedIn)
    });
    record(&store, entries).await;
    let whole: Vec<u128> = (1..=11).collect();
    for limit in [1, 2, 3, 10, 11, 12] {
        for user in [None, Some(alice.id)] {
            let query = AuditQuery { user, limit, ..EVERYTHING };
            let mut older = vec![];
            let mut anchor = AuditAnchor::Newest;
            loop {
                let read = events(&store, AuditQuery { anchor, ..query }).await;
                let Some(first) = read.events.first() else { break };
                anchor = AuditAnchor::Before(AuditPosition::Event(first.created_at, first.id));
                older.splice(0..0, read.events.iter().map(|event| event.id.0.as_u128()));
                assert_eq!(read.has_more, older.len() < 11);
            }
            assert_eq!(older, whole);
            let mut newer = vec![];
            let mut anchor = AuditAnchor::After(AuditPosition::Time(at(-1)));
            loop {
                let read = events(&store, AuditQuery { anchor, ..query }).await;
                let Some(last) = read.events.last() else { break };
                anchor = AuditAnchor::After(AuditPosition::Event(last.created_at, last.id));
                newer.extend(read.events.iter().map(|event| event.id.0.as_u128()));
                assert_eq!(read.has_more, newer.len() < 11);
            }
            assert_eq!(newer, whole);
        }
    }
    let before = AuditAnchor::Before(AuditPosition::Time(at(1)));
    assert_eq!(found(&store, AuditQuery { anchor: before, ..EVERYTHING }).await, [1, 2]);
    let after = AuditAnchor::After(AuditPosition::Time(at(2)));
    assert_eq!(found(&store, AuditQuery { anchor: after, ..EVERYTHING }).await, [9, 10, 11]);
}

/// A user's events are those that they did, and those that were done to them, each once.
pub async fn audit_events_are_found_by_room_user_kind_and_time(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await.id;
    let in_room = |n, kind| AuditEntry { room: Some(room), ..entry(n, kind) };
    record(
        &store,
        [
            AuditEntry { actor: Some(alice.id), ..in_room(10, AuditKind::RoomCreated) },
            AuditEntry {
                actor: Some(bob.id),
                target: Some(bob.id),
                ..in_room(20, AuditKind::InvitationUsed)
            },
            AuditEntry { actor: Some(alice.id), target: Some(bob.id), ..in_room(30, AuditKind::RoleChanged) },
            AuditEntry { target: Some(alice.id), ..entry(40, AuditKind::LoginFailed) },
            entry(50, AuditKind::LoginFailed),
        ],
    )
    .await;
    let kind = Some(AuditKind::LoginFailed);
    for (query, expected) in [
        (EVERYTHING, vec![10, 20, 30, 40, 50]),
        (AuditQuery { room: Some(room), ..EVERYTHING }, vec![10, 20, 30]),
        (AuditQuery { room: Some(RoomId(Uuid::from_u128(9))), ..EVERYTHING }, vec![]),
        (AuditQuery { user: Some(alice.id), ..EVERYTHING }, vec![10, 30, 40]),
        (AuditQuery { user: Some(bob.id), ..EVERYTHING }, vec![20, 30]),
        (AuditQuery { user: Some(carol.id), ..EVERYTHING }, vec![]),
        (AuditQuery { kind, ..EVERYTHING }, vec![40, 50]),
        (AuditQuery { since: Some(at(30)), ..EVERYTHING }, vec![30, 40, 50]),
        (AuditQuery { room: Some(room), user: Some(alice.id), since: Some(at(11)), ..EVERYTHING }, vec![30]),
        (AuditQuery { user: Some(alice.id), kind, ..EVERYTHING }, vec![40]),
        (AuditQuery { user: Some(bob.id), limit: 1, ..EVERYTHING }, vec![30]),
    ] {
        assert_eq!(found(&store, query).await, expected, "{query:?}");
    }
}

/// Its rows are gone, what was done in it is not.
pub async fn audit_events_outlive_their_room(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let room = fixtures::open(&store, public(1, &alice)).await.id;
    record(&store, [AuditEntry { room: Some(room), ..entry(1, AuditKind::RoomCreated) }]).await;
    delete_room(&store, room, at(50)).await;
    assert_eq!(store.sweep(at(100), 100).await.unwrap().rooms, 1);
    assert_eq!(found(&store, AuditQuery { room: Some(room), ..EVERYTHING }).await, [1]);
}

/// The oldest first; and of failed logins all but the newest, however young.
pub async fn sweeping_removes_old_audit_events_in_batches(store: impl AnyStore) {
    let kinds = [AuditKind::LoggedIn, AuditKind::LoginFailed];
    record(&store, (1..=10).map(|n| entry(n, kinds[usize::from(n % 2 == 0)]))).await;
    assert_eq!(store.sweep_audit(at(1), 5, 100).await.unwrap(), 0);
    assert_eq!(store.sweep_audit(at(4), 5, 2).await.unwrap(), 2);
    assert_eq!(found(&store, EVERYTHING).await, [3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(store.sweep_audit(at(4), 5, 2).await.unwrap(), 1);
    assert_eq!(store.sweep_audit(at(4), 5, 2).await.unwrap(), 0);
    // Of 4, 6, 8 and 10 the newest two stay.
    assert_eq!(store.sweep_audit(at(4), 2, 1).await.unwrap(), 1);
    assert_eq!(store.sweep_audit(at(4), 2, 100).await.unwrap(), 1);
    assert_eq!(store.sweep_audit(at(4), 2, 100).await.unwrap(), 0);
    assert_eq!(found(&store, EVERYTHING).await, [5, 7, 8, 9, 10]);
}
