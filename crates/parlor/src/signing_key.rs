//! The key that signs tokens: the secret in the settings, or one that the first start generates in the data directory,
//! readable by its owner alone.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use base64::Engine;
use tempfile::NamedTempFile;

use crate::settings::Settings;

/// Returns the path of the generated key.
pub(crate) fn path(settings: &Settings) -> PathBuf {
    settings.data_dir.join("jwt.secret")
}

/// Returns the key, and generates it if there is none.
pub(crate) fn get_or_create(settings: &Settings) -> anyhow::Result<String> {
    if let Some(secret) = &settings.jwt_secret {
        return Ok(secret.0.clone());
    }
    let path = path(settings);
    if let Some(key) = stored(&path)? {
        return Ok(key);
    }
    create_data_dir(&settings.data_dir)
        .with_context(|| format!("can't create the data directory {}", settings.data_dir.display()))?;
    create(&settings.data_dir, &path).with_context(|| format!("can't write {}", path.display()))?;
    // Another process that started at the same time may have created it first.
    stored(&path)?.with_context(|| format!("{} was removed", path.display()))
}

/// Returns the generated key, `None` before the first start. A damaged or unreadable key is an error, and not replaced:
/// a new one would end every session.
pub(crate) fn stored(path: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let key = text.trim_end();
            ensure!(
                key.len() >= 32,
                "the signing key in {} is damaged: restore it from a backup, or remove it, and all users have to log in again",
                path.display()
            );
            Ok(Some(key.to_owned()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("can't read the signing key in {}", path.display())),
    }
}

/// Creates the data directory if there is none, accessible by its owner alone: it holds the database and the key.
pub(crate) fn create_data_dir(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Creates the key atomically, and keeps one that exists.
fn create(folder: &Path, path: &Path) -> anyhow::Result<()> {
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(random_key()?.as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(std::fs::File::open(folder)?.sync_all()?),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Returns 256 random bits from the operating system, as text.
fn random_key() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    rustls::crypto::aws_lc_rs::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| anyhow!("the operating system provides no random numbers"))?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_created_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (data, path) = (folder.path().join("data"), folder.path().join("data/jwt.secret"));
        create_data_dir(&data).unwrap();
        assert_eq!(data.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        create(&data, &path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let first = stored(&path).unwrap();
        create(&data, &path).unwrap();
        assert_eq!(stored(&path).unwrap(), first);
        assert_eq!(data.read_dir().unwrap().count(), 1, "no other file is left");
    }

    #[test]
    fn an_unusable_key_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwt.secret");
        assert!(stored(&path).unwrap().is_none());
        std::fs::write(&path, "short").unwrap();
        assert!(stored(&path).unwrap_err().to_string().contains("is damaged"));
        let folder = stored(folder.path()).unwrap_err().to_string();
        assert!(folder.starts_with("can't read the signing key"), "{folder}");
    }
}
