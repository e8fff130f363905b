//! Every query of the SQLite store uses an index: the test reads its plan, which SQLite makes without reading the data.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

mod planner;
mod searches;
mod syncs;
mod writes;

use contract::store::everything::{Filled, fill};
use diesel::connection::set_default_instrumentation;
use diesel::{Connection, SqliteConnection};
use domain::account::{AccountReader, Circle, LoginName, SessionReader, Username};
use domain::admin::{AccountSearch, AdminReader, UsagePosition};
use domain::audit::{AuditAnchor, AuditKind, AuditPosition, AuditQuery, AuditReader};
use domain::compat::ryos::{RoomKey, RosterReader};
use domain::direct::DirectKey;
use domain::event::ChangeReader;
use domain::file::{FileQuery, FileReader, FileSort};
use domain::invitation::{InvitationReader, Invitee};
use domain::membership::{MemberReader, Role};
use domain::message::{
    Anchor, Emoji, HistoryQuery, MentionQuery, MessageKind, MessageReader, Position, Threads,
    TimelinePosition,
};
use domain::room::{Revision, RoomQuery, RoomReader, RoomSort, Search, Seq, Slug, Visibility};
use domain::{AuditEventId, FileId, MessageId, PageRequest, RoomId, SessionId, SortOrder, Timestamp, UserId};
use infra_sqlite::{Options, SqliteStore};
use uuid::Uuid;

use planner::{Planner, recorder};

const FIRST: PageRequest = PageRequest { page: 1, limit: 20 };
const ORDERS: [SortOrder; 2] = [SortOrder::Ascending, SortOrder::Descending];

fn at(micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(1_767_225_600_000_000 + micros).unwrap()
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

#[tokio::test]
async fn every_statement_has_its_index() {
    set_default_instrumentation(recorder).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parlor.db");
    let store = SqliteStore::open(Options { path: path.clone(), readers: 2 }).await.unwrap();
    store.migrate().await.unwrap();
    let filled = fill(&store, 50).await;
    let beside = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let mut plans = Planner { store, beside, count: 0, complaints: vec![] };
    rooms(&mut plans, filled).await;
    syncs::run(&mut plans, filled).await;
    searches::run(&mut plans, filled).await;
    history(&mut plans, filled).await;
    accounts(&mut plans, filled).await;
    files(&mut plans, filled).await;
    writes::run(&mut plans, filled).await;
    assert!(plans.complaints.is_empty(), "{}", plans.complaints.join("\n\n"));
    assert!(plans.count > 300, "{} statements were checked", plans.count);
}

async fn rooms(plans: &mut Planner, Filled { room, admin, .. }: Filled) {
    let store = plans.store.clone();
    for caller in [None, Some(admin)] {
        for sort in [RoomSort::CreatedAt, RoomSort::Name, RoomSort::MemberCount, RoomSort::LastMessageAt] {
            for order in ORDERS {
                for visibility in [None, Some(Visibility::Public), Some(Visibility::Private)] {
                    for joined in [None, Some(true), Some(false)] {
                        for search in [None, Search::parse("room").ok()] {
                            let query = RoomQuery { search, visibility, joined, sort, order };
                            plans.record(RoomReader::list(&store, query, FIRST, caller)).await;
                        }
                    }
                }
            }
        }
        plans.record(RoomReader::room(&store, room, caller)).await;
        for key in [RoomKey::Id(room), RoomKey::Slug(Slug::stored("room-1".into()))] {
            plans.record(store.roster(key, caller)).await;
        }
        plans.record(store.rosters(caller, 100)).await;
    }
    let (_, plan) = plans.record(store.direct(DirectKey([7; 32]), admin)).await;
    assert!(plan.contains("SEARCH r USING INDEX rooms_direct "), "{plan}");
    let (changes, plan) = plans.record(store.changes(room, Revision(1), Revision(1), 100)).await;
    assert!(changes.unwrap().items.len() > 50);
    for index in ["c USING INDEX messages_changed", "n USING INDEX messages_by_seq"] {
        assert!(plan.contains(&format!("SEARCH {index} ")), "{plan}");
    }
    plans.record(store.changed_rooms(vec![(room, Revision(1))])).await;
}

/// Windows of one kind or sender use the index of it, wherever they lie.
async fn history(plans: &mut Planner, Filled { room, admin, .. }: Filled) {
    let store = plans.store.clone();
    let (seq, time) = (Position::Seq(Seq(9)), Position::Time(at(9)));
    for anchor in
        [Anchor::Newest, Anchor::Before(seq), Anchor::Before(time), Anchor::After(seq), Anchor::After(time)]
    {
        for (kind, sender, index) in [
            (None, None, "messages_by_seq"),
            (Some(MessageKind::Image), None, "messages_by_kind_in_threads"),
            (None, Some(admin), "messages_deleted_by_sender"),
            (Some(MessageKind::Image), None, "messages_by_kind_outside_threads"),
            (None, Some(admin), "messages_by_sender_and_kind"),
            (Some(MessageKind::Image), Some(admin), "messages_by_sender_and_kind"),
        ] {
            let query =
                HistoryQuery { kind, sender, ..HistoryQuery::unfiltered(anchor, 50, SortOrder::Descending) };
            let (_, plan) = plans.record(store.window(room, query)).await;
            assert!(
                plan.contains(&format!("SEARCH s USING INDEX {index} ")),
                "{query:?} is planned so:\n{plan}"
            );
        }
    }
    for (threads, index) in [
        (Threads::Outside, "messages_deleted_outside_threads"),
        (Threads::Outside, "messages_by_kind_outside_threads"),
        (Threads::Of(MessageId(id(1))), "messages_by_thread"),
    ] {
        for anchor in [Anchor::Newest, Anchor::Before(seq), Anchor::After(time)] {
            let query =
                HistoryQuery { threads, ..HistoryQuery::unfiltered(anchor, 50, SortOrder::Descending) };
            let (_, plan) = plans.record(store.window(room, query)).await;
            assert!(
                plan.contains(&format!("SEARCH s USING INDEX {index} ")),
                "{query:?} is planned so:\n{plan}"
            );
        }
    }
    annotations(plans, room, admin).await;
    plans.record(store.versions(MessageId(id(2)), PageRequest { page: 1, limit: 20 })).await;
    plans.record(store.newest(room, 50, None)).await;
    let message = MessageId(id(1));
    let (found, _) = plans.record(MessageReader::message(&store, room, message)).await;
    assert!(found.is_some());
    plans.record(AuditReader::message(&store, message)).await;
    audit(plans, room, admin).await;
}

/// Reactions, pins and mentions.
async fn annotations(plans: &mut Planner, room: RoomId, admin: UserId) {
    let (store, message) = (plans.store.clone(), MessageId(id(1)));
    let emoji = Emoji::parse("\u{2764}\u{fe0f}").unwrap();
    let (users, plan) = plans.record(store.reaction_users(room, message, emoji, FIRST)).await;
    assert_eq!(users.map(|users| users.total), Some(1));
    assert!(plan.contains("SEARCH r USING COVERING INDEX reactions_by_use "), "{plan}");
    let (pins, plan) = plans.record(store.pins(room, FIRST)).await;
    assert_eq!(pins.total, 1);
    assert!(plan.contains("SEARCH s USING INDEX messages_pinned "), "{plan}");
    let (some, time) = (TimelinePosition::Message(at(9), message), TimelinePosition::Time(at(9)));
    for anchor in
        [Anchor::Newest, Anchor::Before(some), Anchor::Before(time), Anchor::After(some), Anchor::After(time)]
    {
        let (_, plan) = plans.record(store.mentions(admin, MentionQuery { anchor, limit: 50 })).await;
        for index in ["n USING INDEX mentions_by_time", "e USING INDEX messages_to_room_by_time"] {
            assert!(plan.contains(&format!("SEARCH {index} ")), "{anchor:?} is planned so:\n{plan}");
        }
    }
    plans.record(store.sent_at(message, admin)).await;
    let (_, plan) = plans.record(RoomReader::room(&store, room, Some(admin))).await;
    for index in ["n USING COVERING INDEX mentions_in_room", "e USING INDEX messages_to_room"] {
        assert!(plan.contains(&format!("SEARCH {index} ")), "{plan}");
    }
}

/// Every list is read in the order of an index.
async fn audit(plans: &mut Planner, room: RoomId, admin: UserId) {
    let store = plans.store.clone();
    let (event, time) = (AuditPosition::Event(at(9), AuditEventId(id(1))), AuditPosition::Time(at(9)));
    for anchor in [
        AuditAnchor::Newest,
        AuditAnchor::Before(event),
        AuditAnchor::Before(time),
        AuditAnchor::After(event),
        AuditAnchor::After(time),
    ] {
        let all = AuditQuery { room: None, user: None, kind: None, since: None, anchor, limit: 50 };
        for (query, index) in [
            (all, "audit_events_by_time"),
            (AuditQuery { room: Some(room), ..all }, "audit_events_by_room"),
            (AuditQuery { kind: Some(AuditKind::LoggedIn), ..all }, "audit_events_by_kind"),
            (AuditQuery { user: Some(admin), ..all }, "audit_events_by_target"),
        ] {
            let (_, plan) = plans.record(store.events(query)).await;
            assert!(plan.contains(&format!(" INDEX {index} ")), "{query:?} is planned so:\n{plan}");
        }
    }
}

async fn accounts(plans: &mut Planner, Filled { room, admin, .. }: Filled) {
    let store = plans.store.clone();
    plans.record(store.user(admin)).await;
    let name = || Username::parse("User-1").unwrap();
    for invitee in [Invitee::Id(admin), Invitee::Name(name())] {
        plans.record(store.find(invitee)).await;
    }
    plans.record(store.named(vec![name(), Username::parse("User-2").unwrap()])).await;
    for circle in [Circle::Everyone, Circle::Of(admin)] {
        plans.record(store.profile(admin, circle)).await;
        let (found, plan) = plans.record(store.profiles("user".into(), circle, FIRST)).await;
        assert!(!found.items.is_empty());
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
    let (found, _) = plans.record(store.with_ids(vec![admin, UserId(id(2))])).await;
    assert_eq!(found.len(), 2);
    for login in [LoginName::Username("user-1".into()), LoginName::Email("user-1@example.com".into())] {
        let (known, _) = plans.record(store.credentials(login)).await;
        assert!(known.is_some());
    }
    plans.record(store.session(SessionId(id(1)), at(9))).await;
    for search in [AccountSearch::Named("user".into()), AccountSearch::Addressed("user-1@example.com".into())]
    {
        let (found, plan) = plans.record(store.accounts(search, None, 20)).await;
        assert!(!found.is_empty() && !plan.contains("TEMP B-TREE"), "{plan}");
    }
    for before in [None, Some(SessionId(id(1 << 120)))] {
        let (_, plan) = plans.record(store.sessions(admin, at(9), before, 20)).await;
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
    let (found, plan) = plans.record(store.file_usage(UsagePosition::START, 20)).await;
    assert!(!found.is_empty() && !plan.contains("TEMP B-TREE"), "{plan}");
    assert!(plans.record(store.has_server_admin()).await.0);
    plans.record(store.ended_sessions(vec![SessionId(id(1))])).await;
    plans.record(store.standing(room, admin)).await;
    plans.record(store.readers(room, Seq(1), admin, FIRST)).await;
    plans.record(store.member(room, admin)).await;
    for role in [None, Some(Role::Admin)] {
        plans.record(MemberReader::list(&store, room, role, FIRST)).await;
    }
    plans.record(store.for_room(room, FIRST)).await;
    plans.record(store.for_user(admin, FIRST)).await;
}

async fn files(plans: &mut Planner, Filled { admin, .. }: Filled) {
    let store = plans.store.clone();
    let file = FileId(id(1));
    for reader in [admin, UserId(id(3))] {
        plans.record(FileReader::file(&store, file, reader)).await;
    }
    for sort in [FileSort::CreatedAt, FileSort::Name, FileSort::Size] {
        for order in ORDERS {
            plans.record(store.files_of(admin, FileQuery { sort, order }, FIRST)).await;
        }
    }
    plans.record(store.known_files(vec![file])).await;
    plans.record(store.files_after(Some(file), 100)).await;
    plans.record(store.quarantined_since(at(9_000), 100)).await;
    plans.record(store.count_quarantined(at(9_000))).await;
    plans.record(store.file_store_state()).await;
}
