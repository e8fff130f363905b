//! The wire to the database by TLS: who vouches for the server, and for which name, is always looked at.

use std::path::PathBuf;

use domain::store::Store;
use infra_postgres::{Options, PostgresStore};
use test_support::Postgres;

async fn answers(url: &str, ca_file: Option<PathBuf>) -> Result<(), String> {
    let store = PostgresStore::open(&Options { url: url.to_owned(), pool_size: 2, ca_file });
    let store = store.map_err(|error| format!("{error:#}"))?;
    store.begin().await.map(drop).map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_spoken_to_whom_the_authority_vouches_for_by_that_name() {
    let (_server, url, authority) = Postgres::start_tls().unwrap();
    answers(&format!("{url}?sslmode=require"), Some(authority.clone())).await.unwrap();
    // With an authority at hand, TLS is spoken on this machine as well.
    answers(&url, Some(authority.clone())).await.unwrap();

    let stranger = answers(&format!("{url}?sslmode=require"), None).await.unwrap_err();
    assert!(stranger.contains("certificate"), "{stranger}");
    let elsewhere = url.replace("localhost", "127.0.0.1");
    let misnamed = answers(&format!("{elsewhere}?sslmode=require"), Some(authority.clone())).await;
    assert!(misnamed.unwrap_err().contains("certificate"), "the name was not looked at");
    // The server takes nothing in the clear.
    answers(&format!("{url}?sslmode=disable"), None).await.unwrap_err();

    let nothing = tempfile::NamedTempFile::new().unwrap();
    let empty = answers(&format!("{url}?sslmode=require"), Some(nothing.path().to_owned())).await;
    assert!(empty.unwrap_err().contains("holds no certificate"));
}
