//! Uploaded files: upload, download, listing, sharing, deletion, and garbage collection.

mod collect;
mod delete;
mod download;
mod list;
mod model;
mod ports;
mod share;
mod upload;

pub use collect::{CollectGarbage, Collected};
pub use delete::DeleteFile;
pub use download::DownloadFile;
pub use list::{FileQuery, FileSort, ListFiles};
pub use model::{ContentType, Digest, File, FileName};
pub use ports::{
    BlobLister, BlobReader, BlobStore, BlobWriter, FileReader, FileRemoval, FileWrites, KeptFile, Sniffer,
    StoredBlob,
};
pub use share::{ShareFile, ShareFileCommand};
pub use upload::{Upload, UploadFile};

#[cfg(any(test, feature = "mocks"))]
pub use ports::{MockBlobLister, MockBlobReader, MockBlobStore, MockBlobWriter, MockFileReader, MockSniffer};
