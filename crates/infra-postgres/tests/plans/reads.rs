//! All other reads.

use domain::account::{AccountReader, LoginName, SessionReader, Username};
use domain::audit::AuditReader;
use domain::compat::ryos::{RoomKey, RosterReader};
use domain::event::ChangeReader;
use domain::file::{FileQuery, FileReader, FileSort};
use domain::invitation::{InvitationReader, Invitee};
use domain::membership::{MemberReader, Role, Standing};
use domain::room::{Revision, Slug};
use domain::{FileId, MessageId, PageRequest, SessionId, SortOrder};

use crate::{Asked, FEW, LIST, id, moment, room, user};

/// An image in room 1.
const SHOWN_FILE: u32 = 200_005;

pub(crate) async fn ask(asked: &mut Asked) {
    members(asked).await;
    invitations(asked).await;
    accounts(asked).await;
    changes(asked).await;
    files(asked).await;
    rosters(asked).await;
    let store = asked.store.clone();
    let told = asked.ask("audit", FEW, AuditReader::message(&store, MessageId(id(97 * 1_001)))).await;
    assert_eq!(told.unwrap().former.len(), 1);
}

async fn members(asked: &mut Asked) {
    let store = asked.store.clone();
    for (who, standing) in [(2, Standing::Member(Role::Member)), (15_000, Standing::Stranger)] {
        let found = asked.ask(format!("standing of {who}"), FEW, store.standing(room(1), user(who))).await;
        assert_eq!(found.unwrap().standing, standing);
    }
    asked.ask("standing of an invited", FEW, store.standing(room(3), user(15_001))).await;
    asked.ask("one member", FEW, store.member(room(1), user(2))).await;
    for role in [None, Some(Role::Admin), Some(Role::Member)] {
        for page in [1, 9] {
            let request = PageRequest { page, limit: 100 };
            let name = format!("members {role:?} page {page}");
            asked.ask(name, LIST, MemberReader::list(&store, room(1), role, request)).await;
            let name = format!("members {role:?} page {page} of a small room");
            asked.ask(name, FEW, MemberReader::list(&store, room(2), role, request)).await;
        }
    }
}

async fn invitations(asked: &mut Asked) {
    let store = asked.store.clone();
    for page in [1, 2] {
        let request = PageRequest { page, limit: 100 };
        let found = asked.ask(format!("guests page {page}"), FEW, store.for_room(room(3), request)).await;
        assert_eq!(found.items.len(), 100);
        let found =
            asked.ask(format!("invitations page {page}"), FEW, store.for_user(user(2), request)).await;
        assert_eq!(found.items.len(), 100);
    }
}

async fn accounts(asked: &mut Asked) {
    let store = asked.store.clone();
    let name = Username::stored("User777".into());
    asked.ask("user", FEW, store.user(user(777))).await.unwrap();
    asked.ask("user to invite, by id", FEW, store.find(Invitee::Id(user(777)))).await.unwrap();
    asked.ask("user to invite, by name", FEW, store.find(Invitee::Name(name))).await.unwrap();
    let names = [777, 778].map(|n| Username::stored(format!("User{n}")));
    assert_eq!(asked.ask("who bears names", FEW, store.named(names.to_vec())).await.len(), 2);
    let email = LoginName::Email("User777@example.org".into());
    for login in [LoginName::Username("User777".into()), email] {
        asked.ask("credentials", FEW, store.credentials(login)).await.unwrap();
    }
    for (n, valid) in [(20_000, true), (20_001, false), (20_002, false)] {
        let found = asked.ask("session", FEW, store.session(SessionId(id(n)), moment(100_000))).await;
        assert_eq!(found.is_some(), valid, "session {n}");
    }
}

async fn files(asked: &mut Asked) {
    let store = asked.store.clone();
    let file = |n: u32| FileId(id(n));
    for (name, which, reader, there) in [
        ("file, its uploader", 5_000_001, 19_000, true),
        ("file, a member who sees it", SHOWN_FILE, 3, true),
        ("file, a stranger", SHOWN_FILE, 15_000, false),
        ("file that nobody shows, a stranger", 5_000_002, 15_000, false),
    ] {
        let found = asked.ask(name, FEW, store.file(file(which), user(reader))).await;
        assert_eq!(found.is_some(), there, "{name}");
    }
    let known = (0..100).map(|n| file(5_019_950 + n)).collect();
    assert_eq!(asked.ask("which of 100 files there are", FEW, store.known_files(known)).await.len(), 51);
    // All of the first are shown, and none of the last.
    for (name, after, shown) in
        [("files to clean up", None, true), ("files to clean up, further on", Some(5_010_000), false)]
    {
        let found = asked.ask(name, FEW, store.files_after(after.map(file), 100)).await;
        assert!(found.len() == 100 && found.iter().all(|kept| kept.shown == shown), "{name}");
    }
    for sort in [FileSort::CreatedAt, FileSort::Name, FileSort::Size] {
        for order in [SortOrder::Ascending, SortOrder::Descending] {
            // A numbered page passes over those before it: up to the 200th, of 1,000.
            for page in [1, 2] {
                let (query, request) = (FileQuery { sort, order }, PageRequest { page, limit: 100 });
                let name = format!("files by {sort:?} {order:?} page {page}");
                let found = asked.ask(name, LIST, store.files_of(user(19_000), query, request)).await;
                assert_eq!((found.items.len(), found.total), (100, 1_000));
            }
        }
    }
}

/// Rooms and who is in them, as the dialect `ryos` asks for them.
async fn rosters(asked: &mut Asked) {
    let store = asked.store.clone();
    let slug = |text: &str| RoomKey::Slug(Slug::stored(text.into()));
    for (name, key, caller, members) in [
        ("roster of a large room", RoomKey::Id(room(1)), Some(1), 0),
        ("roster of a large room, anonymous", slug("room-1"), None, 0),
        ("roster of a private room", RoomKey::Id(room(4)), Some(1), 10),
        ("roster of a private room, stranger", RoomKey::Id(room(4)), Some(15_000), 10),
    ] {
        let found = asked.ask(name, FEW, store.roster(key, caller.map(user))).await;
        assert_eq!(found.unwrap().members.len(), members, "{name}");
    }
    let found = asked.ask("roster of no room", FEW, store.roster(slug("nobody-made-this"), None)).await;
    assert!(found.is_none());
    // The newest of each kind. A private one tells its members, ten each.
    for (name, member, limit, found, most) in [
        ("rosters, anonymous", None, 100, 100, FEW),
        ("rosters of somebody in no private room", Some(13), 100, 100, FEW),
        ("all rosters, anonymous", None, 1_000, 743, LIST),
        ("all rosters of somebody in many rooms", Some(1), 1_000, 743 + 150, LIST),
    ] {
        let rolls = asked.ask(name, most, store.rosters(member.map(user), limit)).await;
        assert_eq!(rolls.len(), found, "{name}");
    }
}

async fn changes(asked: &mut Asked) {
    let store = asked.store.clone();
    for (n, since) in [(1, 0), (1, 250_000), (1, 499_950), (1, 900_000), (2, 0), (995, 3)] {
        let since = Revision(since);
        let name = format!("changes of room {n} since {}", since.0);
        asked.ask(name, FEW, store.changes(room(n), since, since, 100)).await.unwrap();
    }
    // What a replica's listeners need, and no more: the bound is what was asked.
    for (n, most) in [(1, FEW), (100, FEW), (1_000, LIST)] {
        let known = (1..=n).map(|n| (room(n), Revision(7))).collect();
        asked.ask(format!("which of {n} rooms moved"), most, store.changed_rooms(known)).await;
        let sessions = (1..=n).map(|n| SessionId(id(n))).collect();
        asked.ask(format!("which of {n} sessions ended"), most, store.ended_sessions(sessions)).await;
    }
}
