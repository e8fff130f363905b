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
fn a_password_comes_from_a_file_too_and_must_be_a_good_one() {
    let folder = tempfile::tempdir().unwrap();
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
    let nothing = user(&folder, &["create", "bob"], "");
    assert!(text(&nothing.stderr).contains("standard input"), "{}", text(&nothing.stderr));
    let help = text(&run(&folder, &["user", "create", "--help"]).stdout);
    assert!(help.contains("--password-file") && help.contains("PARLOR_ADMINS"), "{help}");
}
