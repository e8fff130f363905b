//! The store of uploads, examined by a probe that is written, read and removed, as a file of a user is.

use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use domain::FileId;
use domain::file::BlobStore;
use infra_files::ObjectBlobs;

use super::Finding::{self, Fine, Warning, Wrong};
use crate::settings::Settings;
use crate::wiring;

pub(super) const NAME: &str = "files";
#[cfg(test)]
pub(super) const RULE: &str = "`PARLOR_FILES_URL` stores, returns and removes a probe; a folder also forces it to the disk \
    and renames it there, so it is on one file system";

/// Time for all steps of the probe: the client of S3 retries for a while.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Messages of the system where there is no room for a file.
const SHORTAGES: [&str; 3] = ["No space left on device", "Disk quota exceeded", "File too large"];
/// Content of the probe.
const PROBE: &[u8] = b"probe";

/// Returns true where uploads are stored in a folder, which no later attempt finds better.
pub(super) fn are_local(settings: &Settings) -> bool {
    settings.files_url.starts_with("file://")
}

/// Writes, reads and removes a probe where uploads are stored.
pub(super) async fn examine(settings: &Settings) -> Finding {
    let url = &settings.files_url;
    let probed = match wiring::blobs(settings) {
        Ok(blobs) => match tokio::time::timeout(TIMEOUT, probe(&blobs)).await {
            Ok(probed) => probed,
            Err(_) => Err(anyhow!("no answer within {} seconds", TIMEOUT.as_secs())),
        },
        Err(error) => Err(error),
    };
    // Errors of S3 have several lines; a finding has one.
    let in_one_line =
        |error: anyhow::Error| format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
    match probed.map_err(in_one_line) {
        Ok(()) => Fine(format!("{url} stored, returned and removed a probe")),
        Err(error) if url.starts_with("s3://") => Wrong(format!(
            "{error}: create the bucket, allow the key to write, read and delete in it, and check AWS_ENDPOINT \
             (AWS_ALLOW_HTTP=true for plain HTTP), AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set \
             PARLOR_FILES_URL"
        )),
        // A server on a full disk still serves what it has.
        Err(error) if SHORTAGES.iter().any(|shortage| error.contains(shortage)) => {
            Warning(format!("{error}: uploads fail until there is space: free some on the disk of {url}"))
        }
        Err(error) => Wrong(format!(
            "{error}: make {url} writable for this user, or set PARLOR_FILES_URL to another place"
        )),
    }
}

/// Leaves the probe behind where a step fails; garbage collection removes it.
async fn probe(blobs: &ObjectBlobs) -> anyhow::Result<()> {
    let file = FileId(wiring::ids().next());
    let mut writer = blobs.create(file).await?;
    writer.write(PROBE.to_vec()).await?;
    writer.finish().await?;
    let mut reader = blobs.read(file, 0..PROBE.len() as u64).await?.context("the probe is missing")?;
    let mut content = vec![];
    while let Some(chunk) = reader.next().await? {
        content.extend(chunk);
    }
    blobs.delete(file).await?;
    ensure!(content == PROBE, "the probe has other content than was written");
    ensure!(blobs.read(file, 0..1).await?.is_none(), "the probe is still there after its removal");
    Ok(())
}
