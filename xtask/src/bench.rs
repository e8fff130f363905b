//! `cargo xtask bench`: what the server bears next to what its database bears on the same machine in the same run.
#![expect(clippy::print_stdout, reason = "says what it measured")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use test_support::{Durability, Postgres, run_script};

use crate::must;

/// A send as plain SQL: one room, one message, one reading mark, one commit.
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

/// Measures the release build of this tree.
pub(crate) fn run(seconds: u32, without_lto: bool) -> anyhow::Result<()> {
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--package", "parlor", "--bin", "parlor", "--example", "load"]);
    if without_lto {
        build.env("CARGO_PROFILE_RELEASE_LTO", "off");
    }
    must(&mut build)?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let (server, load) = (target.join("release/parlor"), target.join("release/examples/load"));
    let folder = tempfile::tempdir()?;
    println!("bench: starting a PostgreSQL that commits to the disk");
    let postgres = Postgres::start(Durability::Full)?;
    let url = postgres.database()?;
    let tables = folder.path().join("tables.sql");
    std::fs::write(&tables, TABLES)?;
    run_script(&url, &tables)?;
    for (what, script) in [("sends", SEND), ("history pages of 50", PAGE)] {
        let file = folder.path().join("script.sql");
        std::fs::write(&file, script)?;
        println!("pgbench, {what}: {} a second", pgbench(&postgres, &url, &file, seconds)?);
    }
    let begun = Instant::now();
    let mut process = Command::new(std::path::absolute(server)?)
        .current_dir(folder.path())
        .env("DATABASE_URL", postgres.database()?)
        .envs([("PARLOR_LISTEN", "127.0.0.1:0"), ("PARLOR_LIMITS", "off"), ("PARLOR_LOG", "error")])
        .env("PARLOR_JWT_SECRET", "only for this measurement, never elsewhere")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().context("no standard output")?).read_line(&mut line)?;
    let address = line.trim().rsplit('/').next().unwrap_or_default().to_owned();
    println!(
        "parlor, start to listening: {} ms (a new database: migrations included)",
        begun.elapsed().as_millis()
    );
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
    let resident = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("VmRSS: unknown");
    println!("parlor, idle memory: {}", resident.trim_start_matches("VmRSS:").trim());
    let measured = Command::new(load).args([&address, CLIENTS, &seconds.to_string()]).status();
    process.kill()?;
    process.wait()?;
    ensure!(measured?.success(), "the load broke off");
    Ok(())
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
