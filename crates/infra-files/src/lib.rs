//! Where the bytes of files lie: on the local disk, or with a service that speaks S3; and what bytes are.

mod reading;
mod sniffing;
mod writing;

use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use async_trait::async_trait;
use domain::file::{BlobLister, BlobReader, BlobStore, BlobWriter};
use domain::{FileId, StoreError};
use futures_util::{StreamExt, stream};
use object_store::aws::AmazonS3Builder;
use object_store::client::SpawnedReqwestConnector;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use uuid::Uuid;

use reading::{LocalLister, ObjectReader, StreamLister};
pub use sniffing::InferSniffer;
use writing::ObjectWriter;

/// What is written at once: small on a disk, so that many uploads at a time need little memory; S3 takes no part of
/// less than five mebibytes.
const LOCAL_PART: usize = 256 * 1024;
const S3_PART: usize = 5 * 1024 * 1024;

/// How many chunks are put away at a time. The other uploads wait, and do not crowd out short requests on the threads
/// that serve both.
const TURNS: usize = 4;

/// The bytes of files, each under the id of its file.
pub struct ObjectBlobs {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// The folder, where it is one of this machine.
    folder: Option<PathBuf>,
    part: usize,
    turns: Arc<Semaphore>,
    runtime: Handle,
}

impl ObjectBlobs {
    /// Opens what the URL names: `file://<folder>` or `s3://<bucket>/<prefix>`. What S3 needs besides is read from the
    /// usual variables, such as `AWS_ACCESS_KEY_ID`, `AWS_REGION` and `AWS_ENDPOINT`. Call it on the runtime where
    /// connections are to live.
    pub fn open(url: &str) -> anyhow::Result<Self> {
        if let Some(folder) = url.strip_prefix("file://") {
            return Self::local(FilePath::new(folder));
        }
        let Some(rest) = url.strip_prefix("s3://") else {
            bail!("{url} must be file://<folder> or s3://<bucket>/<prefix>");
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let store = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_http_connector(SpawnedReqwestConnector::new(Handle::current()))
            .build()
            .with_context(|| format!("can't use {url}"))?;
        let prefix = Path::parse(prefix).with_context(|| format!("{url} has no good prefix"))?;
        let store = Arc::new(store);
        Ok(Self { store, prefix, folder: None, part: S3_PART, turns: turns(4), runtime: Handle::current() })
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
            part: LOCAL_PART,
            turns: turns(1),
            runtime: Handle::current(),
        })
    }

    /// A store that forgets, for tests; it takes parts of that size.
    #[must_use]
    pub fn in_memory(part: usize) -> Self {
        let prefix = Path::from("some/prefix");
        let store = Arc::new(InMemory::new());
        Self { store, prefix, folder: None, part, turns: turns(1), runtime: Handle::current() }
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
        Ok(Box::new(ObjectWriter::new(upload, self.part, self.turns.clone(), self.runtime.clone())))
    }

    async fn read(&self, file: FileId, range: Range<u64>) -> Result<Option<Box<dyn BlobReader>>, StoreError> {
        // Stores know no empty range; whether the file is there is answered without one.
        let nothing = range.is_empty();
        let range = (!nothing).then(|| range.into());
        let options = GetOptions { range, head: nothing, ..GetOptions::default() };
        match self.store.get_opts(&self.place(file), options).await {
            Ok(_) if nothing => Ok(Some(Box::new(ObjectReader(stream::empty().boxed())))),
            Ok(found) => Ok(Some(Box::new(ObjectReader(found.into_stream())))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
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
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(store_error(error)),
        }
    }

    async fn list(&self) -> Result<Box<dyn BlobLister>, StoreError> {
        Ok(match &self.folder {
            // The store itself passes over what uploads left behind.
            Some(folder) => Box::new(LocalLister::open(folder.clone()).await?),
            None => Box::new(StreamLister(self.store.list(Some(&self.prefix)))),
        })
    }
}

/// So many times the usual: what is far away keeps a turn for longer.
fn turns(times: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(TURNS * times))
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
