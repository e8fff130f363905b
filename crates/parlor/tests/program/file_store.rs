//! A file store and the database that it belongs to: copies, restores, and the way from one to the other.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;
use test_support::S3Server;

use crate::backup::Server;
use crate::session::Session;
use crate::{parlor, text};

/// The databases of one machine, and the store that they share.
struct Machine {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Machine {
    /// Keeps no removed bytes, so that a wrong sweep shows at once.
    fn new(variables: Vec<(String, String)>) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables }
    }

    fn command(&self, database: &str) -> Command {
        let mut command = parlor(&self.folder);
        command
            .env("DATABASE_URL", database)
            .env("PARLOR_FILES_QUARANTINE", "0s")
            .env("PARLOR_LIMITS", "off");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn serve(&self, database: &str) -> Server {
        Server::of(&mut self.command(database))
    }

    fn run(&self, database: &str, args: &[&str]) -> Output {
        self.command(database).args(args).output().unwrap()
    }

    /// Runs a command that must succeed and returns its standard output.
    fn done(&self, database: &str, args: &[&str]) -> String {
        let output = self.run(database, args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }
}

const LIVE: &str = "sqlite://live.db";
const COPY: &str = "sqlite://copy.db";

/// Makes every file in the folder look old enough to be no upload in progress.
fn age(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = std::fs::File::options().write(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
    }
}

async fn rehearse(machine: &Machine, age: impl Fn()) {
    let server = machine.serve(LIVE);
    let alice = Session::new(&server.url).await;
    let client = alice.at(&server.url);
    let before = client.upload("before.txt", "hello").await.unwrap();
    let output = machine.done(LIVE, &["copy", "--from", LIVE, "--to", COPY]);
    assert!(output.contains("parlor files adopt"), "{output}");
    let after = client.upload("after.txt", "hello again").await.unwrap();
    age();
    for args in [&["files", "gc"][..], &["files", "gc", "--dry-run"]] {
        let refused = machine.run(COPY, args);
        assert_eq!(refused.status.code(), Some(1), "{}", text(&refused.stdout));
        let why = text(&refused.stderr);
        assert!(why.contains("belongs to another database") && why.contains("parlor files adopt"), "{why}");
    }
    let doctor = text(&machine.run(COPY, &["doctor"]).stdout);
    assert!(
        doctor.contains("warn   owner of files: ") && doctor.contains("belongs to another database"),
        "{doctor}"
    );
    machine.done(LIVE, &["files", "gc"]);
    for (file, bytes) in [(&before, "hello"), (&after, "hello again")] {
        assert_eq!(client.download(file.id).await.unwrap(), bytes);
    }

    // The copy takes the place of the original.
    drop(server);
    let output = machine.done(COPY, &["files", "adopt"]);
    assert!(output.contains("belongs to this one now"), "{output}");
    assert_eq!(machine.run(LIVE, &["files", "gc"]).status.code(), Some(1));
    let output = machine.done(COPY, &["files", "gc"]);
    assert!(output.contains("nothing in the store is removed before"), "{output}");
    let server = machine.serve(COPY);
    assert_eq!(alice.at(&server.url).download(before.id).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_copy_sweeps_no_files_of_its_original_in_a_folder() {
    let machine = Machine::new(vec![]);
    let files: PathBuf = machine.folder.path().join("data/files");
    rehearse(&machine, || age(&files)).await;
}

#[tokio::test]
async fn a_copy_sweeps_no_files_of_its_original_on_s3() {
    let service = S3Server::start().unwrap();
    let mut variables = service.variables();
    variables.push(("PARLOR_FILES_URL".into(), "s3://parlor/some/prefix".into()));
    rehearse(&Machine::new(variables), || {}).await;
}

#[tokio::test]
async fn sweeps_wait_after_a_restore() {
    let machine = Machine::new(vec![]);
    let server = machine.serve(LIVE);
    let alice = Session::new(&server.url).await;
    machine.done(LIVE, &["backup", "backup.db"]);
    // The backup has neither this file nor its removal.
    let file = alice.at(&server.url).upload("a.txt", "hello").await.unwrap();
    drop(server);
    let output = machine.done(LIVE, &["restore", "backup.db"]);
    assert!(output.contains("is removed for a day"), "{output}");
    let files = machine.folder.path().join("data/files");
    age(&files);
    for args in [&["files", "gc", "--dry-run"][..], &["files", "gc"], &["files", "gc"]] {
        let output = machine.done(LIVE, args);
        assert!(output.contains("restored from a backup"), "{output}");
    }
    assert!(files.join(file.id.to_string()).exists());
    let doctor = text(&machine.run(LIVE, &["doctor"]).stdout);
    assert!(
        doctor.contains("warn   owner of files: ") && doctor.contains("restored from a backup"),
        "{doctor}"
    );
}

/// A database that another program restored, such as `pg_restore`, is recognised by the files that it does not know.
#[tokio::test]
async fn a_database_older_than_the_store_is_recognised() {
    let machine = Machine::new(vec![]);
    let server = machine.serve(LIVE);
    let alice = Session::new(&server.url).await;
    machine.done(LIVE, &["backup", "other.db"]);
    machine.done("sqlite://other.db", &["files", "gc"]);
    let file = alice.at(&server.url).upload("a.txt", "hello").await.unwrap();
    let files = machine.folder.path().join("data/files");
    age(&files);
    let output = machine.done("sqlite://other.db", &["files", "gc"]);
    assert!(output.contains("restored from a backup"), "{output}");
    assert_eq!(alice.at(&server.url).download(file.id).await.unwrap(), "hello");
}
