//! The program at the command line: refused settings, `doctor`, `health`, signals, the log.
#![expect(clippy::unwrap_used, reason = "a failed setup fails the test")]

mod audit;
mod backup;
mod client;
mod collector;
mod copy;
mod dev;
mod file_store;
mod files;
mod first_admin;
mod full_disk;
mod inspect;
mod memory;
mod modes;
mod search;
mod session;
mod start;
mod tokens;
mod traces;
mod users;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

fn parlor(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
    // The developer who runs the tests may have a server of their own.
    command.current_dir(folder.path()).env_remove("DATABASE_URL").env_remove("REDIS_URL");
    command.env("PARLOR_LISTEN", "127.0.0.1:0").env("PARLOR_LOG", "error");
    command
}

fn run(folder: &TempDir, args: &[&str]) -> Output {
    parlor(folder).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Starts a server and returns its address, too.
fn serve(command: &mut Command) -> (Child, String) {
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (server, line.trim().rsplit('/').next().unwrap().to_owned())
}

fn signal(server: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &server.id().to_string()]).status().unwrap().success());
}

#[test]
fn a_setting_that_cannot_be_used_stops_the_start_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let refused = parlor(&folder).env("PARLOR_LISTN", "127.0.0.1:1").output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("PARLOR_LISTN"), "{}", text(&refused.stderr));
    std::fs::write(folder.path().join("parlor.toml"), "listn = \"127.0.0.1:1\"").unwrap();
    let refused = run(&folder, &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("listn in parlor.toml"), "{}", text(&refused.stderr));
}

#[test]
fn the_doctor_passes_a_new_folder_and_reports_an_unreachable_database() {
    let folder = tempfile::tempdir().unwrap();
    let well = run(&folder, &["doctor"]);
    assert!(well.status.success(), "{}", text(&well.stdout));
    let checks =
        ["settings", "address", "data directory", "signing key", "disk", "database", "files", "redis"];
    for check in checks.into_iter().chain(["clock", "open files"]) {
        assert!(text(&well.stdout).contains(&format!("{check}: ")), "{check}");
    }
    let away = parlor(&folder)
        .arg("doctor")
        .env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/parlor")
        .env("PARLOR_JWT_SECRET", "x".repeat(32))
        .output()
        .unwrap();
    assert!(!away.status.success());
    assert!(text(&away.stdout).contains("wrong  database: "), "{}", text(&away.stdout));
    assert!(text(&away.stdout).contains("start PostgreSQL"), "{}", text(&away.stdout));
}

#[test]
fn the_doctor_passes_a_redis_that_answers_and_reports_an_unreachable_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = test_support::RedisServer::start().unwrap();
    let doctor = |url: String| parlor(&folder).arg("doctor").env("REDIS_URL", url).output().unwrap();
    let well = doctor(server.url());
    assert!(well.status.success(), "{}", text(&well.stdout));
    assert!(text(&well.stdout).contains("ok     redis: version "), "{}", text(&well.stdout));
    server.kill().unwrap();
    let away = doctor(server.url());
    assert!(!away.status.success());
    assert!(text(&away.stdout).contains("wrong  redis: "), "{}", text(&away.stdout));
    assert!(text(&away.stdout).contains("correct REDIS_URL"), "{}", text(&away.stdout));
}

#[test]
fn health_succeeds_only_for_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, address) = serve(&mut parlor(&folder));
    let healthy = parlor(&folder).arg("health").env("PARLOR_LISTEN", &address).output().unwrap();
    assert!(healthy.status.success(), "{}", text(&healthy.stderr));
    server.kill().unwrap();
    server.wait().unwrap();
    let gone = parlor(&folder).arg("health").env("PARLOR_LISTEN", &address).output().unwrap();
    assert!(!gone.status.success());
}

#[test]
fn a_signal_drains_and_a_second_one_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, _) = serve(&mut parlor(&folder));
    signal(&server, "-TERM");
    assert_eq!(server.wait().unwrap().code(), Some(0));

    let (mut server, address) = serve(parlor(&folder).env("PARLOR_DRAIN", "1h"));
    signal(&server, "-TERM");
    let begun = Instant::now();
    // While it drains it is alive, but not ready.
    while !get(&address, "/ready").starts_with("HTTP/1.1 503") {
        assert!(begun.elapsed() < Duration::from_secs(10), "never drained");
        std::thread::yield_now();
    }
    assert!(get(&address, "/health").starts_with("HTTP/1.1 200"));
    signal(&server, "-TERM");
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

#[test]
fn a_second_signal_ends_the_server_despite_requests_in_flight() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, address) = serve(parlor(&folder).env("PARLOR_GRACE", "1h"));
    let half = "POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                content-length: 9\r\nexpect: 100-continue\r\n\r\n{";
    let mut connection = TcpStream::connect(&address).unwrap();
    connection.write_all(half.as_bytes()).unwrap();
    // A client that gets `100 Continue` has been accepted.
    connection.read_exact(&mut [0; 12]).unwrap();
    signal(&server, "-TERM");
    while TcpStream::connect(&address).is_ok() {
        std::thread::yield_now();
    }
    assert!(server.try_wait().unwrap().is_none(), "it waits for the request");
    signal(&server, "-INT");
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

#[test]
fn a_server_that_waits_for_its_database_obeys_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    // It accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut server = parlor(&folder)
        .env("DATABASE_URL", format!("postgres://nobody@{}/parlor", silent.local_addr().unwrap()))
        .env("PARLOR_JWT_SECRET", "x".repeat(32))
        .env("PARLOR_LOG", "info")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _asked = silent.accept().unwrap();
    signal(&server, "-TERM");
    assert_eq!(server.wait().unwrap().code(), Some(0));
    let mut log = String::new();
    server.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("stopped before the database was ready"), "{log}");
}

#[test]
fn the_start_prints_the_urls_of_the_web_client_of_the_api_and_of_its_docs() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = parlor(&folder).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let [first, second] = [lines.next(), lines.next()].map(|line| line.unwrap().unwrap());
    let address = first.strip_prefix("Parlor listens on http://").unwrap();
    let expected = format!(
        "Open http://{address}/ to chat; the API is below http://{address}/api, and its docs at http://{address}/docs/"
    );
    assert_eq!(second, expected);
    assert!(get(address, "/").contains("<title>Parlor</title>"));
    assert!(get(address, "/docs/").starts_with("HTTP/1.1 200"));
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn a_damaged_key_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, _) = serve(&mut parlor(&folder));
    let data = folder.path().join("data");
    server.kill().unwrap();
    server.wait().unwrap();
    std::fs::write(data.join("jwt.secret"), "damaged").unwrap();
    for command in ["serve", "doctor"] {
        let refused = run(&folder, &[command]);
        assert_eq!(refused.status.code(), Some(1), "{command}");
        let output = text(&[refused.stdout, refused.stderr].concat());
        assert!(output.contains("the signing key in data/jwt.secret is damaged"), "{output}");
    }
    assert_eq!(std::fs::read(data.join("jwt.secret")).unwrap(), b"damaged");
}

fn get(address: &str, path: &str) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--include", &format!("http://{address}{path}")])
        .output()
        .unwrap();
    text(&output.stdout)
}

#[test]
fn the_log_is_json_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, address) = serve(parlor(&folder).env("PARLOR_LOG", "trace"));
    let body = r#"{"username": "alice", "email": "alice@example.com", "password": "s3cret-of-alice"}"#;
    let signed_up = Command::new("curl")
        .args(["--silent", "-H", "content-type: application/json", "-d", body])
        .arg(format!("http://{address}/api/auth/signup"))
        .output()
        .unwrap();
    assert!(text(&signed_up.stdout).contains("\"alice\""), "{}", text(&signed_up.stdout));
    let mut stderr = server.stderr.take().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    let mut log = String::new();
    stderr.read_to_string(&mut log).unwrap();
    assert!(log.contains("\"request_id\""), "{log}");
    assert!(!log.contains("s3cret-of-alice"));
    assert!(log.lines().all(|line| line.starts_with('{')), "{log}");
}
