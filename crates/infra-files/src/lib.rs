//! Storage of uploaded files on the local disk or with an S3-compatible service, and detection of content types.

mod marks;
mod reader;
mod sniffer;
mod spool;
mod writer;

use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use async_trait::async_trait;
use domain::file::{BlobLister, BlobReader, BlobStore, BlobWriter};
use domain::{FileId, StoreError};
use futures_util::StreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::client::SpawnedReqwestConnector;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use uuid::Uuid;

use reader::{LocalLister, ObjectReader, StreamLister};
pub use sniffer::InferSniffer;
use spool::Spool;
use writer::ObjectWriter;

/// Buffer of an upload in memory, and size of a write to the disk.
const CHUNK: usize = 64 * 1024;
/// Size of the parts of an upload to S3, which accepts no smaller ones than five mebibytes.
const S3_PART: usize = 5 * 1024 * 1024;
/// Size of a read from S3, which a slow reader holds in memory.
const S3_READ: u64 = 1024 * 1024;

/// Chunks that are written to the disk at a time. More would delay short requests on the threads that serve both.
const LOCAL_WRITES: usize = 4;
/// Parts that are sent to S3 at a time, which are in memory.
const S3_WRITES: usize = 8;

/// Retries of a request to S3. After the last one clients get an error, and retry themselves.
const RETRIES: usize = 5;
/// Time after which a request is not retried again.
const RETRY_TIMEOUT: Duration = Duration::from_secs(10);

/// Stores the bytes of files, each under the id of its file.
pub struct ObjectBlobs {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// The folder of a local store.
    folder: Option<PathBuf>,
    chunk: usize,
    /// Folder for parts that must be larger than a chunk.
    spool: Option<PathBuf>,
    read_size: u64,
    writes: Arc<Semaphore>,
    runtime: Handle,
}

impl ObjectBlobs {
    /// Opens `file://<folder>` or `s3://<bucket>/<prefix>`. Credentials and endpoint of S3 are read from the usual
    /// environment variables, such as `AWS_ACCESS_KEY_ID`, `AWS_REGION` and `AWS_ENDPOINT`; parts of uploads are collected
    /// in the folder `spool`. Connections live on the current runtime.
    pub fn open(url: &str, spool: &FilePath) -> anyhow::Result<Self> {
        let variables = std::env::vars_os();
        let readable =
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::open_with(url, spool, readable)
    }

    /// Opens a store as `open` does, with these variables instead of those of the environment.
    pub fn open_with(
        url: &str,
        spool: &FilePath,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        if let Some(folder) = url.strip_prefix("file://") {
            return Self::local(FilePath::new(folder));
        }
        let Some(rest) = url.strip_prefix("s3://") else {
            bail!("{url} must be file://<folder> or s3://<bucket>/<prefix>");
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let mut builder = AmazonS3Builder::new();
        for (name, value) in variables.into_iter().filter(|(name, _)| name.starts_with("AWS_")) {
            if let Ok(key) = name.to_ascii_lowercase().parse() {
                builder = builder.with_config(key, value);
            }
        }
        let retries =
            RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
        let store = builder
            .with_bucket_name(bucket)
            .with_retry(retries)
            .with_http_connector(SpawnedReqwestConnector::new(Handle::current()))
            .build()
            .with_context(|| format!("can't use {url}"))?;
        Ok(Self {
            store: Arc::new(store),
            prefix: Path::parse(prefix).with_context(|| format!("{url} has an invalid prefix"))?,
            folder: None,
            chunk: CHUNK,
            spool: Some(spool.to_owned()),
            read_size: S3_READ,
            writes: Arc::new(Semaphore::new(S3_WRITES)),
            runtime: Handle::current(),
        })
    }

    /// Opens a folder of this machine, and creates it if it is missing.
    fn local(folder: &FilePath) -> anyhow::Result<Self> {
        let created = std::fs::create_dir_all(folder).and_then(|()| folder.canonicalize());
        let folder = created.with_context(|| format!("can't create the folder {}", folder.display()))?;
        let store = LocalFileSystem::new_with_prefix(&folder)
            .with_context(|| format!("can't use the folder {}", folder.display()))?
            .with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            prefix: Path::default(),
            folder: Some(folder),
            chunk: CHUNK,
            spool: None,
            read_size: u64::MAX,
            writes: Arc::new(Semaphore::new(LOCAL_WRITES)),
            runtime: Handle::current(),
        })
    }

    /// Creates a store in memory for tests, which writes and reads chunks of a size.
    #[must_use]
    pub fn in_memory(chunk: u32) -> Self {
        Self {
            store: Arc::new(InMemory::new()),
            prefix: Path::from("some/prefix"),
            folder: None,
            chunk: chunk as usize,
            spool: None,
            read_size: chunk.into(),
            writes: Arc::new(Semaphore::new(LOCAL_WRITES)),
            runtime: Handle::current(),
        }
    }

    /// Returns the location of a file. No part of it comes from a client.
    fn location(&self, file: FileId) -> Path {
        self.prefix.clone().join(file.0.to_string())
    }
}

#[async_trait]
impl BlobStore for ObjectBlobs {
    async fn create(&self, file: FileId) -> Result<Box<dyn BlobWriter>, StoreError> {
        let upload = self.store.put_multipart(&self.location(file)).await.map_err(store_error)?;
        Ok(Box::new(ObjectWriter {
            upload: Some(upload),
            pending: Vec::new(),
            chunk: self.chunk,
            spool: self.spool.clone().map(|folder| Spool::new(folder, S3_PART)),
            written: false,
            writes: self.writes.clone(),
            runtime: self.runtime.clone(),
        }))
    }

    async fn read(&self, file: FileId, range: Range<u64>) -> Result<Option<Box<dyn BlobReader>>, StoreError> {
        match ObjectReader::open(self.store.clone(), self.location(file), range, self.read_size).await {
            Ok(reader) => Ok(Some(Box::new(reader))),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(store_error(error)),
        }
    }

    async fn delete(&self, file: FileId) -> Result<(), StoreError> {
        if let Some(folder) = &self.folder {
            // A crash leaves the bytes of an upload beside its location.
            let staged = folder.join(format!("{}#1", file.0));
            let removed = tokio::task::spawn_blocking(move || std::fs::remove_file(staged)).await;
            drop(removed);
        }
        match self.store.delete(&self.location(file)).await {
            Err(error) if !is_absence(&error) => Err(store_error(error)),
            _ => Ok(()),
        }
    }

    async fn list(&self) -> Result<Box<dyn BlobLister>, StoreError> {
        Ok(match &self.folder {
            // The listing of the store skips the remains of interrupted uploads.
            Some(folder) => Box::new(LocalLister::open(folder.clone()).await?),
            None => Box::new(StreamLister(self.store.list(Some(&self.prefix)).fuse())),
        })
    }
}

/// Returns true where the object does not exist. S3 answers 404 for a missing bucket as well, which is an outage.
fn is_absence(error: &object_store::Error) -> bool {
    match error {
        object_store::Error::NotFound { source, .. } => !source.to_string().contains("NoSuchBucket"),
        _ => false,
    }
}

/// Returns the file to which an object belongs: its bytes are named `<id>`, those of an interrupted upload `<id>#1`.
fn file_of(name: &str) -> Option<FileId> {
    let id = name.split('#').next()?;
    Uuid::try_parse(id).ok().map(FileId)
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes the error by value")]
fn store_error(error: object_store::Error) -> StoreError {
    StoreError::Unavailable(format!("the file store failed: {error}"))
}
