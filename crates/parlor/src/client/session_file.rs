//! The file that keeps the session between commands, in the user's configuration folder.

use std::fs::{self, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use time::OffsetDateTime;

use super::failure::Failure;

/// The session of the last login.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoredSession {
    /// The server's URL.
    pub(super) server: String,
    /// The user's name.
    pub(super) username: String,
    /// The bearer token.
    pub(super) token: String,
    /// The time after which the token is renewed.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) renew_after: OffsetDateTime,
}

/// The place of the session.
#[derive(Clone)]
pub(super) struct SessionFile {
    folder: PathBuf,
}

impl SessionFile {
    /// Finds the place: `$XDG_CONFIG_HOME/parlor`, by default `~/.config/parlor`.
    pub(super) fn of_user() -> Result<Self, Failure> {
        let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let config = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
        let config = config.ok_or_else(|| {
            Failure::Usage(
                "no folder to keep the session in: HOME and XDG_CONFIG_HOME are not set".to_owned(),
            )
        })?;
        Ok(Self { folder: config.join("parlor") })
    }

    /// Returns the path of the file.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.join("session.json")
    }

    /// Reads the session; `None` where there is none.
    pub(super) fn read(&self) -> Result<Option<StoredSession>, Failure> {
        let text = match fs::read(self.path()) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(problem("read", &self.path(), &error)),
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| {
            let path = self.path();
            Failure::Session(format!("{} holds no session ({error}); log in again", path.display()))
        })
    }

    /// Replaces the session as a whole: a reader sees the former or the new one. Only the owner may read it.
    pub(super) fn write(&self, session: &StoredSession) -> Result<(), Failure> {
        let write = || {
            fs::create_dir_all(&self.folder)?;
            fs::set_permissions(&self.folder, Permissions::from_mode(0o700))?;
            // Created with mode 0600.
            let mut file = NamedTempFile::new_in(&self.folder)?;
            file.write_all(&serde_json::to_vec_pretty(session)?)?;
            file.as_file().sync_all()?;
            file.persist(self.path())?;
            Ok::<_, std::io::Error>(())
        };
        write().map_err(|error| problem("write", &self.path(), &error))
    }

    /// Removes the session.
    pub(super) fn remove(&self) -> Result<(), Failure> {
        match fs::remove_file(self.path()) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(problem("remove", &self.path(), &error)),
            _ => Ok(()),
        }
    }
}

fn problem(action: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::Other(format!("can't {action} the session in {}: {error}", path.display()))
}
