//! Where the bytes of files lie: on the local disk, or with a service that speaks S3; and what bytes are.

mod reading;
mod sniffing;
mod spool;
mod writing;

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

use reading::{LocalLister, ObjectReader, StreamLister};
pub use sniffing::InferSniffer;
use spool::Spool;
use writing::ObjectWriter;

/// What an upload holds in memory, and what is written to a disk at once.
const PIECE: usize = 64 * 1024;
/// The parts of an upload that S3 is sent; it takes none of less than five mebibytes.
const S3_PART: usize = 5 * 1024 * 1024;
/// What is asked of S3 at once: what a slow reader holds in memory.
const S3_READ: u64 = 1024 * 1024;

/// How many chunks are put away at a time. The other uploads wait, and do not crowd out short requests on the threads
/// that serve both.
const LOCAL_TURNS: usize = 4;
/// How many parts are on their way to S3 at a time: so many are in memory.
const S3_TURNS: usize = 8;

/// How often, and for how long, S3 is asked again before it is said to be away: clients are told so, and try again.
const RETRIES: usize = 5;
const RETRY_FOR: Duration = Duration::from_secs(10);

/// The bytes of files, each under the id of its file.
pub struct ObjectBlobs {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// The folder, where it is one of this machine.
    folder: Option<PathBuf>,
    piece: usize,
    /// Where parts gather that must be larger than a piece.
    spool: Option<PathBuf>,
    read: u64,
    turns: Arc<Semaphore>,
    runtime: Handle,
}

impl ObjectBlobs {
    /// Opens what the URL names: `file://<folder>` or `s3://<bucket>/<prefix>`. What S3 needs besides is read from the
    /// usual variables, such as `AWS_ACCESS_KEY_ID`, `AWS_REGION` and `AWS_ENDPOINT`; parts of uploads gather in the
    /// folder `spool`. Call it on the runtime where connections are to live.
    pub fn open(url: &str, spool: &FilePath) -> anyhow::Result<Self> {
        let variables = std::env::vars_os();
        let readable =
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::open_with(url, spool, readable)
    }

    /// The same with the variables given.
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
            RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_FOR, ..RetryConfig::default() };
        let store = builder
            .with_bucket_name(bucket)
            .with_retry(retries)
            .with_http_connector(SpawnedReqwestConnector::new(Handle::current()))
            .build()
            .with_context(|| format!("can't use {url}"))?;
        Ok(Self {
            store: Arc::new(store),
            prefix: Path::parse(prefix).with_context(|| format!("{url} has no good prefix"))?,
            folder: None,
            piece: PIECE,
            spool: Some(spool.to_owned()),
            read: S3_READ,
            turns: Arc::new(Semaphore::new(S3_TURNS)),
            runtime: Handle::current(),
        })
    }

    /// A folder of this machine; it is made where it is missing.
    fn local(folder: &FilePath) -> anyhow::Result<Self> {
        let made = std::fs::create_dir_all(folder).and_then(|()| folder.canonicalize());
        let folder = made.with_context(|| format!("can't make the folder {}", folder.display()))?;
        let store = LocalFileSystem::new_with_prefix(&folder)
            .with_context(|| format!("can't use the folder {}", folder.display()))?
            .with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            prefix: Path::default(),
            folder: Some(folder),
            piece: PIECE,
            spool: None,
            read: u64::MAX,
            turns: Arc::new(Semaphore::new(LOCAL_TURNS)),
            runtime: Handle::current(),
        })
    }

    /// A store that forgets, for tests; it takes and gives pieces of that size.
    #[must_use]
    pub fn in_memory(piece: u32) -> Self {
        Self {
            store: Arc::new(InMemory::new()),
            prefix: Path::from("some/prefix"),
            folder: None,
            piece: piece as usize,
            spool: None,
            read: piece.into(),
            turns: Arc::new(Semaphore::new(LOCAL_TURNS)),
            runtime: Handle::current(),
        }
    }

    /// Where a file's bytes lie. Nothing of this comes from a client.
    fn place(&self, file: FileId) -> Path {
        self.prefix.clone().join(file.0.to_string())
    }
}

#[async_trait]
impl BlobStore for ObjectBlobs {
    async fn create(&self, file: FileId) -> Result<Box<dyn BlobWriter>, StoreError> {
        let upload = self.store.put_multipart(&self.place(file)).await.map_err(store_error)?;
        Ok(Box::new(ObjectWriter {
            upload: Some(upload),
            pending: Vec::new(),
            piece: self.piece,
            spool: self.spool.clone().map(|folder| Spool::new(folder, S3_PART)),
            written: false,
            turns: self.turns.clone(),
            runtime: self.runtime.clone(),
        }))
    }

    async fn read(&self, file: FileId, range: Range<u64>) -> Result<Option<Box<dyn BlobReader>>, StoreError> {
        match ObjectReader::open(self.store.clone(), self.place(file), range, self.read).await {
            Ok(reader) => Ok(Some(Box::new(reader))),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(store_error(error)),
        }
    }

    async fn delete(&self, file: FileId) -> Result<(), StoreError> {
        if let Some(folder) = &self.folder {
            // An upload that a crash broke off lies beside its place.
            let staged = folder.join(format!("{}#1", file.0));
            let removed = tokio::task::spawn_blocking(move || std::fs::remove_file(staged)).await;
            drop(removed);
        }
        match self.store.delete(&self.place(file)).await {
            Err(error) if !is_absence(&error) => Err(store_error(error)),
            _ => Ok(()),
        }
    }

    async fn list(&self) -> Result<Box<dyn BlobLister>, StoreError> {
        Ok(match &self.folder {
            // The store itself passes over what uploads left behind.
            Some(folder) => Box::new(LocalLister::open(folder.clone()).await?),
            None => Box::new(StreamLister(self.store.list(Some(&self.prefix)).fuse())),
        })
    }
}

/// Whether there is no such object. Where the whole bucket is missing, S3 answers 404 as well, and that is an outage.
fn is_absence(error: &object_store::Error) -> bool {
    match error {
        object_store::Error::NotFound { source, .. } => !source.to_string().contains("NoSuchBucket"),
        _ => false,
    }
}

/// The file whose bytes a place is named after, or whose unfinished ones: `<id>#1`.
fn named_after(place: &str) -> Option<FileId> {
    let id = place.split('#').next()?;
    Uuid::try_parse(id).ok().map(FileId)
}

#[expect(clippy::needless_pass_by_value, reason = "written for `map_err`, which hands the error over")]
fn store_error(error: object_store::Error) -> StoreError {
    StoreError::Unavailable(format!("the file store does not do it: {error}"))
}
