//! Reasons that stop a start, at once and with the remedy: databases and files that can't be used. `doctor` gives the same.
//! Addresses to listen on, and SIGHUP.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use test_support::{Durability, PgBouncer, Postgres};

use crate::{get, parlor, serve, signal, text};

fn on(folder: &TempDir, url: &str, command: &str) -> std::process::Command {
    let mut program = parlor(folder);
    program.arg(command).env("DATABASE_URL", url).env("PARLOR_JWT_SECRET", "x".repeat(32));
    program
}

/// Checks that `serve` ends at once, and that it and `doctor` name the requirement with the remedy in one line.
#[track_caller]
fn refused(url: &str, requirement: &str, remedy: &str) {
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let served = on(&folder, url, "serve").output().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(8), "it was retried for {:?}", begun.elapsed());
    assert_eq!(served.status.code(), Some(1));
    let named = |output: &str, begin: &str| {
        let line = output.lines().find(|line| line.starts_with(begin));
        assert!(line.is_some_and(|line| line.contains(remedy)), "{output}");
    };
    named(&text(&served.stderr), &format!("parlor: {requirement}: "));
    let examined = on(&folder, url, "doctor").output().unwrap();
    assert_eq!(examined.status.code(), Some(1));
    named(&text(&examined.stdout), &format!("wrong  {requirement}: "));
}

#[test]
fn a_database_that_is_not_what_it_must_be_stops_the_start_with_the_remedy() {
    let server = Postgres::start(Durability::None).unwrap();
    let url = server.database().unwrap();
    for (mode, remedy) in
        [("transaction", "PARLOR_DATABASE_PREPARE=off"), ("statement", "pool_mode = transaction")]
    {
        let pooler = PgBouncer::start(server.socket(), mode, 1, "").unwrap();
        refused(&pooler.before(&url), "database sessions", remedy);
    }
    let latin = server.database_with("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0").unwrap();
    refused(&latin, "database encoding", "ENCODING 'UTF8'");
    server.run("CREATE ROLE bare LOGIN").unwrap();
    let bare = server.database().unwrap().replace("user=postgres", "user=bare");
    refused(&bare, "database pg_trgm", "GRANT CREATE ON DATABASE");
    refused(&bare, "database rights", "GRANT CREATE ON SCHEMA public TO bare;");
    let standby = server.standby().unwrap();
    let beside = url.replace(server.socket().to_str().unwrap(), standby.socket().to_str().unwrap());
    refused(&beside, "database writes", "name the primary");
}

#[test]
fn a_database_that_does_not_exist_is_not_waited_for() {
    let server = Postgres::start(Durability::None).unwrap();
    let url = server.database().unwrap();
    let name = url.trim_start_matches("postgres:///").split('?').next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let served = on(&folder, &url.replace(name, "nowhere"), "serve").output().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(text(&served.stderr).contains("CREATE DATABASE"), "{}", text(&served.stderr));
}

#[test]
fn a_folder_of_files_that_takes_none_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("taken"), "a file where the folder should be").unwrap();
    for command in ["serve", "doctor"] {
        let refused =
            parlor(&folder).arg(command).env("PARLOR_FILES_URL", "file://taken/files").output().unwrap();
        assert_eq!(refused.status.code(), Some(1));
        let output = text(&[refused.stdout, refused.stderr].concat());
        assert!(output.contains("files: ") && output.contains("or set PARLOR_FILES_URL"), "{output}");
    }
}

fn end(mut server: Child) {
    signal(&server, "-HUP");
    assert_eq!(server.wait().unwrap().code(), Some(0), "SIGHUP ends it as SIGTERM does");
}

#[test]
fn names_of_this_machine_are_listened_on_and_a_hangup_ends_the_server() {
    let folder = tempfile::tempdir().unwrap();
    for listen in ["localhost:0", ":0", " 127.0.0.1:0\n"] {
        let (server, address) = serve(parlor(&folder).env("PARLOR_LISTEN", listen));
        let port = address.rsplit(':').next().unwrap();
        assert!(get(&format!("127.0.0.1:{port}"), "/health").starts_with("HTTP/1.1 200"), "{listen}");
        let healthy =
            parlor(&folder).arg("health").env("PARLOR_LISTEN", format!(":{port}")).output().unwrap();
        assert!(healthy.status.success(), "{}", text(&healthy.stderr));
        end(server);
    }
}

#[test]
fn what_redis_is_not_is_reported_and_does_not_stop_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let master = test_support::RedisServer::start().unwrap();
    let port = master.address().rsplit(':').next().unwrap().to_owned();
    let replica = test_support::RedisServer::with(&["--replicaof", "127.0.0.1", &port]).unwrap();
    let examined = parlor(&folder).arg("doctor").env("REDIS_URL", replica.url()).output().unwrap();
    let output = text(&examined.stdout);
    assert!(output.contains("wrong  redis: it is a read-only replica"), "{output}");
    let mut server = parlor(&folder);
    server.env("REDIS_URL", replica.url()).env("PARLOR_LOG", "warn").env("PARLOR_LOG_FORMAT", "pretty");
    let mut server = server.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let log = std::io::BufRead::lines(std::io::BufReader::new(server.stderr.take().unwrap()));
    let warned = log.map_while(Result::ok).find(|line| line.contains("redis: it is a read-only replica"));
    assert!(warned.is_some());
    end(server);
}
