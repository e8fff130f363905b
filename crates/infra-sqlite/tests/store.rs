//! The SQLite store beyond the laws of stores: its migrations and indexes, and several programs on one file.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use diesel::{Connection, RunQueryDsl, SqliteConnection};
use domain::StoreError;
use domain::room::RoomReader;
use domain::store::Store;
use infra_sqlite::{Options, SqliteStore};
use tempfile::TempDir;

async fn open() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (open_in(&folder).await, folder)
}

async fn open_in(folder: &TempDir) -> SqliteStore {
    let options = Options { path: folder.path().join("parlor.db"), readers: 2 };
    SqliteStore::open(options).await.unwrap()
}

#[tokio::test]
async fn migrations_run_once_and_can_be_reverted() {
    let (store, _folder) = open().await;
    store.migrate().await.unwrap();
    assert!(store.migrate().await.unwrap().is_empty());
    assert!(store.migrations().await.unwrap().iter().all(|migration| migration.applied));
    let reverted = store.revert().await.unwrap().unwrap();
    assert_eq!(
        store.migrations().await.unwrap().last().map(|m| (&m.name, m.applied)),
        Some((&reverted, false))
    );
    while store.revert().await.unwrap().is_some() {}
    assert!(matches!(store.ping().await, Err(StoreError::Corrupt(_) | StoreError::Unavailable(_))));
    assert_eq!(store.migrate().await.unwrap().len(), store.migrations().await.unwrap().len());
}

#[tokio::test]
async fn data_survives_reverted_and_repeated_migrations() {
    let (store, _folder) = open().await;
    let first = store.migrate().await.unwrap().remove(0);
    let filled = contract::store::everything::fill(&store, 10).await;
    while store.migrations().await.unwrap().iter().filter(|migration| migration.applied).count() > 1 {
        assert_ne!(store.revert().await.unwrap(), Some(first.clone()));
    }
    store.migrate().await.unwrap();
    let whole = contract::store::everything::history(&store, filled.room).await;
    assert_eq!(whole.len(), usize::try_from(filled.messages).unwrap());
}

/// For example a server and `parlor user`. Neither fails because the database is locked.
#[tokio::test]
async fn concurrent_programs_change_the_same_room_one_after_the_other() {
    const EACH: i64 = 10;
    let (server, folder) = open().await;
    server.migrate().await.unwrap();
    let room = contract::store::everything::fill(&server, 0).await.room;
    let beside = open_in(&folder).await;
    let change = async |store: &SqliteStore| {
        for _ in 0..EACH {
            let mut work = store.begin().await.unwrap();
            let mut room = work.lock_room(room).await.unwrap().unwrap();
            room.log.revision = room.log.revision.next();
            work.save_room(room).await.unwrap();
            work.commit().await.unwrap();
        }
    };
    let before = RoomReader::room(&server, room, None).await.unwrap().unwrap().room.log.revision;
    tokio::join!(change(&server), change(&beside));
    let after = RoomReader::room(&server, room, None).await.unwrap().unwrap().room.log.revision;
    assert_eq!(after.0 - before.0, 2 * EACH);
}

#[derive(diesel::QueryableByName)]
struct ForeignKeyRow {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    indexed: bool,
}

/// Else removing a row that others refer to reads their whole table. A partial index does not serve that.
#[tokio::test]
async fn every_foreign_key_has_an_index_that_begins_with_its_columns() {
    const FOREIGN_KEYS: &str = "WITH keys AS (
            SELECT t.name AS owner, f.id, count(*) AS width, group_concat(f.\"from\") AS columns
            FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'
            GROUP BY t.name, f.id)
        SELECT owner || ': ' || columns AS name, EXISTS (
            SELECT 1 FROM pragma_index_list(keys.owner) i WHERE i.partial = 0 AND keys.width = (
                SELECT count(*) FROM pragma_index_info(i.name) c
                JOIN pragma_foreign_key_list(keys.owner) f ON f.id = keys.id AND f.\"from\" = c.name
                WHERE c.seqno < keys.width)) AS indexed
        FROM keys";
    let (store, folder) = open().await;
    store.migrate().await.unwrap();
    let path = folder.path().join("parlor.db");
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let keys: Vec<ForeignKeyRow> = diesel::sql_query(FOREIGN_KEYS).load(&mut connection).unwrap();
    let bare: Vec<&str> = keys.iter().filter(|key| !key.indexed).map(|key| key.name.as_str()).collect();
    assert!(keys.len() >= 7, "the foreign keys are found");
    assert!(bare.is_empty(), "without an index: {bare:?}");
}
