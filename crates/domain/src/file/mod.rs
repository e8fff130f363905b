//! Uploaded files: upload, quota, download, listing, sharing, deletion, garbage collection, and the database that the
//! file store belongs to.

mod collect;
mod delete;
mod download;
mod list;
mod model;
mod ownership;
mod ports;
mod quota;
mod share;
mod upload;
mod use_cases;

pub use collect::{CollectGarbage, Collected, Collection};
pub use delete::DeleteFile;
pub use download::DownloadFile;
pub use list::{FileQuery, FileSort, ListFiles};
pub use model::{ContentType, Digest, File, FileName, FileStoreState, Reservation};
pub use ownership::{FileStore, Ownership};
pub use ports::{
    BlobLister, BlobReader, BlobStore, BlobWriter, FileReader, FileRemoval, FileStoreMarks, FileWrites,
    KeptFile, Sniffer, StoredBlob,
};
pub use share::{ShareFile, ShareFileCommand};
pub use upload::{Upload, UploadFile};
pub use use_cases::FileUseCases;

#[cfg(any(test, feature = "mocks"))]
pub use ports::{
    MockBlobLister, MockBlobReader, MockBlobStore, MockBlobWriter, MockFileReader, MockFileStoreMarks,
    MockSniffer,
};
