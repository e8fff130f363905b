//! `parlor user`, and server admins by configuration who have no account.

use std::io::{Read, Write};
use std::process::{Output, Stdio};

use parlor_client::Client;
use tempfile::TempDir;

use crate::{parlor, run, serve, text};

/// Runs `parlor user` with that on standard input.
fn user(folder: &TempDir, arguments: &[&str], input: &str) -> Output {
    let mut command = parlor(folder);
    command.arg("user").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    // A command that reads no input may have ended.
    let _ended = process.stdin.take().unwrap().write_all(input.as_bytes());
    process.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_an_admin_is_reserved_until_an_operator_creates_the_account() {
    let folder = tempfile::tempdir().unwrap();
    let doctor = || {
        let output = parlor(&folder).arg("doctor").env("PARLOR_ADMINS", "Boss").output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stdout));
        text(&output.stdout)
    };
    let start = || serve(parlor(&folder).env("PARLOR_ADMINS", "Boss").env("PARLOR_LOG", "warn"));
    let (mut server, address) = start();
    let url = format!("http://{address}");
    let client = Client::new(&url).unwrap();
    let refused = client.sign_up("BOSS", "boss@example.com", "correct horse").await.unwrap_err();
    assert_eq!(refused.code(), Some("USERNAME_TAKEN"));
    let advice = "`parlor user create Boss`";
    assert!(doctor().contains(advice));
    server.kill().unwrap();
    let mut log = String::new();
    server.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    server.wait().unwrap();
    assert!(log.contains(advice), "{log}");

    let created = user(&folder, &["create", "boss"], "correct horse\n");
    assert!(created.status.success(), "{}", text(&created.stderr));
    let (mut server, address) = start();
    let client = Client::new(&format!("http://{address}")).unwrap();
    let me = client.sign_in("boss", "correct horse").await.unwrap().me().await.unwrap();
    assert_eq!((me.username.as_str(), me.email.as_str()), ("boss", "boss@parlor.invalid"));
    assert!(doctor().contains("ok     admins: "));
    server.kill().unwrap();
    let mut log = String::new();
    server.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    server.wait().unwrap();
    assert!(!log.contains("PARLOR_ADMINS"), "{log}");
}

#[test]
fn a_folder_without_a_database_is_not_given_one() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("data/parlor.db");
    let commands =
        [&["user", "create", "ada"][..], &["audit", "list"], &["files", "gc"], &["search", "reindex"]];
    let all_refuse = || {
        for arguments in commands {
            let refused = run(&folder, arguments);
            assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
            let error = text(&refused.stderr);
            assert!(error.contains(&format!("there is no database {}", nowhere.display())), "{error}");
            assert!(error.contains("--config") && error.contains("`parlor migrate run`"), "{error}");
        }
    };
    all_refuse();
    assert!(!folder.path().join("data").exists());
    let doctor = run(&folder, &["doctor"]);
    assert!(doctor.status.success());
    assert!(text(&doctor.stdout).contains("ok     database: no database yet"), "{}", text(&doctor.stdout));
    assert!(!nowhere.exists(), "nor by the doctor");
    // A file without tables, as a start that fails early may leave it.
    std::fs::write(&nowhere, "").unwrap();
    all_refuse();
}

#[test]
fn a_database_of_postgresql_without_tables_is_not_given_any() {
    let folder = tempfile::tempdir().unwrap();
    let url = test_support::fresh_database().unwrap();
    let on = |arguments: &[&str]| {
        let mut command = parlor(&folder);
        command.args(arguments).env("DATABASE_URL", &url).env("PARLOR_JWT_SECRET", "x".repeat(32));
        command.output().unwrap()
    };
    let refused = on(&["user", "promote", "ada"]);
    assert_eq!(refused.status.code(), Some(1));
    let error = text(&refused.stderr);
    assert!(error.contains("has no tables of Parlor") && error.contains("`parlor migrate run`"), "{error}");
    let listed = text(&on(&["migrate", "list"]).stdout);
    assert!(!listed.is_empty() && listed.lines().all(|line| line.starts_with("pending ")), "{listed}");
}

#[test]
fn what_is_so_already_changes_nothing_and_is_no_event() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(&folder, &["migrate", "run"]).status.success());
    assert!(user(&folder, &["create", "ada"], "correct horse\n").status.success());
    for (act, done, before) in [
        ("promote", "is a server admin", "is a server admin already"),
        ("demote", "is no longer a server admin", "is not a server admin"),
        ("disable", "can't log in any more", "is disabled already"),
        ("enable", "can log in again", "is not disabled"),
    ] {
        let [first, second] = [(); 2].map(|()| user(&folder, &[act, "ada"], ""));
        assert!(first.status.success() && second.status.success(), "{act}");
        let (first, second) = (text(&first.stdout), text(&second.stdout));
        assert!(first.starts_with(&format!("ada {done}")) && !first.contains("nothing changed"), "{first}");
        assert!(
            second.starts_with(&format!("ada {before}")) && second.ends_with("; nothing changed\n"),
            "{second}"
        );
    }
    let log = text(&run(&folder, &["audit", "list"]).stdout);
    assert_eq!(log.lines().count(), 5, "{log}");
    let unknown = user(&folder, &["promote", "bob"], "");
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("there is no user bob"), "{}", text(&unknown.stderr));
}

#[test]
fn a_password_comes_from_a_file_too_and_must_be_a_good_one() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(&folder, &["migrate", "run"]).status.success());
    let file = folder.path().join("password");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "correct horse\n").unwrap();
    let created = user(&folder, &["create", "ada", "ada@example.com", "--password-file", path], "");
    assert!(created.status.success(), "{}", text(&created.stderr));
    std::fs::write(&file, "Password1\n").unwrap();
    for refused in [
        user(&folder, &["reset-password", "ada", "--password-file", path], ""),
        user(&folder, &["create", "bob"], "iloveyou\n"),
    ] {
        assert_eq!(refused.status.code(), Some(1));
        let error = text(&refused.stderr);
        assert!(error.contains("the password is one of the most common passwords"), "{error}");
    }
    // Before any password is read.
    for (arguments, reason) in
        [(["reset-password", "bob"], "there is no user bob"), (["create", "ADA"], "taken")]
    {
        let refused = user(&folder, &[&arguments[..], &["--password-file", "nowhere"]].concat(), "");
        assert_eq!(refused.status.code(), Some(1));
        assert!(text(&refused.stderr).contains(reason), "{}", text(&refused.stderr));
    }
    let nothing = user(&folder, &["create", "bob"], "");
    assert!(text(&nothing.stderr).contains("standard input"), "{}", text(&nothing.stderr));
    let help = text(&run(&folder, &["user", "create", "--help"]).stdout);
    assert!(help.contains("--password-file") && help.contains("PARLOR_ADMINS"), "{help}");
}
