//! TLS certificates for test servers.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// Writes `server.crt` and `server.key` for `localhost` to the folder of PostgreSQL's data. Returns the file of the CA
/// certificate.
pub(crate) fn write(folder: &Path) -> anyhow::Result<PathBuf> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate()?;
    let certificate = authority.self_signed(&key)?;
    let issuer = Issuer::new(authority, key);
    let server_key = KeyPair::generate()?;
    let server = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&server_key, &issuer)?;
    std::fs::write(folder.join("server.crt"), server.pem())?;
    let private = folder.join("server.key");
    std::fs::write(&private, server_key.serialize_pem())?;
    // PostgreSQL rejects a key that other users can read.
    std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o600))?;
    let file = folder.join("authority.crt");
    std::fs::write(&file, certificate.pem())?;
    Ok(file)
}
