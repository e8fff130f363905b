//! TLS of the connections to the database.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Returns a TLS connector for that server; `None` for `sslmode=disable` and, unless TLS is required, for a server on this
/// machine. With TLS, the server's chain and name are always verified.
pub(crate) fn connector(
    config: &Config,
    ca_file: Option<&Path>,
) -> anyhow::Result<Option<MakeRustlsConnect>> {
    let wanted = match config.get_ssl_mode() {
        SslMode::Disable => false,
        SslMode::Prefer => ca_file.is_some() || !config.get_hosts().iter().all(is_local),
        _ => true,
    };
    if !wanted {
        return Ok(None);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(ca_file)?)
        .with_no_client_auth();
    Ok(Some(MakeRustlsConnect::new(config)))
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
        Host::Unix(_) => true,
    }
}

fn roots(ca_file: Option<&Path>) -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let Some(path) = ca_file else {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        ensure!(!roots.is_empty(), "this system has no CA certificates; name a file of them");
        return Ok(roots);
    };
    let unreadable = || format!("can't read certificates from {}", path.display());
    for certificate in CertificateDer::pem_file_iter(path).with_context(unreadable)? {
        roots.add(certificate.with_context(unreadable)?)?;
    }
    ensure!(!roots.is_empty(), "{} contains no certificate", path.display());
    Ok(roots)
}
