//! The marks of a file store: the database that it belongs to, and the changes that each database noted. Each is a small
//! object beside the files, which people can read.

use async_trait::async_trait;
use domain::file::FileStoreMarks;
use domain::{DatabaseId, StoreError};
use object_store::{ObjectStoreExt, PutPayload};
use uuid::Uuid;

use crate::{ObjectBlobs, is_absence, store_error};

/// The object that names the owner.
const OWNER: &str = "parlor.owner";

/// Returns the object in which a database notes its changes.
fn changes_of(database: DatabaseId) -> String {
    format!("parlor.changes.{database}")
}

impl ObjectBlobs {
    /// Returns the last line of an object that is not empty; `None` where there is no such object.
    async fn last_line(&self, name: &str) -> Result<Option<String>, StoreError> {
        let read = match self.store.get(&self.prefix.clone().join(name)).await {
            Ok(object) => object.bytes().await,
            Err(error) if is_absence(&error) => return Ok(None),
            Err(error) => Err(error),
        };
        let text = String::from_utf8_lossy(&read.map_err(store_error)?).into_owned();
        let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
        Ok(Some(line.unwrap_or_default().to_owned()))
    }

    async fn write_mark(&self, name: &str, text: String) -> Result<(), StoreError> {
        let written =
            self.store.put(&self.prefix.clone().join(name), PutPayload::from(text.into_bytes())).await;
        written.map(drop).map_err(store_error)
    }
}

fn unreadable(name: &str, line: &str) -> StoreError {
    StoreError::Corrupt(format!("the mark {name} of the file store is unreadable: {line:?}"))
}

#[async_trait]
impl FileStoreMarks for ObjectBlobs {
    async fn owner(&self) -> Result<Option<DatabaseId>, StoreError> {
        let Some(line) = self.last_line(OWNER).await? else { return Ok(None) };
        let id = Uuid::try_parse(&line).map_err(|_| unreadable(OWNER, &line))?;
        Ok(Some(DatabaseId(id)))
    }

    async fn set_owner(&self, owner: DatabaseId) -> Result<(), StoreError> {
        let text = format!(
            "These files belong to the Parlor database of this id; `parlor files adopt` changes it.\n{owner}\n"
        );
        self.write_mark(OWNER, text).await
    }

    async fn changes(&self, database: DatabaseId) -> Result<u64, StoreError> {
        let name = changes_of(database);
        let Some(line) = self.last_line(&name).await? else { return Ok(0) };
        line.parse().map_err(|_| unreadable(&name, &line))
    }

    async fn note_changes(&self, database: DatabaseId, changes: u64) -> Result<(), StoreError> {
        self.write_mark(&changes_of(database), format!("{changes}\n")).await
    }
}
