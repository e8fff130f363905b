//! Every query of the adapter, on a thousand rooms and a million messages: each uses an index, and reads a number of rows
//! that depends on the size of its page, however deep the page lies.
//!
//! The test calls the ports, so it checks the adapter's own prepared statements. PostgreSQL's `auto_explain` writes the
//! plan of each into the server's log, with the rows that every node actually read.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails where its setup fails")]

mod annotations;
mod explain;
mod history;
mod reads;
mod rooms;
mod searches;
mod writes;

use std::fmt::Debug;
use std::path::Path;
use std::time::{Duration, Instant};

use domain::{RoomId, Timestamp, UserId};
use infra_postgres::{Options, PostgresStore};
use test_support::{Durability, Postgres, run_script};
use uuid::Uuid;

/// The most rows that a query of a window, a page, or one row may read.
const FEW: u64 = 300;
/// The most rows that a query may read that finds nothing new.
const HANDFUL: u64 = 8;
/// The most rows that a list of rooms or members may read: it counts them all, and there are a thousand.
const LIST: u64 = 2_000;

/// The two ways in which a server may plan a prepared statement.
const MODES: [&str; 2] = ["force_custom_plan", "force_generic_plan"];
const EXPLAIN: &str = "-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0
    -c auto_explain.log_analyze=on -c auto_explain.log_timing=off -c auto_explain.log_buffers=on
    -c auto_explain.log_format=json -c auto_explain.log_level=log";

/// The queries in order: the plans in the log have no names of their own.
struct Recorder {
    store: PostgresStore,
    queries: Vec<(String, u64)>,
}

impl Recorder {
    /// Runs a query, and records the most rows that its statements may read.
    async fn record<T, E: Debug>(
        &mut self,
        name: impl Into<String>,
        most: u64,
        answer: impl Future<Output = Result<T, E>>,
    ) -> T {
        let name = name.into();
        let answer = answer.await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        // Its plan separates those of this query from those of the next in the log.
        self.store.now().await.unwrap();
        self.queries.push((name, most));
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_uses_an_index_and_reads_a_bounded_number_of_rows() {
    let begun = Instant::now();
    let report = |step: &str| println!("{:5.1} s  {step}", begun.elapsed().as_secs_f32());
    let cluster = Postgres::start(Durability::None).unwrap();
    let url = cluster.database().unwrap();
    PostgresStore::open(&options(&url)).unwrap().migrate().await.unwrap();
    report("migrated; inserting a million messages");
    run_script(&url, &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans/data.sql")).unwrap();

    let mut recorded = Vec::new();
    for mode in MODES {
        report(&format!("querying with plan_cache_mode={mode}"));
        let explained = format!("{EXPLAIN} -c plan_cache_mode={mode}");
        let settings: Vec<&str> = explained.split_whitespace().collect();
        let explained = format!("{url}&options={}", settings.join("%20").replace('=', "%3D"));
        let store = PostgresStore::open(&options(&explained)).unwrap();
        let mut recorder = Recorder { store, queries: Vec::new() };
        Box::pin(history::run(&mut recorder)).await;
        Box::pin(rooms::run(&mut recorder)).await;
        Box::pin(reads::run(&mut recorder)).await;
        Box::pin(annotations::run(&mut recorder)).await;
        Box::pin(searches::run(&mut recorder)).await;
        Box::pin(writes::run(&mut recorder)).await;
        let named = recorder.queries.into_iter().map(|(name, most)| (format!("{name} [{mode}]"), most));
        recorded.extend(named);
    }

    report("reading the plans");
    let plans = plans_of(&cluster, recorded.len()).await;
    let mut complaints = Vec::new();
    for ((name, most), plans) in recorded.iter().zip(&plans) {
        let found: Vec<explain::Findings> = plans.iter().map(|plan| explain::inspect(plan, *most)).collect();
        let rows = found.iter().map(|found| found.rows).max().unwrap_or(0);
        let blocks = found.iter().map(|found| found.blocks).max().unwrap_or(0);
        println!("{rows:6} rows {blocks:6} blocks in one node or statement of {:2}: {name}", plans.len());
        if plans.is_empty() {
            complaints.push(format!("{name}: ran no statement"));
        }
        complaints.extend(
            found
                .into_iter()
                .flat_map(|found| found.complaints)
                .map(|complaint| format!("{name}: {complaint}")),
        );
    }
    report(&format!("{} queries checked", recorded.len()));
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// Returns the plans of each query, once the server has written the last of them.
async fn plans_of(cluster: &Postgres, queries: usize) -> Vec<Vec<serde_json::Value>> {
    let begun = Instant::now();
    loop {
        let plans = explain::by_query(&cluster.log().unwrap());
        if plans.len() >= queries {
            return plans;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "only {} of {queries} are in the log",
            plans.len()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn options(url: &str) -> Options {
    Options { url: url.to_owned(), pool_size: 4, ca_file: None, prepare: true }
}

/// Returns the id of the n-th row of any table in `data.sql`.
fn id(n: u32) -> Uuid {
    Uuid::from_u128(n.into())
}

fn room(n: u32) -> RoomId {
    RoomId(id(n))
}

fn user(n: u32) -> UserId {
    UserId(id(n))
}

/// Returns the n-th second of `data.sql`.
fn moment(n: i64) -> Timestamp {
    Timestamp::from_unix_micros((1_700_000_000 + n) * 1_000_000).unwrap()
}
