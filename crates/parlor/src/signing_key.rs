//! What signs tokens: the secret of the settings, or one made at the first start and kept in the data directory for its
//! owner alone.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use base64::Engine;
use tempfile::NamedTempFile;

use crate::settings::Settings;

/// Where it is kept.
pub(crate) fn path(settings: &Settings) -> PathBuf {
    settings.data_dir.join("jwt.secret")
}

/// The secret, made where there is none.
pub(crate) fn of(settings: &Settings) -> anyhow::Result<String> {
    if let Some(secret) = &settings.jwt_secret {
        return Ok(secret.0.clone());
    }
    let path = path(settings);
    if let Some(kept) = kept(&path)? {
        return Ok(kept);
    }
    make_data_dir(&settings.data_dir)
        .with_context(|| format!("can't make the data directory {}", settings.data_dir.display()))?;
    make(&settings.data_dir, &path).with_context(|| format!("can't write {}", path.display()))?;
    // Who started at the same time may have been first.
    kept(&path)?.with_context(|| format!("{} went away", path.display()))
}

/// The one that was made, if one was. One that can't be read is not replaced: that would end every session.
pub(crate) fn kept(path: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let kept = text.trim_end();
            ensure!(
                kept.len() >= 32,
                "the signing key in {} is damaged: bring it back from a backup, or remove it, and everybody logs in anew",
                path.display()
            );
            Ok(Some(kept.to_owned()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("can't read the signing key in {}", path.display())),
    }
}

/// Makes the data directory where there is none, for its owner alone: whatever is in it is in the database too, or worth
/// more.
pub(crate) fn make_data_dir(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Whole or not at all, and never over another.
fn make(folder: &Path, path: &Path) -> anyhow::Result<()> {
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(random()?.as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(std::fs::File::open(folder)?.sync_all()?),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// 256 bits of the operating system's randomness, as text.
fn random() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    rustls::crypto::aws_lc_rs::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| anyhow!("the operating system gives no randomness"))?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (data, path) = (folder.path().join("data"), folder.path().join("data/jwt.secret"));
        make_data_dir(&data).unwrap();
        assert_eq!(data.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        make(&data, &path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let first = kept(&path).unwrap();
        make(&data, &path).unwrap();
        assert_eq!(kept(&path).unwrap(), first);
        assert_eq!(data.read_dir().unwrap().count(), 1, "and nothing else is left");
    }

    #[test]
    fn a_key_that_cannot_be_used_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwt.secret");
        assert!(kept(&path).unwrap().is_none());
        std::fs::write(&path, "short").unwrap();
        assert!(kept(&path).unwrap_err().to_string().contains("is damaged"));
        let folder = kept(folder.path()).unwrap_err().to_string();
        assert!(folder.starts_with("can't read the signing key"), "{folder}");
    }
}
