//! Tokens beyond the API: a former signing secret, and the warning about tokens in URLs.

use std::io::Read;
use std::process::Child;

use parlor_client::{Client, Method};
use tempfile::TempDir;

use crate::{parlor, serve};

const FIRST: &str = "the first secret of thirty-two bytes or more";
const SECOND: &str = "the second secret of thirty-two bytes or more";

/// Starts a server with these settings; returns it with a client of it.
fn start(folder: &TempDir, settings: &[(&str, &str)]) -> (Child, Client) {
    let (server, address) = serve(parlor(folder).envs(settings.iter().copied()).env("PARLOR_LOG", "warn"));
    (server, Client::new(&format!("http://{address}")).unwrap())
}

/// Ends a server and returns its log.
fn log_of(mut server: Child) -> String {
    server.kill().unwrap();
    let mut log = String::new();
    server.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    server.wait().unwrap();
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_a_former_secret_are_valid_while_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (server, client) = start(&folder, &[("PARLOR_JWT_SECRET", FIRST)]);
    client.sign_up("alice", "alice@example.com", "correct horse").await.unwrap();
    let token = client.log_in("alice", "correct horse").await.unwrap().token.access_token;
    log_of(server);
    let file = folder.path().join("former");
    std::fs::write(&file, format!("{FIRST}\n")).unwrap();
    let former = [("PARLOR_JWT_SECRET_PREVIOUS_FILE", file.to_str().unwrap())];
    let rotated = [&[("PARLOR_JWT_SECRET", SECOND)], &former[..]].concat();
    let (server, client) = start(&folder, &rotated);
    let session = client.with_token(token.as_str());
    assert_eq!(session.me().await.unwrap().username, "alice");
    let fresh = session.refresh().await.unwrap().access_token;
    log_of(server);
    let (server, client) = start(&folder, &[("PARLOR_JWT_SECRET", SECOND)]);
    assert_eq!(client.with_token(fresh.as_str()).me().await.unwrap().username, "alice");
    assert_eq!(client.with_token(token.as_str()).me().await.unwrap_err().code(), Some("UNAUTHENTICATED"));
    log_of(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_a_url_is_warned_of_once_and_not_logged() {
    let folder = tempfile::tempdir().unwrap();
    let (server, client) = start(&folder, &[]);
    for _ in 0..2 {
        let path = "/api/rooms/0197a5c2-8f00-7000-8000-000000000000/events?token=s3cret-of-the-url";
        let refused = client.request(Method::GET, path).send().await.unwrap();
        assert_eq!(refused.status, 401);
    }
    let log = log_of(server);
    assert_eq!(log.matches("deprecated").count(), 1, "{log}");
    assert!(!log.contains("s3cret"), "{log}");
}
