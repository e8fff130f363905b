//! All other reads.

use domain::account::{AccountReader, Circle, LoginName, SessionReader, Username};
use domain::admin::{AccountSearch, AdminReader, UsagePosition};
use domain::audit::{AuditAnchor, AuditKind, AuditPosition, AuditQuery, AuditReader};
use domain::compat::ryos::{RoomKey, RosterReader};
use domain::event::ChangeReader;
use domain::file::{FileQuery, FileReader, FileSort};
use domain::invitation::{InvitationReader, Invitee};
use domain::membership::{MemberReader, Role, Standing};
use domain::room::{Revision, Seq, Slug};
use domain::sync::{Activity, Seen, Selection, SyncReader};
use domain::{AuditEventId, FileId, MessageId, PageRequest, SessionId, SortOrder, Timestamp};

use crate::{FEW, LIST, Recorder, id, moment, room, user};

/// An image in room 1.
const SHOWN_FILE: u32 = 200_005;

pub(crate) async fn run(plans: &mut Recorder) {
    members(plans).await;
    invitations(plans).await;
    Box::pin(accounts(plans)).await;
    Box::pin(administration(plans)).await;
    changes(plans).await;
    Box::pin(syncs(plans)).await;
    Box::pin(files(plans)).await;
    Box::pin(rosters(plans)).await;
    let store = plans.store.clone();
    let audit = plans.record("audit", FEW, AuditReader::message(&store, MessageId(id(97 * 1_001)))).await;
    assert_eq!(audit.unwrap().former.len(), 1);
    Box::pin(audit_events(plans)).await;
}

/// The log has events of every room, user and kind.
async fn audit_events(plans: &mut Recorder) {
    let store = plans.store.clone();
    let (event, time) =
        (AuditPosition::Event(moment(9_000), AuditEventId(id(9_000))), AuditPosition::Time(moment(9_000)));
    for anchor in [
        AuditAnchor::Newest,
        AuditAnchor::Before(event),
        AuditAnchor::Before(time),
        AuditAnchor::After(event),
        AuditAnchor::After(time),
    ] {
        let all = AuditQuery { room: None, user: None, kind: None, since: None, anchor, limit: 100 };
        for query in [
            all,
            AuditQuery { since: Some(moment(5_000)), ..all },
            AuditQuery { room: Some(room(1)), ..all },
            AuditQuery { kind: Some(AuditKind::LoginFailed), ..all },
            AuditQuery { user: Some(user(1)), ..all },
        ] {
            let found = plans.record(format!("{query:?}"), FEW, store.events(query)).await;
            assert_eq!(found.events.len(), 100, "{query:?}");
        }
    }
}

async fn members(plans: &mut Recorder) {
    let store = plans.store.clone();
    for (n, standing) in [(2, Standing::Member(Role::Member)), (15_000, Standing::Stranger)] {
        let found = plans.record(format!("standing of {n}"), FEW, store.standing(room(1), user(n))).await;
        assert_eq!(found.unwrap().standing, standing);
    }
    plans.record("standing of an invited user", FEW, store.standing(room(3), user(15_001))).await;
    for (page, seq) in [(1, 0), (9, 0), (1, 499_900), (1, i64::MAX)] {
        let request = PageRequest { page, limit: 100 };
        let name = format!("who has read {seq}, page {page}");
        plans.record(name, LIST, store.readers(room(1), Seq(seq), user(3), request)).await;
        let name = format!("who has read {seq} of a small room, page {page}");
        plans.record(name, FEW, store.readers(room(2), Seq(seq), user(3), request)).await;
    }
    plans.record("one member", FEW, store.member(room(1), user(2))).await;
    for role in [None, Some(Role::Admin), Some(Role::Member)] {
        for page in [1, 9] {
            let request = PageRequest { page, limit: 100 };
            let name = format!("members {role:?} page {page}");
            plans.record(name, LIST, MemberReader::list(&store, room(1), role, request)).await;
            let name = format!("members {role:?} page {page} of a small room");
            plans.record(name, FEW, MemberReader::list(&store, room(2), role, request)).await;
        }
    }
}

async fn invitations(plans: &mut Recorder) {
    let store = plans.store.clone();
    for page in [1, 2] {
        let request = PageRequest { page, limit: 100 };
        let found = plans.record(format!("guests page {page}"), FEW, store.for_room(room(3), request)).await;
        assert_eq!(found.items.len(), 100);
        let found =
            plans.record(format!("invitations page {page}"), FEW, store.for_user(user(2), request)).await;
        assert_eq!(found.items.len(), 100);
    }
}

async fn accounts(plans: &mut Recorder) {
    let store = plans.store.clone();
    let name = Username::stored("User777".into());
    plans.record("user", FEW, store.user(user(777))).await.unwrap();
    plans.record("user to invite, by id", FEW, store.find(Invitee::Id(user(777)))).await.unwrap();
    plans.record("user to invite, by name", FEW, store.find(Invitee::Name(name))).await.unwrap();
    let names = [777, 778].map(|n| Username::stored(format!("User{n}")));
    assert_eq!(plans.record("users by names", FEW, store.named(names.to_vec())).await.len(), 2);
    for circle in [Circle::Everyone, Circle::Of(user(1)), Circle::Of(user(15_000))] {
        for who in [2, 19_999] {
            plans
                .record(format!("profile of {who} in {circle:?}"), FEW, store.profile(user(who), circle))
                .await;
        }
        for (start, limit) in [("user77", 100), ("user77", 1), ("user7", 20), ("user_", 20)] {
            let request = PageRequest { page: 1, limit };
            let name = format!("{limit} people that start with {start} in {circle:?}");
            let found = plans.record(name, LIST, store.profiles(start.into(), circle, request)).await;
            let everyone = circle == Circle::Everyone && start != "user_";
            assert!(!everyone || found.items.len() == usize::try_from(limit).unwrap());
        }
    }
    let ids = vec![user(777), user(778)];
    assert_eq!(plans.record("users by ids", FEW, store.with_ids(ids)).await.len(), 2);
    let email = LoginName::Email("User777@example.org".into());
    for login in [LoginName::Username("User777".into()), email] {
        plans.record("credentials", FEW, store.credentials(login)).await.unwrap();
    }
    for (n, valid) in [(20_000, true), (20_001, false), (20_002, false)] {
        let found = plans.record("session", FEW, store.session(SessionId(id(n)), moment(100_000))).await;
        assert_eq!(found.is_some(), valid, "session {n}");
    }
}

async fn administration(plans: &mut Recorder) {
    let store = plans.store.clone();
    for (search, after, most) in [
        (AccountSearch::all(), None, 100),
        (AccountSearch::all(), Some("user5000"), 100),
        (AccountSearch::Named("user77".to_owned()), None, 100),
        (AccountSearch::Named("user77".to_owned()), Some("user7750"), 53),
        (AccountSearch::Addressed("user777@example.org".to_owned()), None, 1),
        (AccountSearch::Addressed("user777@example.org".to_owned()), Some("user8"), 0),
    ] {
        let name = format!("accounts {search:?} after {after:?}");
        let read = store.accounts(search, after.map(str::to_owned), 100);
        assert_eq!(plans.record(name, FEW, read).await.len(), most);
    }
    for before in [None, Some(SessionId(id(20_000)))] {
        let read = store.sessions(user(1), moment(0), before, 100);
        plans.record(format!("sessions before {before:?}"), FEW, read).await;
    }
    let first =
        plans.record("largest usage of files", FEW, store.file_usage(UsagePosition::START, 100)).await;
    let place = first.last().map_or(UsagePosition::START, domain::admin::FileUsage::position);
    plans.record("further usage of files", FEW, store.file_usage(place, 100)).await;
    assert!(!plans.record("any server admin", FEW, store.has_server_admin()).await);
}

async fn files(plans: &mut Recorder) {
    let store = plans.store.clone();
    let file = |n: u32| FileId(id(n));
    for (name, which, reader, there) in [
        ("file, its uploader", 5_000_001, 19_000, true),
        ("file, a member of a room that shows it", SHOWN_FILE, 3, true),
        ("file, a stranger", SHOWN_FILE, 15_000, false),
        ("file that no message shows, a stranger", 5_000_002, 15_000, false),
    ] {
        let found = plans.record(name, FEW, store.file(file(which), user(reader))).await;
        assert_eq!(found.is_some(), there, "{name}");
    }
    let known = (0..100).map(|n| file(5_019_950 + n)).collect();
    assert_eq!(plans.record("which of 100 files exist", FEW, store.known_files(known)).await.len(), 51);
    let at = Timestamp::EPOCH;
    plans.record("files whose quarantine is over", FEW, store.quarantined_since(at, 100)).await;
    plans.record("files whose quarantine is over, counted", FEW, store.count_quarantined(at)).await;
    plans.record("file store", FEW, store.file_store_state()).await;
    // All of the first are shown, and none of the last.
    for (name, after, shown) in
        [("files to clean up", None, true), ("files to clean up, further on", Some(5_010_000), false)]
    {
        let found = plans.record(name, FEW, store.files_after(after.map(file), 100)).await;
        assert!(found.len() == 100 && found.iter().all(|kept| kept.shown == shown), "{name}");
    }
    for sort in [FileSort::CreatedAt, FileSort::Name, FileSort::Size] {
        for order in [SortOrder::Ascending, SortOrder::Descending] {
            // A numbered page skips those before it: up to the 200th, of 1,000.
            for page in [1, 2] {
                let (query, request) = (FileQuery { sort, order }, PageRequest { page, limit: 100 });
                let name = format!("files by {sort:?} {order:?} page {page}");
                let found = plans.record(name, LIST, store.files_of(user(19_000), query, request)).await;
                assert_eq!((found.items.len(), found.total), (100, 1_000));
            }
        }
    }
}

/// User 1 is in many rooms, user 3 in one.
async fn syncs(plans: &mut Recorder) {
    let store = plans.store.clone();
    let seen = |below| Seen { epoch: 0, below, except: vec![] };
    for n in [1, 3] {
        let after = Some((Activity { at: moment(9_000), room: room(500) }, seen(1)));
        for (name, selection) in [
            ("all rooms", Selection::Latest { after: None }),
            ("more rooms", Selection::Latest { after }),
            ("changed rooms", Selection::Changed { since: seen(1), after: None }),
        ] {
            plans.record(format!("{name} of user {n}"), LIST, store.select(user(n), selection, 100)).await;
        }
        plans.record(format!("seats of user {n}"), LIST, store.seats(user(n))).await;
    }
    let rooms = (1..=20).map(room).collect();
    // Where the caller's memberships are on fewer pages than the lookups would read, they are read whole.
    plans.record("some rooms of user 1", LIST, store.rooms(user(1), rooms)).await;
    let users = (2..=20).map(user).collect();
    plans.record("what moved for some users", FEW, store.moved_seats(users, Some(seen(1)))).await;
}

/// Rooms with their members, as the dialect `ryos` reads them.
async fn rosters(plans: &mut Recorder) {
    let store = plans.store.clone();
    let slug = |text: &str| RoomKey::Slug(Slug::stored(text.into()));
    for (name, key, caller, members) in [
        ("roster of a large room", RoomKey::Id(room(1)), Some(1), 0),
        ("roster of a large room, anonymous", slug("room-1"), None, 0),
        ("roster of a private room", RoomKey::Id(room(4)), Some(1), 10),
        ("roster of a private room, stranger", RoomKey::Id(room(4)), Some(15_000), 10),
    ] {
        let found = plans.record(name, FEW, store.roster(key, caller.map(user))).await;
        assert_eq!(found.unwrap().members.len(), members, "{name}");
    }
    let found =
        plans.record("roster of an unknown room", FEW, store.roster(slug("unknown-room"), None)).await;
    assert!(found.is_none());
    // The newest of each kind. A private room has ten members.
    for (name, member, limit, found, most) in [
        ("rosters, anonymous", None, 100, 100, FEW),
        ("rosters of a user in no private room", Some(13), 100, 100, FEW),
        ("all rosters, anonymous", None, 1_000, 743, LIST),
        ("all rosters of a user in many rooms", Some(1), 1_000, 743 + 150, LIST),
    ] {
        let rosters = plans.record(name, most, store.rosters(member.map(user), limit)).await;
        assert_eq!(rosters.len(), found, "{name}");
    }
}

async fn changes(plans: &mut Recorder) {
    let store = plans.store.clone();
    for (n, since) in [(1, 0), (1, 250_000), (1, 499_950), (1, 900_000), (2, 0), (995, 3)] {
        let since = Revision(since);
        let name = format!("changes of room {n} since {}", since.0);
        plans.record(name, FEW, store.changes(room(n), since, since, 100)).await.unwrap();
    }
    // The requested rows, and no more.
    for (n, most) in [(1, FEW), (100, FEW), (1_000, LIST)] {
        let known = (1..=n).map(|n| (room(n), Revision(7))).collect();
        plans.record(format!("which of {n} rooms changed"), most, store.changed_rooms(known)).await;
        let sessions = (1..=n).map(|n| SessionId(id(n))).collect();
        plans.record(format!("which of {n} sessions ended"), most, store.ended_sessions(sessions)).await;
    }
}
