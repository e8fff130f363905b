//! Lists and searches on a million rooms, and of a room with 100,000 members: each reads a number of rows that depends on the
//! size of its page. PostgreSQL's `auto_explain` writes the plans, as in the test `plans`.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

#[path = "../plans/explain.rs"]
mod explain;

use std::path::Path;
use std::time::{Duration, Instant};

use domain::membership::{MemberReader, Role};
use domain::room::{RoomQuery, RoomReader, RoomSort, Search, Visibility};
use domain::{PageRequest, RoomId, SortOrder, UserId};
use infra_postgres::{Options, PostgresStore};
use test_support::{Durability, Postgres, run_script};
use uuid::Uuid;

/// The most rows that one node of a plan may read: those that a search looks through first, and the caller's own.
const FEW: u64 = 600;
/// The most rooms that a search looks through for a text that some in a hundred have.
const WALKED: u64 = 16_384;
/// Rooms may not be read as a whole here.
const LIST: u64 = 1_000_000;

const EXPLAIN: &str = "-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0
    -c auto_explain.log_analyze=on -c auto_explain.log_timing=off -c auto_explain.log_buffers=on
    -c auto_explain.log_format=json -c auto_explain.log_level=log";

const PAGE: PageRequest = PageRequest { page: 1, limit: 20 };

fn id(n: u32) -> Uuid {
    Uuid::from_u128(n.into())
}

fn options(url: &str) -> Options {
    Options { url: url.to_owned(), pool_size: 2, ca_file: None, prepare: true }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_million_rooms_read_as_many_rows_as_those_of_a_thousand() {
    let cluster = Postgres::start(Durability::None).unwrap();
    let url = cluster.database().unwrap();
    PostgresStore::open(&options(&url)).unwrap().migrate().await.unwrap();
    run_script(&url, &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lists/data.sql")).unwrap();
    let settings: Vec<&str> = EXPLAIN.split_whitespace().collect();
    let explained = format!("{url}&options={}", settings.join("%20").replace('=', "%3D"));
    let store = PostgresStore::open(&options(&explained)).unwrap();

    let mut names = rooms(&store).await;
    names.extend(members(&store).await);
    let few = names.len();
    names.extend(searches(&store).await);
    let plans = plans_of(&cluster, names.len()).await;
    let mut complaints = vec![];
    for (n, (name, plans)) in names.iter().zip(&plans).enumerate() {
        let most = if n < few { FEW } else { WALKED };
        let found: Vec<_> = plans.iter().map(|plan| explain::inspect(plan, most)).collect();
        let most = |of: fn(&explain::Findings) -> u64| found.iter().map(of).max().unwrap_or(0);
        println!("{:6} rows {:6} blocks: {name}", most(|found| found.rows), most(|found| found.blocks));
        assert!(!plans.is_empty(), "{name} ran no statement");
        complaints.extend(
            found.into_iter().flat_map(|found| found.complaints).map(|what| format!("{name}: {what}")),
        );
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// Lists and searches rooms; returns the names of the calls in their order.
async fn rooms(store: &PostgresStore) -> Vec<String> {
    let mut names = vec![];
    for caller in [None, Some(1), Some(9)] {
        for sort in [RoomSort::CreatedAt, RoomSort::Name, RoomSort::MemberCount, RoomSort::LastMessageAt] {
            for order in [SortOrder::Ascending, SortOrder::Descending] {
                for visibility in [None, Some(Visibility::Public), Some(Visibility::Private)] {
                    for search in [None, Some("room"), Some("needle"), Some("nowhere")] {
                        // Activity and text have no index together: all matches are sorted.
                        if sort == RoomSort::LastMessageAt && search == Some("room") {
                            continue;
                        }
                        names.push(format!(
                            "rooms by {sort:?} {order:?} {visibility:?} {search:?} for {caller:?}"
                        ));
                        let search = search.map(|text| Search::parse(text).unwrap());
                        let query = RoomQuery { search, visibility, joined: None, sort, order };
                        let caller = caller.map(|n| UserId(id(n)));
                        // The first reads alone, the others share the next read.
                        let list = || RoomReader::list(store, query.clone(), PAGE, caller);
                        let found = if caller == Some(UserId(id(9))) && order == SortOrder::Descending {
                            tokio::join!(list(), list(), list()).2.unwrap()
                        } else {
                            list().await.unwrap()
                        };
                        if visibility == Some(Visibility::Public) {
                            let total = match query.search.as_ref().map(Search::as_str) {
                                None => found.total == 980_000,
                                Some("room") => found.total > 20,
                                Some("needle") => found.total == 5,
                                _ => found.total == 0,
                            };
                            assert!(total, "{query:?}: {}", found.total);
                        }
                        store.now().await.unwrap();
                    }
                }
            }
        }
    }
    names
}

/// Searches for a text that one room in 256 has, and by the index would be found in thousands; returns the names of the calls.
async fn searches(store: &PostgresStore) -> Vec<String> {
    let mut names = vec![];
    for sort in [RoomSort::CreatedAt, RoomSort::Name, RoomSort::MemberCount] {
        names.push(format!("rooms by {sort:?} with a text that some have"));
        let search = Some(Search::parse("about 7a").unwrap());
        let query = RoomQuery { search, sort, ..RoomQuery::default() };
        let found = RoomReader::list(store, query, PAGE, Some(UserId(id(1)))).await.unwrap();
        assert_eq!(found.items.len(), 20);
        store.now().await.unwrap();
    }
    names
}

/// Lists the members of the largest room; returns the names of the calls in their order.
async fn members(store: &PostgresStore) -> Vec<String> {
    let mut names = vec![];
    for (role, total) in [(None, 90_000), (Some(Role::Admin), 9), (Some(Role::Member), 89_991)] {
        for page in [1, 4] {
            names.push(format!("members {role:?} page {page}"));
            let request = PageRequest { page, limit: 20 };
            let found = MemberReader::list(store, RoomId(id(1)), role, request).await.unwrap();
            assert_eq!(found.total, total, "{role:?}");
            store.now().await.unwrap();
        }
    }
    names
}

/// Returns the plans of each call, once the server has written the last of them.
async fn plans_of(cluster: &Postgres, calls: usize) -> Vec<Vec<serde_json::Value>> {
    let begun = Instant::now();
    loop {
        let plans = explain::by_query(&cluster.log().unwrap());
        if plans.len() >= calls {
            return plans;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{} of {calls} are in the log", plans.len());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
