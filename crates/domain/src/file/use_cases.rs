//! The use cases of files, built from the ports.

use super::{CollectGarbage, DeleteFile, DownloadFile, FileStore, ListFiles, ShareFile, UploadFile};
use crate::Ports;
use crate::membership::CheckMember;
use crate::message::SendMessage;
use crate::store::SharedStore;
use crate::wiring::use_case;

/// The use cases of files: one field each.
#[expect(missing_docs, reason = "each field is named after its type, which is documented")]
pub struct FileUseCases {
    pub upload: UploadFile,
    pub share: ShareFile,
    pub download: DownloadFile,
    pub list: ListFiles,
    pub delete: DeleteFile,
    pub collect_garbage: CollectGarbage,
    pub file_store: FileStore,
}

impl FileUseCases {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports {
            stored: SharedStore { store, log, files, .. },
            blobs,
            file_marks: marks,
            sniffer,
            events,
            clock,
            ids,
            ..
        } = ports;
        let upload = || {
            use_case!(UploadFile {
                store, blobs, marks, sniffer, clock, ids; largest: ports.largest_file, quota: ports.file_quota
            })
        };
        let file_store =
            FileStore::new(files.clone(), store.clone(), blobs.clone(), marks.clone(), clock.clone());
        let delete = use_case!(DeleteFile { store, marks, clock });
        Self {
            upload: upload(),
            share: ShareFile {
                check: CheckMember { members: ports.recent_members.clone() },
                upload: upload(),
                send: use_case!(SendMessage { log, clock, ids, events }),
                delete: delete.clone(),
            },
            download: use_case!(DownloadFile { files, blobs }),
            list: use_case!(ListFiles { files }),
            collect_garbage: use_case!(CollectGarbage {
                files, store, blobs, clock, file_store;
                delete: delete.clone(), unused_ttl: ports.unused_file_ttl, quarantine: ports.file_quarantine
            }),
            delete,
            file_store,
        }
    }
}
