//! Every query of the adapter, on a thousand rooms and a million messages: each uses an index, and reads no more rows
//! than the page it answers has reason to, however deep that page lies.
//!
//! The adapter is driven through its ports, so its own prepared statements are judged. PostgreSQL's `auto_explain`
//! writes the plan of each into the server's log, with the rows that every node of it really read.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test whose world is not as it set it up has failed"
)]

mod explain;
mod history;
mod reads;
mod rooms;
mod writes;

use std::fmt::Debug;
use std::path::Path;
use std::time::{Duration, Instant};

use domain::{RoomId, Timestamp, UserId};
use infra_postgres::{Options, PostgresStore};
use test_support::{Durability, Postgres, run_script};
use uuid::Uuid;

/// What any query may read that answers a window, a page, or one thing.
const FEW: u64 = 300;
/// What a query may read that finds nothing new.
const HANDFUL: u64 = 8;
/// What a list of rooms or members may read: it tells how many there are, so it counts them, and there are a thousand.
const LIST: u64 = 2_000;

/// Whatever a server decides for a statement that it has seen often, it is one of these.
const WAYS: [&str; 2] = ["force_custom_plan", "force_generic_plan"];
const EXPLAIN: &str = "-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0
    -c auto_explain.log_analyze=on -c auto_explain.log_timing=off -c auto_explain.log_buffers=on
    -c auto_explain.log_format=json -c auto_explain.log_level=log";

/// The queries that were asked, in order: the plans in the log have no names of their own.
struct Asked {
    store: PostgresStore,
    queries: Vec<(String, u64)>,
}

impl Asked {
    /// Asks, and notes what the statements of it may read at most.
    async fn ask<T, E: Debug>(
        &mut self,
        name: impl Into<String>,
        most: u64,
        answer: impl Future<Output = Result<T, E>>,
    ) -> T {
        let name = name.into();
        let answer = answer.await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        // Its plan stands in the log behind those of this query, and before those of the next.
        self.store.now().await.unwrap();
        self.queries.push((name, most));
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_uses_an_index_and_reads_a_bounded_number_of_rows() {
    let begun = Instant::now();
    let say = |what: &str| println!("{:5.1} s  {what}", begun.elapsed().as_secs_f32());
    let cluster = Postgres::start(Durability::None).unwrap();
    let url = cluster.database().unwrap();
    PostgresStore::open(&options(&url)).unwrap().migrate().await.unwrap();
    say("migrated; a million messages come");
    run_script(&url, &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans/data.sql")).unwrap();

    let mut asked = Vec::new();
    for way in WAYS {
        say(&format!("asking, with plan_cache_mode={way}"));
        let explained = format!("{EXPLAIN} -c plan_cache_mode={way}");
        let words: Vec<&str> = explained.split_whitespace().collect();
        let explained = format!("{url}&options={}", words.join("%20").replace('=', "%3D"));
        let store = PostgresStore::open(&options(&explained)).unwrap();
        let mut of_this_way = Asked { store, queries: Vec::new() };
        history::ask(&mut of_this_way).await;
        rooms::ask(&mut of_this_way).await;
        reads::ask(&mut of_this_way).await;
        writes::ask(&mut of_this_way).await;
        let named = of_this_way.queries.into_iter().map(|(name, most)| (format!("{name} [{way}]"), most));
        asked.extend(named);
    }

    say("reading the plans");
    let plans = plans_of(&cluster, asked.len()).await;
    let mut complaints = Vec::new();
    for ((name, most), plans) in asked.iter().zip(&plans) {
        let found: Vec<explain::Found> = plans.iter().map(|plan| explain::look(plan, *most)).collect();
        let rows = found.iter().map(|found| found.rows).max().unwrap_or(0);
        let blocks = found.iter().map(|found| found.blocks).max().unwrap_or(0);
        println!("{rows:6} rows {blocks:6} blocks in one node or statement of {:2}: {name}", plans.len());
        if plans.is_empty() {
            complaints.push(format!("{name}: ran nothing"));
        }
        complaints.extend(
            found.into_iter().flat_map(|found| found.complaints).map(|what| format!("{name}: {what}")),
        );
    }
    say(&format!("{} queries judged", asked.len()));
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// The plans of each query, as soon as the server has written the last of them.
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
    Options { url: url.to_owned(), pool_size: 4, ca_file: None }
}

/// The id of the n-th of anything in `data.sql`.
fn id(n: u32) -> Uuid {
    Uuid::from_u128(n.into())
}

fn room(n: u32) -> RoomId {
    RoomId(id(n))
}

fn user(n: u32) -> UserId {
    UserId(id(n))
}

/// The n-th second of `data.sql`.
fn moment(n: i64) -> Timestamp {
    Timestamp::from_unix_micros((1_700_000_000 + n) * 1_000_000).unwrap()
}
