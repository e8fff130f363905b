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

#[cfg(any(test, feature = "mocks"))]
pub use ports::{
    MockBlobLister, MockBlobReader, MockBlobStore, MockBlobWriter, MockFileReader, MockFileStoreMarks,
    MockSniffer,
};

use crate::Ports;
use crate::membership::CheckMember;
use crate::message::SendMessage;
use crate::wiring::use_cases;

use_cases! {
    /// The use cases of files: one field each.
    FileUseCases(ports) {
        upload: UploadFile = UploadFile::new(ports),
        share: ShareFile {
            ; ;
            check: CheckMember { members: ports.recent_members.clone() }, upload: UploadFile::new(ports),
            send: SendMessage::new(ports), delete: DeleteFile::new(ports)
        },
        download: DownloadFile { files; blobs },
        list: ListFiles { files; },
        delete: DeleteFile = DeleteFile::new(ports),
        collect_garbage: CollectGarbage {
            files, store; blobs, clock;
            file_store: file_store(ports), delete: DeleteFile::new(ports), unused_ttl: ports.unused_file_ttl,
            quarantine: ports.file_quarantine
        },
        file_store: FileStore = file_store(ports),
    }
}

fn file_store(ports: &Ports) -> FileStore {
    let Ports { stored, blobs, file_marks, clock, .. } = ports;
    FileStore::new(
        stored.files.clone(),
        stored.store.clone(),
        blobs.clone(),
        file_marks.clone(),
        clock.clone(),
    )
}
