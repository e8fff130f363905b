//! Measures sends and history pages beside the same statements in plain SQL.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use test_support::{Durability, Postgres, run_script};

use super::{Built, Running};
use crate::must;

/// A send as plain SQL: one room, one message, one read mark, one commit.
const SEND: &str = "\
\\set room random(1, 64)
BEGIN;
UPDATE bench_rooms SET last_seq = last_seq + 1, revision = revision + 1, last_message_at = now() WHERE id = :room;
INSERT INTO bench_messages (id, room_id, seq, content, created_at)
    VALUES (gen_random_uuid(), :room, (SELECT last_seq FROM bench_rooms WHERE id = :room), 'Hello, everyone in the room!', now());
UPDATE bench_marks SET seq = seq + 1 WHERE room_id = :room;
COMMIT;
";
/// A page of history as plain SQL.
const PAGE: &str = "\
\\set room random(1, 64)
SELECT id, seq, content, created_at FROM bench_messages WHERE room_id = :room ORDER BY seq DESC LIMIT 51;
";
const TABLES: &str = "\
CREATE TABLE bench_rooms (id bigint PRIMARY KEY, last_seq bigint, revision bigint, last_message_at timestamptz);
CREATE TABLE bench_messages (id uuid PRIMARY KEY, room_id bigint, seq bigint, content text, created_at timestamptz);
CREATE UNIQUE INDEX ON bench_messages (room_id, seq);
CREATE INDEX ON bench_messages (room_id, created_at);
CREATE TABLE bench_marks (room_id bigint PRIMARY KEY, seq bigint);
INSERT INTO bench_rooms SELECT n, 0, 0, NULL FROM generate_series(1, 64) n;
INSERT INTO bench_marks SELECT n, 0 FROM generate_series(1, 64) n;
";
const CLIENTS: &str = "64";

/// Measures throughput, start-up time and idle memory.
pub(super) fn run(built: &Built, seconds: u32) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    println!("bench: starting a PostgreSQL that commits to the disk");
    let postgres = Postgres::start(Durability::Full)?;
    let url = postgres.database()?;
    let tables = folder.path().join("tables.sql");
    std::fs::write(&tables, TABLES)?;
    run_script(&url, &tables)?;
    for (subject, script) in [("sends", SEND), ("history pages of 50", PAGE)] {
        let file = folder.path().join("script.sql");
        std::fs::write(&file, script)?;
        println!("pgbench, {subject}: {} a second", pgbench(&postgres, &url, &file, seconds)?);
    }
    for database in ["a new database", "an existing database"] {
        start("SQLite", database, Command::new(&built.parlor).current_dir(folder.path()))?;
    }
    let parlor = start(
        "PostgreSQL",
        "a new database",
        Command::new(&built.parlor)
            .current_dir(folder.path())
            .env("DATABASE_URL", postgres.database()?)
            .env("PARLOR_JWT_SECRET", "only for this measurement, never elsewhere"),
    )?;
    let status = std::fs::read_to_string(format!("/proc/{}/status", parlor.pid())).unwrap_or_default();
    let resident = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("VmRSS: unknown");
    println!("parlor, idle memory: {}", resident.trim_start_matches("VmRSS:").trim());
    must(Command::new(&built.load).args(["http", &parlor.address, CLIENTS, &seconds.to_string()]))?;
    Ok(())
}

/// Starts a server, waits until it is ready and prints how long that took.
fn start(store: &str, database: &str, command: &mut Command) -> anyhow::Result<Running> {
    let started = Instant::now();
    let parlor = Running::start(command)?;
    let mut connection = TcpStream::connect(&parlor.address)?;
    connection.write_all(b"GET /ready HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
    let mut response = String::new();
    connection.read_to_string(&mut response)?;
    ensure!(response.starts_with("HTTP/1.1 200"), "the server is not ready: {response}");
    println!("parlor on {store}, start to ready with {database}: {} ms", started.elapsed().as_millis());
    Ok(parlor)
}

fn pgbench(postgres: &Postgres, url: &str, script: &std::path::Path, seconds: u32) -> anyhow::Result<String> {
    let database = url.trim_start_matches("postgres:///").split('?').next().unwrap_or_default();
    let output = postgres
        .program("pgbench")?
        .args([
            "-n",
            "-M",
            "prepared",
            "-c",
            CLIENTS,
            "-j",
            "2",
            "-U",
            "postgres",
            "-T",
            &seconds.to_string(),
        ])
        .arg("-h")
        .arg(postgres.socket())
        .arg("-f")
        .arg(script)
        .arg(database)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.starts_with("tps = "));
    let line = line.with_context(|| format!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)))?;
    Ok(line.trim_start_matches("tps = ").split('.').next().unwrap_or_default().to_owned())
}
