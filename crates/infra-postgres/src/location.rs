//! The URL of the database. The client reads most of it; `sslmode=verify-ca`, `verify-full` and `sslrootcert`, which libpq knows
//! and the client does not, are read here.

use std::path::PathBuf;

use anyhow::{Context, bail};
use percent_encoding::percent_decode_str;
use tokio_postgres::Config;

/// The checks that a server's certificate must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verification {
    /// It was issued by a known CA.
    Chain,
    /// It was issued by a known CA, for the host in the URL.
    ChainAndName,
}

/// A parsed URL.
#[derive(Debug)]
pub(crate) struct Location {
    pub(crate) config: Config,
    pub(crate) verification: Verification,
    /// `sslrootcert`, unless it is `system`.
    pub(crate) ca_file: Option<PathBuf>,
}

impl Location {
    /// Parses a URL. The error contains no part of it that may be a password.
    pub(crate) fn parse(url: &str) -> anyhow::Result<Self> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut verification = Verification::ChainAndName;
        let mut ca_file = None;
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", "disable" | "prefer" | "require")) => rest.push(pair),
                Some(("sslmode", mode @ ("verify-ca" | "verify-full"))) => {
                    rest.push("sslmode=require");
                    if mode == "verify-ca" {
                        verification = Verification::Chain;
                    }
                }
                Some(("sslmode", mode)) => bail!(
                    "sslmode={mode} is unknown: it must be disable, prefer, require, verify-ca or verify-full"
                ),
                Some(("sslrootcert", "system")) => {}
                Some(("sslrootcert", path)) => {
                    let path = percent_decode_str(path).decode_utf8().context("sslrootcert must be UTF-8")?;
                    ca_file = Some(PathBuf::from(path.into_owned()));
                }
                _ => rest.push(pair),
            }
        }
        let text = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        let config = text.parse().context("the URL of the PostgreSQL database is invalid")?;
        Ok(Self { config, verification, ca_file })
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::*;

    fn parse(query: &str) -> Location {
        Location::parse(&format!("postgres://parlor@db/parlor{query}")).unwrap()
    }

    #[test]
    fn the_name_is_verified_unless_the_url_asks_for_the_chain_alone() {
        for (query, mode, verification) in [
            ("", SslMode::Prefer, Verification::ChainAndName),
            ("?sslmode=disable", SslMode::Disable, Verification::ChainAndName),
            ("?sslmode=require", SslMode::Require, Verification::ChainAndName),
            ("?sslmode=verify-full", SslMode::Require, Verification::ChainAndName),
            ("?sslmode=verify-ca&connect_timeout=3", SslMode::Require, Verification::Chain),
        ] {
            let location = parse(query);
            assert_eq!(
                (location.config.get_ssl_mode(), location.verification),
                (mode, verification),
                "{query}"
            );
        }
    }

    #[test]
    fn a_file_of_cas_is_named_as_in_libpq() {
        let location = parse("?application_name=chat&sslrootcert=/etc/my%20ca.pem&sslmode=verify-full");
        assert_eq!(location.ca_file, Some(PathBuf::from("/etc/my ca.pem")));
        assert_eq!(location.config.get_application_name(), Some("chat"));
        assert_eq!(parse("?sslrootcert=system").ca_file, None);
    }

    #[test]
    fn an_error_names_the_parameter_and_no_password() {
        for (query, named) in [("?sslmode=verify", "sslmode=verify"), ("?colour=red", "colour")] {
            let error = Location::parse(&format!("postgres://parlor:s3cret@db/parlor{query}")).unwrap_err();
            let error = format!("{error:#}");
            assert!(error.contains(named) && !error.contains("s3cret"), "{error}");
        }
    }
}
