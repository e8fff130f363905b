//! `parlor backup` and `parlor restore`, as an operator runs them.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;

use tempfile::TempDir;
use tokio::sync::Notify;

use crate::session::Session;
use crate::{parlor, run, serve, signal, text};

/// A server that ends with its test.
pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
}

impl Server {
    fn start(folder: &TempDir) -> Self {
        Self::of(parlor(folder).env("PARLOR_LIMITS", "off"))
    }

    pub(crate) fn of(command: &mut Command) -> Self {
        let (process, address) = serve(command);
        Self { process, url: format!("http://{address}") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_gone = self.process.kill();
        self.process.wait().unwrap();
    }
}

/// Runs a command that must succeed and returns its standard output.
pub(crate) fn done(folder: &TempDir, args: &[&str]) -> String {
    let output = run(folder, args);
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Runs a command that must fail and returns its standard error.
pub(crate) fn refused(folder: &TempDir, args: &[&str]) -> String {
    let output = run(folder, args);
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

/// Makes another machine: an empty folder, with the signing key and the backup of this one.
fn elsewhere(folder: &TempDir, backup: &str) -> TempDir {
    let other = tempfile::tempdir().unwrap();
    std::fs::create_dir(other.path().join("data")).unwrap();
    for file in ["data/jwt.secret", backup] {
        std::fs::copy(folder.path().join(file), other.path().join(file)).unwrap();
    }
    other
}

/// Returns the sorted names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_taken_while_others_write_holds_all_that_was_answered_before_and_has_no_gap() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(&folder);
    let alice = Session::new(&server.url).await;
    let (enough, more) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let (alice, url) = (alice.clone(), server.url.clone());
            let (enough, more) = (enough.clone(), more.clone());
            tokio::spawn(async move {
                for n in 0.. {
                    let Ok(answer) = alice.try_send(&url, sender * 100_000 + n).await else { return };
                    assert_eq!(answer.status, 201);
                    if n == 50 {
                        enough.notify_one();
                    }
                    more.notify_one();
                }
            })
        })
        .collect();
    enough.notified().await;
    let before = alice.numbers(&server.url).await;
    let taking = parlor(&folder).args(["backup", "parlor.backup"]).output();
    let output = tokio::task::block_in_place(|| taking.unwrap());
    assert!(output.status.success(), "{}", text(&output.stderr));
    more.notified().await;
    server.process.kill().unwrap();
    for sender in senders {
        sender.await.unwrap();
    }

    let other = elsewhere(&folder, "parlor.backup");
    assert!(done(&other, &["restore", "parlor.backup"]).starts_with("restored data/parlor.db\n"));
    let kept = alice.numbers(&Server::start(&other).url).await;
    let all = alice.numbers(&Server::start(&folder).url).await;
    assert!(kept.len() >= before.len() && kept.len() <= all.len());
    assert_eq!(kept, all[..kept.len()], "a prefix");
    assert_eq!(before, kept[..before.len()], "with all that was answered before");
}

#[tokio::test]
async fn a_backup_is_private_to_its_owner_and_overwrites_only_with_force() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refused(&folder, &["backup", "b"]).contains("there is no database data/parlor.db"));
    assert!(names(folder.path()).is_empty(), "nor is one made");
    let server = Server::start(&folder);
    done(&folder, &["backup", "b"]);
    let mode = std::fs::metadata(folder.path().join("b")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let first = std::fs::read(folder.path().join("b")).unwrap();
    assert!(first.starts_with(b"SQLite format 3\0"));
    assert_eq!(first[18..20], [1, 1], "a backup is one file, without a journal beside it");
    Session::new(&server.url).await;
    assert!(refused(&folder, &["backup", "b"]).contains("use --force"));
    assert_eq!(std::fs::read(folder.path().join("b")).unwrap(), first);
    done(&folder, &["backup", "b", "--force"]);
    assert_ne!(std::fs::read(folder.path().join("b")).unwrap(), first);
    for itself in ["data/parlor.db", "data/../data/parlor.db"] {
        assert!(refused(&folder, &["backup", itself, "--force"]).contains("is the database itself"));
    }
    assert!(refused(&folder, &["backup", "nowhere/b"]).contains("can't write into the folder nowhere"));
    assert_eq!(names(folder.path()), ["b", "data"], "no half-written file stays");
}

#[tokio::test]
async fn a_restore_refuses_while_a_server_runs_and_keeps_the_former_database() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder);
    let alice = Session::new(&server.url).await;
    for n in 0..3 {
        alice.send(&server.url, n).await;
    }
    done(&folder, &["backup", "b"]);
    alice.send(&server.url, 3).await;
    let why = refused(&folder, &["restore", "b"]);
    assert!(why.contains("stop the server that has it open"), "{why}");
    alice.send(&server.url, 4).await;
    assert_eq!(alice.numbers(&server.url).await, [0, 1, 2, 3, 4], "it went on undisturbed");
    // Killed, it leaves a journal behind that holds messages.
    drop(server);
    assert!(names(&folder.path().join("data")).contains(&"parlor.db-wal".to_owned()));

    let output = done(&folder, &["restore", "b"]);
    let aside =
        output.lines().find_map(|line| line.strip_prefix("the previous database is kept as ")).unwrap();
    assert!(aside.starts_with("data/parlor.db.before-20"), "{aside}");
    let former = aside.strip_prefix("data/").unwrap();
    assert_eq!(names(&folder.path().join("data")), ["files", "jwt.secret", "parlor.db", former]);
    let server = Server::start(&folder);
    assert_eq!(alice.numbers(&server.url).await, [0, 1, 2]);
    alice.send(&server.url, 5).await;
    drop(server);
    // The kept file is a database too.
    done(&folder, &["restore", aside]);
    assert_eq!(alice.numbers(&Server::start(&folder).url).await, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_the_database_stays() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder);
    let alice = Session::new(&server.url).await;
    for n in 0..50 {
        alice.send(&server.url, n).await;
    }
    done(&folder, &["backup", "b"]);
    drop(server);
    let mut bytes = std::fs::read(folder.path().join("b")).unwrap();
    let short = &bytes[..bytes.len() / 2];
    std::fs::write(folder.path().join("short"), short).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8_192].fill(0xa5);
    std::fs::write(folder.path().join("scratched"), bytes).unwrap();
    std::fs::write(folder.path().join("other"), "no database at all").unwrap();
    std::fs::write(folder.path().join("empty"), "").unwrap();
    for bad in ["short", "scratched", "other", "empty", "absent"] {
        let why = refused(&folder, &["restore", bad]);
        assert!(why.contains(bad), "{why}");
    }
    let kept = names(&folder.path().join("data"));
    assert!(!kept.iter().any(|name| name.contains("before") || name.contains("partial")), "{kept:?}");
    assert_eq!(alice.numbers(&Server::start(&folder).url).await.len(), 50);
}

#[tokio::test]
async fn a_backup_includes_uploaded_files_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder);
    let alice = Session::new(&server.url).await;
    let mut uploaded = vec![];
    for bytes in ["some bytes", ""] {
        uploaded.push((alice.at(&server.url).upload("f.txt", bytes).await.unwrap().id, bytes));
    }
    assert!(done(&folder, &["backup", "b"]).contains("uploaded files are not in it"));
    let output = done(&folder, &["backup", "b", "--force", "--with-files"]);
    assert!(output.contains("files: 2 copied to file://b.files (10 bytes), 0 were there"), "{output}");
    let mode = std::fs::metadata(folder.path().join("b.files")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    drop(server);

    let other = elsewhere(&folder, "b");
    assert!(refused(&other, &["restore", "b", "--with-files"]).contains("there is no folder b.files"));
    let copied = Command::new("cp")
        .args(["-r", "b.files"])
        .arg(other.path())
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(copied.success());
    done(&other, &["restore", "b", "--with-files"]);
    let server = Server::start(&other);
    for (file, bytes) in uploaded {
        assert_eq!(alice.at(&server.url).download(file).await.unwrap(), bytes);
    }
}

#[test]
fn on_postgresql_backup_and_restore_name_its_own_tools() {
    let folder = tempfile::tempdir().unwrap();
    for (command, tool) in [("backup", "pg_dump --format=custom"), ("restore", "pg_restore --no-owner")] {
        let output = parlor(&folder)
            .args([command, "b"])
            .env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/parlor")
            .env("PARLOR_JWT_SECRET", "x".repeat(32))
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert!(text(&output.stderr).contains(tool), "{}", text(&output.stderr));
    }
}

#[tokio::test]
async fn the_file_of_a_server_that_has_stopped_is_the_whole_database() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(&folder);
    let alice = Session::new(&server.url).await;
    for n in 1..=20 {
        alice.send(&server.url, n).await;
    }
    signal(&server.process, "-TERM");
    assert_eq!(server.process.wait().unwrap().code(), Some(0));
    let other = elsewhere(&folder, "data/parlor.db");
    let server = Server::start(&other);
    assert_eq!(alice.numbers(&server.url).await, (1..=20).collect::<Vec<_>>());
}
