//! TLS to the database: the chain of the server's certificate is always verified, and its name unless the URL says otherwise.

use std::path::PathBuf;

use domain::store::Store;
use infra_postgres::{Options, PostgresStore};
use test_support::Postgres;

async fn connect(url: &str, ca_file: Option<PathBuf>) -> Result<(), String> {
    let store = PostgresStore::open(&Options { url: url.to_owned(), pool_size: 2, ca_file, prepare: true });
    let store = store.map_err(|error| format!("{error:#}"))?;
    store.begin().await.map(drop).map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_accepted_with_a_certificate_of_the_ca_for_its_name() {
    let (_server, url, authority) = Postgres::start_tls().unwrap();
    connect(&format!("{url}?sslmode=require"), Some(authority.clone())).await.unwrap();
    // With a CA file, TLS is used on this machine as well.
    connect(&url, Some(authority.clone())).await.unwrap();

    let unknown_ca = connect(&format!("{url}?sslmode=require"), None).await.unwrap_err();
    assert!(unknown_ca.contains("certificate"), "{unknown_ca}");
    let elsewhere = url.replace("localhost", "127.0.0.1");
    let misnamed = connect(&format!("{elsewhere}?sslmode=require"), Some(authority.clone())).await;
    assert!(misnamed.unwrap_err().contains("certificate"), "the name was not verified");
    for (address, mode, is_accepted) in [
        (&url, "verify-full", true),
        (&url, "verify-ca", true),
        (&elsewhere, "verify-full", false),
        (&elsewhere, "verify-ca", true),
    ] {
        // libpq's parameter for the file of CAs.
        let named = format!("{address}?sslmode={mode}&sslrootcert={}", authority.display());
        let connected = connect(&named, None).await;
        assert_eq!(connected.is_ok(), is_accepted, "{mode}: {connected:?}");
        let unknown_ca = connect(&format!("{address}?sslmode={mode}"), None).await.unwrap_err();
        assert!(unknown_ca.contains("certificate"), "{mode}: {unknown_ca}");
    }
    // The server rejects connections without TLS.
    connect(&format!("{url}?sslmode=disable"), None).await.unwrap_err();

    let nothing = tempfile::NamedTempFile::new().unwrap();
    let empty = connect(&format!("{url}?sslmode=require"), Some(nothing.path().to_owned())).await;
    assert!(empty.unwrap_err().contains("contains no certificate"));
}
