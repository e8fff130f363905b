//! The use cases of files, built from the ports.

use super::{CollectGarbage, DeleteFile, DownloadFile, FileStore, ListFiles, ShareFile, UploadFile};
use crate::Ports;
use crate::membership::CheckMember;
use crate::message::SendMessage;
use crate::wiring::use_cases;

use_cases! {
    /// The use cases of files: one field each.
    FileUseCases(ports) {
        upload: UploadFile = upload(ports),
        share: ShareFile {
            ; ;
            check: CheckMember { members: ports.recent_members.clone() }, upload: upload(ports),
            send: SendMessage::new(ports), delete: delete(ports)
        },
        download: DownloadFile { files; blobs },
        list: ListFiles { files; },
        delete: DeleteFile = delete(ports),
        collect_garbage: CollectGarbage {
            files, store; blobs, clock;
            file_store: file_store(ports), delete: delete(ports), unused_ttl: ports.unused_file_ttl,
            quarantine: ports.file_quarantine
        },
        file_store: FileStore = file_store(ports),
    }
}

fn upload(ports: &Ports) -> UploadFile {
    UploadFile {
        store: ports.stored.store.clone(),
        blobs: ports.blobs.clone(),
        marks: ports.file_marks.clone(),
        sniffer: ports.sniffer.clone(),
        clock: ports.clock.clone(),
        ids: ports.ids.clone(),
        largest: ports.largest_file,
        quota: ports.file_quota,
    }
}

fn delete(ports: &Ports) -> DeleteFile {
    let Ports { stored, file_marks, clock, .. } = ports;
    DeleteFile { store: stored.store.clone(), marks: file_marks.clone(), clock: clock.clone() }
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
