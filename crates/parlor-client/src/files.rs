//! Uploads and downloads.

use bytes::Bytes;
use reqwest::Method;
use reqwest::multipart::{Form, Part};

use crate::client::{check, data, done};
use crate::{Client, Error, File, FileId, List, TransportError};

impl Client {
    /// Uploads a file. `content` is bytes, or a stream as a [`reqwest::Body`], which is not held in memory as a whole.
    ///
    /// # Errors
    /// Refused with `PAYLOAD_TOO_LARGE`, `QUOTA_EXCEEDED` or `RATE_LIMITED`.
    pub async fn upload(
        &self,
        name: impl Into<String>,
        content: impl Into<reqwest::Body>,
    ) -> Result<File, Error> {
        let form = Form::new().part("file", Part::stream(content).file_name(name.into()));
        data(self.request(Method::POST, "/api/files").multipart(form)).await
    }

    /// Downloads a file whole.
    ///
    /// # Errors
    /// Refused with `FILE_NOT_FOUND` where no message shows it to the caller.
    pub async fn download(&self, id: FileId) -> Result<Bytes, Error> {
        Ok(self.open_file(id).await?.bytes().await.map_err(TransportError::from)?)
    }

    /// Opens a download, for reading chunk by chunk.
    ///
    /// # Errors
    /// Refused with `FILE_NOT_FOUND` where no message shows it to the caller.
    pub async fn open_file(&self, id: FileId) -> Result<reqwest::Response, Error> {
        check(self.request(Method::GET, &format!("/api/files/{id}")).open().await?).await
    }

    /// Lists the caller's own files.
    pub fn files(&self) -> List<File> {
        List::new(self, "/api/files".to_owned())
    }

    /// Deletes a file of the caller's.
    ///
    /// # Errors
    /// Refused with `FILE_IN_USE` while a message shows it, and with `FILE_NOT_FOUND`.
    pub async fn delete_file(&self, id: FileId) -> Result<(), Error> {
        done(self.delete(&format!("/api/files/{id}"))).await
    }
}
