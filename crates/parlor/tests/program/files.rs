//! `doctor` on the file store: a folder and S3.

use std::process::Output;

use tempfile::TempDir;
use test_support::S3Server;

use crate::{parlor, text};

fn doctor(folder: &TempDir, url: &str, variables: Vec<(String, String)>) -> Output {
    parlor(folder).arg("doctor").env("PARLOR_FILES_URL", url).envs(variables).output().unwrap()
}

/// Checks that only the file store is wrong, and that the output gives advice.
fn assert_wrong(output: &Output, advice: &str) {
    let output_text = text(&output.stdout);
    assert!(!output.status.success(), "{output_text}");
    let wrong: Vec<_> = output_text.lines().filter(|line| line.starts_with("wrong")).collect();
    assert!(wrong.len() == 1 && wrong[0].starts_with("wrong  files: "), "{output_text}");
    assert!(wrong[0].contains(advice) && wrong[0].contains("set PARLOR_FILES_URL"), "{output_text}");
}

#[test]
fn the_doctor_writes_reads_and_removes_a_probe_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("uploads");
    let url = format!("file://{}", files.display());
    let well = doctor(&folder, &url, vec![]);
    assert!(text(&well.stdout).contains("ok     files: file://"), "{}", text(&well.stdout));
    assert_eq!(std::fs::read_dir(&files).unwrap().count(), 0);
    // A file in the folder's place can hold no files.
    std::fs::remove_dir(&files).unwrap();
    std::fs::write(&files, b"not a folder").unwrap();
    assert_wrong(&doctor(&folder, &url, vec![]), "make file://");
}

#[test]
fn the_doctor_tries_s3_and_gives_advice() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = S3Server::start().unwrap();
    let well = doctor(&folder, "s3://parlor/some/prefix", service.variables());
    assert!(well.status.success(), "{}", text(&well.stdout));
    assert!(text(&well.stdout).contains("ok     files: s3://parlor/some/prefix "), "{}", text(&well.stdout));
    assert_eq!(service.objects().unwrap(), 0);
    assert_wrong(&doctor(&folder, "s3://nobody-made-this", service.variables()), "create the bucket");
    let mut without_http = service.variables();
    without_http.retain(|(name, _)| name != "AWS_ALLOW_HTTP");
    assert_wrong(&doctor(&folder, "s3://parlor", without_http), "AWS_ALLOW_HTTP=true");
    service.kill();
    assert_wrong(&doctor(&folder, "s3://parlor", service.variables()), "check AWS_ENDPOINT");
}
