//! The requirements of the store, examined on real databases: behind a pooler, with another encoding, for a role without
//! rights, on a standby; and databases that turn read-only and back.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use std::io::Write;
use std::time::{Duration, Instant};

use domain::StoreError;
use domain::file::FileReader;
use domain::store::Store;
use infra_postgres::{Options, PostgresStore, Unreachable, Verdict};
use test_support::{Durability, PgBouncer, Postgres};

fn store(url: &str, prepare: bool) -> PostgresStore {
    PostgresStore::open(&Options { url: url.to_owned(), pool_size: 4, ca_file: None, prepare }).unwrap()
}

/// Returns the name and the text of every requirement that is not met.
async fn wrong(store: &PostgresStore) -> Vec<(&'static str, String)> {
    let examined = store.examine().await.unwrap().into_iter();
    let wrong = examined.filter_map(|(name, verdict)| match verdict {
        Verdict::Wrong(text) => Some((name, text)),
        Verdict::Fine(_) | Verdict::Warning(_) => None,
    });
    wrong.collect()
}

/// Returns the text of the only requirement that is not met.
async fn only_wrong(store: &PostgresStore, name: &str) -> String {
    let mut wrong = wrong(store).await;
    assert_eq!(wrong.iter().map(|(name, _)| *name).collect::<Vec<_>>(), [name], "{wrong:?}");
    wrong.remove(0).1
}

fn run(url: &str, script: &str) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(script.as_bytes()).unwrap();
    test_support::run_script(url, file.path()).unwrap();
}

fn name_of(url: &str) -> &str {
    url.trim_start_matches("postgres:///").split('?').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_database_meets_every_requirement() {
    let store = store(&test_support::fresh_database().unwrap(), true);
    assert_eq!(wrong(&store).await, []);
    store.migrate().await.unwrap();
    assert_eq!(wrong(&store).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_is_recognized_by_its_mode_however_many_sessions_it_has() {
    let server = Postgres::start(Durability::None).unwrap();
    for (sessions, settings) in [(1, ""), (4, ""), (4, "server_round_robin = 1")] {
        let url = server.database().unwrap();
        for mode in ["transaction", "statement", "session"] {
            let pooler = PgBouncer::start(server.socket(), mode, sessions, settings).unwrap();
            let [prepared, unprepared] = [true, false].map(|prepare| store(&pooler.before(&url), prepare));
            match mode {
                "transaction" => {
                    let text = only_wrong(&prepared, "sessions").await;
                    assert!(text.contains("transaction mode: set PARLOR_DATABASE_PREPARE=off"), "{text}");
                    assert_eq!(wrong(&unprepared).await, []);
                }
                "statement" => {
                    for store in [prepared, unprepared] {
                        assert!(only_wrong(&store, "sessions").await.contains("statement mode"));
                    }
                }
                // A pool of one session can't serve two connections, which is no refusal for ever.
                _ if sessions == 1 => {
                    let error = prepared.examine().await.unwrap_err();
                    assert!(
                        error.is::<Unreachable>() && error.to_string().contains("default_pool_size"),
                        "{error}"
                    );
                }
                _ => assert_eq!(wrong(&prepared).await, []),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_is_recognized_while_others_use_its_sessions() {
    let server = Postgres::start(Durability::None).unwrap();
    let pooler = PgBouncer::start(server.socket(), "transaction", 6, "").unwrap();
    let url = pooler.before(&server.database().unwrap());
    let busy = store(&url, false);
    busy.migrate().await.unwrap();
    let load: Vec<_> = (0..4)
        .map(|_| {
            let busy = busy.clone();
            tokio::spawn(async move {
                loop {
                    busy.ping().await.unwrap();
                }
            })
        })
        .collect();
    for _ in 0..10 {
        only_wrong(&store(&url, true), "sessions").await;
    }
    for task in load {
        task.abort();
    }
}

/// A program that was started with prepared statements leaves some, and is refused.
#[tokio::test(flavor = "multi_thread")]
async fn statements_that_others_left_in_sessions_of_a_pooler_do_no_harm() {
    let server = Postgres::start(Durability::None).unwrap();
    let url = server.database().unwrap();
    let pooler = PgBouncer::start(server.socket(), "transaction", 1, "").unwrap();
    let store = store(&pooler.before(&url), false);
    store.migrate().await.unwrap();
    let names: Vec<String> = (0..5_000).map(|n| format!("PREPARE s{n} AS SELECT 1;\n")).collect();
    run(&pooler.before(&url), &names.concat());
    write(&store).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_another_encoding_is_refused() {
    let server = Postgres::start(Durability::None).unwrap();
    let url = server.database_with("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0").unwrap();
    let text = only_wrong(&store(&url, true), "encoding").await;
    assert!(text.contains("LATIN1") && text.contains("ENCODING 'UTF8'"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_remedies_give_a_role_the_rights_that_it_lacks() {
    let server = Postgres::start(Durability::None).unwrap();
    server.run("CREATE ROLE bare LOGIN").unwrap();
    let url = server.database().unwrap();
    let bare = store(&url.replace("user=postgres", "user=bare"), true);
    let found = wrong(&bare).await;
    assert_eq!(found.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["pg_trgm", "rights"], "{found:?}");
    // Each text ends in the statement that gives the right.
    let statement =
        |text: &str| text[text.find("GRANT").unwrap()..=text.rfind("TO bare;").unwrap() + 7].to_owned();
    for (_, text) in &found {
        run(&url, &statement(text));
    }
    assert_eq!(wrong(&bare).await, []);
    bare.migrate().await.unwrap();

    // A server whose migrations another role has run needs no more than to read and write.
    let url = server.database().unwrap();
    store(&url, true).migrate().await.unwrap();
    let bare = store(&url.replace("user=postgres", "user=bare"), true);
    let text = only_wrong(&bare, "rights").await;
    run(&url, &statement(&text));
    assert_eq!(wrong(&bare).await, []);
    assert!(bare.migrate().await.unwrap().is_empty());
    bare.ping().await.unwrap();
    let reverted = store(&url, true).revert().await.unwrap();
    assert!(reverted.is_some());
    assert!(only_wrong(&bare, "rights").await.contains("GRANT CREATE ON SCHEMA public TO bare"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_refused_until_it_is_promoted() {
    let primary = Postgres::start(Durability::None).unwrap();
    let url = primary.database().unwrap();
    store(&url, true).migrate().await.unwrap();
    let standby = primary.standby().unwrap();
    let begun = Instant::now();
    let beside = url.replace(primary.socket().to_str().unwrap(), standby.socket().to_str().unwrap());
    let beside = store(&beside, true);
    // The copy may have begun before the migrations were replayed.
    while beside.migrations().await.unwrap().iter().any(|migration| !migration.applied) {
        assert!(begun.elapsed() < Duration::from_secs(20), "the standby does not follow");
    }
    assert!(only_wrong(&beside, "writes").await.contains("a standby"));
    assert!(matches!(beside.ping().await, Err(StoreError::Unavailable(_))));
    standby.promote().unwrap();
    assert_eq!(wrong(&beside).await, []);
    beside.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_attempt_may_reach_is_told_from_what_it_may_not() {
    let server = Postgres::start(Durability::None).unwrap();
    let url = server.database().unwrap();
    let nowhere = url.replace(name_of(&url), "nowhere");
    let error = store(&nowhere, true).examine().await.unwrap_err();
    assert!(!error.is::<Unreachable>() && error.to_string().contains("CREATE DATABASE"), "{error}");
    let options = server.database().unwrap();
    let pooler = PgBouncer::start(server.socket(), "transaction", 2, "").unwrap();
    let refused = format!("{}?options=-c%20work_mem%3D1MB", pooler.before(&options));
    let error = store(&refused, false).examine().await.unwrap_err();
    assert!(!error.is::<Unreachable>() && error.to_string().contains("ignore_startup_parameters"), "{error}");

    drop(server);
    assert!(store(&url, true).examine().await.unwrap_err().is::<Unreachable>());
    assert!(store(&pooler.before(&options), false).examine().await.unwrap_err().is::<Unreachable>());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_ends_a_statement_in_time_in_sessions_of_a_pooler_too() {
    let server = Postgres::start(Durability::None).unwrap();
    let url = server.database().unwrap();
    let pooler = PgBouncer::start(server.socket(), "transaction", 4, "").unwrap();
    let stores = [store(&url, true), store(&pooler.before(&url), false)];
    stores[0].migrate().await.unwrap();
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("BEGIN; LOCK TABLE files IN ACCESS EXCLUSIVE MODE").await.unwrap();
    for store in stores {
        let read = store.known_files(vec![]).await.unwrap_err();
        // The server's words: a statement that the caller alone gave up would go on.
        assert!(
            matches!(&read, StoreError::Unavailable(text) if text.contains("canceling statement")),
            "{read:?}"
        );
        let written = write(&store).await.unwrap_err();
        assert!(
            matches!(&written, StoreError::Unavailable(text) if text.contains("canceling")),
            "{written:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_used_again_whatever_settings_its_session_needs() {
    for durability in [Durability::Full, Durability::None] {
        let server = Postgres::start(durability).unwrap();
        let url = server.database().unwrap();
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let open = async || -> Vec<i32> {
            let query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'parlor'";
            client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
        };
        let store = store(&url, true);
        store.migrate().await.unwrap();
        write(&store).await.unwrap();
        // Those that migrated may be among them still.
        let first = open().await;
        for _ in 0..20 {
            write(&store).await.unwrap();
            store.ping().await.unwrap();
        }
        let last = open().await;
        assert!(last.len() == 1 && first.contains(&last[0]), "{durability:?}: {first:?}, {last:?}");
    }
}

/// Writes nothing, under the rights of a write.
async fn write(store: &PostgresStore) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    work.delete_file(
        domain::FileId(uuid::Uuid::nil()),
        domain::UserId(uuid::Uuid::nil()),
        domain::Timestamp::EPOCH,
    )
    .await?;
    work.commit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_only_reads_is_unavailable_and_every_connection_writes_again_after_it() {
    let server = Postgres::start(Durability::None).unwrap();
    let url = server.database().unwrap();
    let store = store(&url, true);
    store.migrate().await.unwrap();
    write(&store).await.unwrap();
    for ended in [true, false] {
        server.set_only_reads(&url, true).unwrap();
        if ended {
            server.end_sessions(&url).unwrap();
        }
        // The first call may be the one that finds its session ended.
        while !matches!(store.ping().await, Err(StoreError::Unavailable(text)) if text.contains("only reads"))
        {
        }
        // All of the pool opens read-only sessions, and some of them stay idle.
        for _ in 0..3 {
            let calls = (0..8).map(|_| {
                let store = store.clone();
                tokio::spawn(async move { (store.now().await, write(&store).await) })
            });
            for call in calls.collect::<Vec<_>>() {
                let (read, written) = call.await.unwrap();
                read.unwrap();
                assert!(matches!(written, Err(StoreError::Unavailable(_))), "{written:?}");
            }
        }
        server.set_only_reads(&url, false).unwrap();
        store.ping().await.unwrap();
        for call in (0..20).map(|_| write(&store)) {
            call.await.unwrap();
        }
    }
}
