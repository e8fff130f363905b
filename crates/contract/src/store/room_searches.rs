//! Laws of the search for rooms.

use domain::room::{RoomQuery, RoomReader};
use domain::{PageRequest, RoomId, SortOrder};

use crate::store::AnyStore;
use crate::store::fixtures::{self, described, pages, private, public, users};
use crate::store::room_lists::{found, looking_for};

/// Beyond ASCII as well; in the room's present texts.
pub async fn search_covers_names_and_descriptions_in_any_case_and_form(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let one =
        fixtures::open(&store, described(public(1, &alice), "\u{dc}ber Katzen", "Alles von A\nbis Z")).await;
    let two =
        fixtures::open(&store, described(public(2, &alice), "Dogs", "\u{41a}\u{41e}\u{422}, \u{fc}ber all"))
            .await;
    let three = fixtures::open(
        &store,
        described(
            public(3, &alice),
            "\u{39f}\u{394}\u{3a5}\u{3a3}\u{3a3}\u{395}\u{3a5}\u{3a3} club",
            "Caf\u{e9}",
        ),
    )
    .await;
    let [one, two, three] = [one.id, two.id, three.id];
    for (search, wanted) in [
        ("\u{39f}\u{394}\u{3a5}\u{3a3}", vec![three]),
        ("\u{3b4}\u{3c5}\u{3c3}\u{3c3}\u{3b5}\u{3cd}\u{3c2} CLUB", vec![three]),
        ("cafe\u{301}", vec![three]),
        ("CAFE", vec![three]),
        ("uber", vec![one, two]),
        ("\u{301}", vec![one, two, three]),
        ("\u{fc}BER", vec![one, two]),
        ("katze", vec![one]),
        ("ALLES VON", vec![one]),
        ("\u{43a}\u{43e}\u{442}", vec![two]),
        ("", vec![one, two, three]),
        ("d", vec![two]),
        ("dogs katzen", vec![]),
    ] {
        assert_eq!(found(&store, looking_for(search), Some(&alice)).await, wanted, "{search}");
    }
    let mut work = store.begin().await.unwrap();
    let room = work.lock_room(two).await.unwrap().unwrap();
    work.save_room(described(room, "Birds", "and bees")).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(found(&store, looking_for("BEES"), None).await, [two]);
    assert!(found(&store, looking_for("dogs"), None).await.is_empty());
}

/// Percent, underscore and backslash are ordinary characters; so are quotes and other characters of patterns.
pub async fn search_takes_wildcards_literally(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let names = ["100% wool", "snake_case", "back\\slash", "it's \"quoted\"", "[a-z]*?", "plain words"];
    let mut rooms = vec![];
    for (n, name) in (1..).zip(names) {
        rooms.push(fixtures::open(&store, described(public(n, &alice), name, "")).await.id);
    }
    for (search, wanted) in [
        ("%", vec![rooms[0]]),
        ("0% w", vec![rooms[0]]),
        ("_", vec![rooms[1]]),
        ("e_c", vec![rooms[1]]),
        ("\\", vec![rooms[2]]),
        ("k\\s", vec![rooms[2]]),
        ("\\%", vec![]),
        ("'", vec![rooms[3]]),
        ("\"quoted\"", vec![rooms[3]]),
        ("[a-z]", vec![rooms[4]]),
        ("*", vec![rooms[4]]),
        ("p_ain", vec![]),
        ("pl%n", vec![]),
    ] {
        assert_eq!(found(&store, looking_for(search), None).await, wanted, "{search}");
    }
}

/// Many rooms have the one text, and few the other; pages of either lose and repeat nothing, and the last has the exact total.
pub async fn pages_of_a_search_concatenate_to_all_matches(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let rooms = (1..=600).map(|n| {
        let name = if n % 150 == 1 { format!("Needle {n}") } else { format!("Straw {n}") };
        described(public(n, &alice), &name, "in a stack")
    });
    fixtures::open_all(&store, rooms.collect()).await;
    for (search, wanted) in [("STACK", 600), ("needle", 4), ("straw 59", 11), ("w", 596), ("7", 114)] {
        let mut found = vec![];
        for number in 1.. {
            let page = PageRequest { page: number, limit: 25 };
            let read = RoomReader::list(&store, looking_for(search), page, None).await.unwrap();
            let (more, total) = (read.has_more(page), read.total);
            found.extend(read.items.into_iter().map(|view| view.room.id));
            if !more {
                assert_eq!(total, wanted, "{search}");
                break;
            }
        }
        let count = found.len();
        found.sort();
        found.dedup();
        assert_eq!((count, u64::try_from(found.len()).unwrap()), (found.len(), wanted), "{search}");
    }
}

/// The caller's rooms are the oldest, and the public ones before them more than are looked through at first.
pub async fn private_rooms_take_no_place_of_public_ones_in_a_search(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let rooms = (1..=1_200).map(|n| match n {
        1..=30 => described(private(n, &alice), "Needle", "of mine"),
        101..=130 | 1_101..=1_105 => described(public(n, &alice), "Needle", "of all"),
        _ => described(public(n, &alice), "Straw", "of all"),
    });
    fixtures::open_all(&store, rooms.collect()).await;
    let id = |n: u32| public(n, &alice).id;
    let wanted: Vec<RoomId> =
        (1_101..=1_105).rev().chain((101..=130).rev()).chain((1..=30).rev()).map(id).collect();
    let newest = RoomQuery { order: SortOrder::Descending, ..looking_for("needle") };
    let read = pages(20, async |page| RoomReader::list(&store, newest.clone(), page, Some(alice.id)).await);
    let read: Vec<RoomId> = read.await.into_iter().map(|view| view.room.id).collect();
    assert_eq!(read, wanted);
}
