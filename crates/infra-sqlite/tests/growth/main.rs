//! Lists and searches on a hundred thousand rooms, and of a room with as many members: each reads as many pages of the file as its
//! answer needs. (A million rooms take a minute to insert, most of it for the index of text.)
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use domain::membership::{MemberReader, Role};
use domain::room::{RoomQuery, RoomReader, RoomSort, Search, Visibility};
use domain::{PageRequest, RoomId, SortOrder, StoreError, UserId};
use infra_sqlite::{Options, SqliteStore};
use uuid::Uuid;

/// The most bytes of the file that a list may read, and a search, with nothing in a cache: the file has 50 MB.
const LIST: u64 = 1_000_000;
const SEARCH: u64 = 6_000_000;

const ROOMS: u64 = 98_000;
const PAGE: PageRequest = PageRequest { page: 1, limit: 20 };

fn id(n: u32) -> Uuid {
    Uuid::from_u128(n.into())
}

#[derive(QueryableByName)]
struct DefinitionRow {
    #[diesel(sql_type = Text)]
    drop: String,
    #[diesel(sql_type = Text)]
    create: String,
}

/// Fills the migrated database, and builds the indexes of rooms once, after the insertion.
fn fill(path: &Path) {
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    connection.batch_execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN").unwrap();
    let put_off: Vec<DefinitionRow> = sql_query(
        "SELECT 'DROP ' || type || ' ' || name AS \"drop\", sql AS \"create\" FROM sqlite_master
         WHERE tbl_name = 'rooms' AND type IN ('index', 'trigger') AND sql IS NOT NULL",
    )
    .load(&mut connection)
    .unwrap();
    for definition in &put_off {
        connection.batch_execute(&definition.drop).unwrap();
    }
    connection.batch_execute(include_str!("data.sql")).unwrap();
    for definition in &put_off {
        connection.batch_execute(&definition.create).unwrap();
    }
    connection.batch_execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
}

/// Returns the bytes that this process has read from files so far.
fn bytes_read() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    let read = io.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap();
    read.parse().unwrap()
}

/// The database; calls that read too much.
struct Rig {
    path: PathBuf,
    complaints: Vec<String>,
}

impl Rig {
    /// Runs a call on a store with empty caches; returns its result.
    async fn measure<T, F>(&mut self, name: &str, most: u64, call: impl FnOnce(SqliteStore) -> F) -> T
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let store = SqliteStore::open(Options { path: self.path.clone(), readers: 1 }).await.unwrap();
        let before = bytes_read();
        let found = call(store).await.unwrap();
        let read = bytes_read() - before;
        if read > most {
            self.complaints.push(format!("{name} reads {read} bytes"));
        }
        found
    }
}

#[tokio::test]
async fn pages_of_many_rooms_read_as_much_of_the_file_as_they_need() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parlor.db");
    let store = SqliteStore::open(Options { path: path.clone(), readers: 1 }).await.unwrap();
    store.migrate().await.unwrap();
    drop(store);
    fill(&path);
    let mut rig = Rig { path, complaints: vec![] };
    rooms(&mut rig).await;
    members(&mut rig).await;
    assert!(rig.complaints.is_empty(), "{}", rig.complaints.join("\n"));
}

async fn rooms(rig: &mut Rig) {
    for caller in [None, Some(1), Some(2)] {
        for sort in [RoomSort::CreatedAt, RoomSort::Name, RoomSort::MemberCount, RoomSort::LastMessageAt] {
            for search in [None, Some("room"), Some("needle"), Some("nowhere")] {
                // Activity and text have no index together: all matches are sorted.
                if sort == RoomSort::LastMessageAt && search == Some("room") {
                    continue;
                }
                for (order, visibility) in
                    [(SortOrder::Descending, None), (SortOrder::Ascending, Some(Visibility::Public))]
                {
                    let name =
                        format!("rooms by {sort:?} {order:?} {visibility:?} {search:?} for {caller:?}");
                    let search = search.map(|text| Search::parse(text).unwrap());
                    let query = RoomQuery { search, visibility, joined: None, sort, order };
                    let (asked, caller) = (query.clone(), caller.map(|n| UserId(id(n))));
                    let most = if query.search.is_some() { SEARCH } else { LIST };
                    let list = |store: SqliteStore| async move {
                        RoomReader::list(&store, asked, PAGE, caller).await
                    };
                    let found = rig.measure(&name, most, list).await;
                    let own = if caller == Some(UserId(id(1))) && visibility.is_none() { 2 } else { 0 };
                    match query.search.as_ref().map(Search::as_str) {
                        None => assert_eq!(found.total, ROOMS + own, "{name}"),
                        Some("room") => assert!(found.total > 20, "{name}: {}", found.total),
                        Some("needle") => assert_eq!(found.total, 5, "{name}"),
                        _ => assert_eq!(found.total, 0, "{name}"),
                    }
                }
            }
        }
    }
}

async fn members(rig: &mut Rig) {
    for (role, total) in [(None, 90_000), (Some(Role::Admin), 9), (Some(Role::Member), 89_991)] {
        for page in [1, 4] {
            let request = PageRequest { page, limit: 20 };
            let list = |store: SqliteStore| async move {
                MemberReader::list(&store, RoomId(id(1)), role, request).await
            };
            let found = rig.measure(&format!("members {role:?}, page {page}"), LIST, list).await;
            assert_eq!(found.total, total, "{role:?}");
        }
    }
}
